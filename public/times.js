// Writes the moments of a page in the reader's zone, and counts durations on; days stay what they are. The page can be read
// without it: then moments are UTC, and durations those of the moment it was loaded.
// It is loaded before the page is drawn, and writes each as it comes: what is drawn does not jump.
// In a function: the page's other scripts have names of their own.
(() => {
  const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const all = 'time[datetime*="T"], [data-since], [data-until]';
  const two = (n) => String(n).padStart(2, '0');
  const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;

  // The words of `format::elapsed` and `format::ago` in the dashboard's code.
  function elapsed(s) {
    const both = (a, unit, b, under) => (b ? `${a} ${unit} ${b} ${under}` : `${a} ${unit}`);
    if (s < 60) return `${s} s`;
    if (s < 3600) return both(Math.floor(s / 60), 'min', s % 60, 's');
    if (s < 86400) return both(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
    return both(Math.floor(s / 86400), 'd', Math.floor((s % 86400) / 3600), 'h');
  }
  function ago(s) {
    if (s < 2) return 'just now';
    if (s < 60) return `${s} s ago`;
    if (s < 3600) return `${Math.floor(s / 60)} min ago`;
    return s < 86400 ? `${Math.floor(s / 3600)} h ago` : `${Math.floor(s / 86400)} d ago`;
  }

  function words(element) {
    const { since, until, as } = element.dataset;
    // Samples stand still.
    const now = new Date(element.closest('[data-now]')?.dataset.now ?? Date.now());
    const secondsTo = (moment) => Math.trunc((new Date(moment) - now) / 1000);
    if (since) return elapsed(Math.max(-secondsTo(since), 0));
    if (until) return secondsTo(until) > 0 ? `in ${elapsed(secondsTo(until))}` : 'due now';
    const at = new Date(element.dateTime);
    if (as === 'ago') return ago(-secondsTo(at));
    if (as === 'time') return `${clock(at)}:${two(at.getSeconds())}`;
    if (as === 'day') return `${at.getDate()} ${months[at.getMonth()]} ${at.getFullYear()}, ${clock(at)}`;
    return whole.format(at);
  }

  // The text is written where it stands: the program of a page holds on to its nodes. What has no text yet gets it from the
  // page first: else both would stand there.
  function write(element) {
    const node = element.firstChild;
    if (!node) return;
    const text = words(element);
    if (node.nodeType === Node.TEXT_NODE && !node.nextSibling) {
      if (node.data !== text) node.data = text;
    } else if (element.textContent !== text) element.textContent = text;
  }

  function writeAll(within) {
    for (const element of within.querySelectorAll(all)) write(element);
  }

  new MutationObserver((records) => {
    for (const { addedNodes, target } of records) {
      // A text that came after its element, or the rest of one that came in two pieces.
      const about = target instanceof Element ? target : target.parentElement;
      if (about?.matches(all)) write(about);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node.matches(all)) write(node);
        writeAll(node);
      }
    }
  }).observe(document, { childList: true, characterData: true, subtree: true });
  setInterval(() => writeAll(document), 1000);
  // For what is fetched, before it is shown.
  window.pitstopTimes = writeAll;
})();
