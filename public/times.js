// Writes the moments of a page in the reader's zone; days stay what they are. The page can be read without it: then they are UTC.
// It is loaded before the page is drawn, and writes each as it comes: what is drawn does not jump.
// In a block: the page's other scripts have names of their own.
{
  const words = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const moments = 'time[datetime*="T"]';

  function write(time) {
    const text = words.format(new Date(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }

  new MutationObserver((records) => {
    for (const { addedNodes, target } of records) {
      // The rest of a moment that came in two pieces.
      if (target instanceof Element && target.matches(moments)) write(target);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node.matches(moments)) write(node);
        for (const time of node.querySelectorAll(moments)) write(time);
      }
    }
  }).observe(document, { childList: true, subtree: true });
}
