// The one event stream of a page: says what changed to whoever listens on this page, and whether it is live. It begins where
// the page was drawn, so that nothing is missed and nothing is asked for in vain. It is opened again with growing pauses when
// it is lost. Where the page has a program, it is opened once that is there.
(() => {
  const firstPause = 1000; // Milliseconds.
  const longestPause = 30000; // A server that is away for an hour is found again within this.
  const titles = { live: 'This page follows what happens.', lost: 'The connection is lost: this page shows what was. It is tried again by itself.' };
  const mark = document.querySelector('.live');
  const main = document.querySelector('main');
  // The place among what is told that this page is at. The server says where nobody knows what came after it.
  let at = main?.dataset.at ?? '';
  let pause = firstPause;

  function say(status, words, title = titles[status]) {
    if (!mark) return;
    mark.dataset.status = status;
    mark.querySelector('.live-words').textContent = words;
    if (title) mark.title = title;
  }

  const tell = (changed) => document.dispatchEvent(new CustomEvent('pitstop:changed', { detail: changed }));

  function follow() {
    const stream = new EventSource(`/api/events?since=${at}`);
    const hear = (event, changed) => {
      at = event.lastEventId || at;
      tell(changed);
    };
    stream.onopen = () => {
      pause = firstPause;
      say('live', 'live');
    };
    stream.onmessage = (event) => hear(event, event.data);
    stream.addEventListener('resync', (event) => hear(event, null));
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
  else if (main?.dataset.method !== 'post') follow();
})();
