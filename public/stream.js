// The one event stream of a page: says what changed to whoever listens on this page, and whether it is live. It is opened
// again with growing pauses when it is lost. Where the page has a program, it is opened once that is there.
(() => {
  const firstPause = 1000; // Milliseconds.
  const longestPause = 30000; // A server that is away for an hour is found again within this.
  const titles = { live: 'This page follows what happens.', lost: 'The connection is lost: this page shows what was. It is tried again by itself.' };
  const mark = document.querySelector('.live');
  let pause = firstPause;

  function say(status, words, title = titles[status]) {
    if (!mark) return;
    mark.dataset.status = status;
    mark.querySelector('.live-words').textContent = words;
    if (title) mark.title = title;
  }

  const tell = (changed) => document.dispatchEvent(new CustomEvent('pitstop:changed', { detail: changed }));

  function follow() {
    const stream = new EventSource('/api/events');
    stream.onopen = () => {
      pause = firstPause;
      say('live', 'live');
      // What changed before it was open, or while it was lost, nobody told us.
      tell(null);
    };
    stream.onmessage = (event) => tell(event.data);
    stream.addEventListener('resync', () => tell(null));
    stream.onerror = () => {
      stream.close();
      say('lost', 'not live');
      setTimeout(follow, pause);
      pause = Math.min(pause * 2, longestPause);
    };
  }

  // A page that changed and is not drawn anew says so in the mark.
  document.addEventListener('pitstop:stale', () => say('loaded', 'changed: load again', 'You are writing in this page: it is not drawn anew under your hands.'));
  document.addEventListener('pitstop:fresh', () => { if (mark?.dataset.status === 'loaded') say('live', 'live'); });

  if (document.documentElement.hasAttribute('data-program')) document.addEventListener('pitstop:ready', follow, { once: true });
  else if (mark && document.querySelector('main')?.dataset.method !== 'post') follow();
})();
