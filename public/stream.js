// The one event stream of a browser: says what changed to whoever listens on a page, and whether the page is live. It begins
// where a page was drawn, so that nothing is missed and nothing is asked for in vain, and is opened again with growing pauses
// when it is lost. One worker holds it for all pages: by HTTP/1.1 a browser opens six connections to a server, and with a stream
// for each page the seventh would wait for ever. Where there are no such workers, a page holds its own.
(() => {
  const firstPause = 1000; // Milliseconds.
  const longestPause = 30000; // A server that is away for an hour is found again within this.
  const speaks = 2; // Another number whenever what worker and page say to each other changes.

  // From this place on, among what is told. The server says where nobody knows what came after it: `hear` of nothing in particular.
  // Gives how to try at once what would be tried later.
  function follow(at, { live, lost, hear }) {
    let pause = firstPause;
    let later = 0;
    const open = () => {
      later = 0;
      const stream = new EventSource(`/api/events?since=${at}`);
      const told = (event, changed) => {
        at = event.lastEventId || at;
        hear(changed, at);
      };
      stream.onopen = () => {
        pause = firstPause;
        live();
      };
      stream.onmessage = (event) => told(event, event.data);
      stream.addEventListener('resync', (event) => told(event, null));
      stream.onerror = () => {
        stream.close();
        lost();
        later = setTimeout(open, pause);
        pause = Math.min(pause * 2, longestPause);
      };
    };
    open();
    return () => {
      if (!later) return;
      clearTimeout(later);
      pause = firstPause;
      open();
    };
  }

  // In the worker: pages come and go, and each is told what came after its own place, as the server would.
  function share() {
    const most = 1024; // Kept for pages that come later.
    const pages = new Set();
    const all = (message) => pages.forEach((page) => page.postMessage(message));
    let status = null;
    let from = null; // All that came after this place is kept.
    let tryNow = () => {};
    let kept = [];
    const say = (now) => all({ status: (status = now) });

    function hear(changed, at) {
      if (changed === null) [from, kept] = [at, []];
      else if (kept.push({ changed, at }) > most) from = kept.shift().at;
      all({ changed, at });
    }

    // A place is a number of the server's life and how many were told in it (`live::told`).
    const read = (place) => place.split('-').map((part, nth) => (nth ? parseInt(part, 16) : part));
    function after(place) {
      const [[life, nth], [known, first]] = [read(place), read(from)];
      return life === known && nth >= first ? kept.filter(({ at }) => read(at)[1] > nth) : [{ changed: null, at: place }];
    }

    self.onconnect = ({ ports: [page] }) => {
      page.onmessage = ({ data: { since } }) => {
        if (since === undefined) return pages.delete(page);
        pages.add(page);
        if (from !== null) {
          // A page that came from the server knows that it is there.
          tryNow();
          return [...(status ? [{ status }] : []), ...after(since)].forEach((message) => page.postMessage(message));
        }
        from = since;
        tryNow = follow(since, { live: () => say('live'), lost: () => say('lost'), hear });
      };
    };
  }

  function page() {
    const titles = { live: 'This page follows what happens.', lost: 'The connection is lost: this page shows what was. It is tried again by itself.' };
    const mark = document.querySelector('.live');
    const main = document.querySelector('main');
    // The place among what is told that this page is at.
    let at = main?.dataset.at ?? '';

    function say(status, words, title = titles[status]) {
      if (!mark) return;
      mark.dataset.status = status;
      mark.querySelector('.live-words').textContent = words;
      if (title) mark.title = title;
    }
    // What changed and is not drawn, because somebody writes in the page, stays said.
    let stale = false;
    let was = null;
    function live() {
      if (stale) say('loaded', 'changed: load again', 'You are writing in this page: it is not drawn anew under your hands.');
      else say('live', 'live');
      // A program that asked while the line was down shows that it got nothing.
      if (was === 'lost' && document.documentElement.hasAttribute('data-program')) hear(null, at);
      was = 'live';
    }
    function lost() {
      was = 'lost';
      say('lost', 'not live');
    }
    function hear(changed, place) {
      at = place;
      document.dispatchEvent(new CustomEvent('pitstop:changed', { detail: changed }));
    }

    const alone = () => follow(at, { live, lost, hear });
    function listen() {
      let worker;
      try {
        // One for each session: a stream tells what its own reader may see.
        worker = new SharedWorker('/stream.js', `${speaks} ${main?.dataset.reader ?? ''}`);
      } catch {
        return alone();
      }
      worker.onerror = () => {
        worker.onerror = null;
        worker.port.close();
        alone();
      };
      worker.port.onmessage = ({ data: { status, changed, at: place } }) => {
        if (status) (status === 'live' ? live : lost)();
        else hear(changed, place);
      };
      worker.port.postMessage({ since: at });
      // A page that the browser keeps for the way back hears nothing meanwhile.
      addEventListener('pagehide', () => worker.port.postMessage({}));
      addEventListener('pageshow', ({ persisted }) => { if (persisted) worker.port.postMessage({ since: at }); });
    }

    // A page that changed and is not drawn anew says so in the mark.
    document.addEventListener('pitstop:stale', () => { stale = true; if (was === 'live') live(); });
    document.addEventListener('pitstop:fresh', () => { stale = false; if (was === 'live') live(); });

    // Where the page has a program, once that is there; what was posted and refused cannot be fetched again.
    if (document.documentElement.hasAttribute('data-program')) document.addEventListener('pitstop:ready', listen, { once: true });
    else if (main?.dataset.method !== 'post') listen();
  }

  if ('SharedWorkerGlobalScope' in self) share();
  else page();
})();
