// A console in the page, live or recorded. The terminal is xterm.js.
import { Terminal } from '/xterm/xterm.mjs';
import { FitAddon } from '/xterm/addon-fit.mjs';

const place = document.querySelector('.console');
const state = place?.querySelector('.console-state');

// xterm.js writes its colours into style elements: they are allowed with this page's nonce.
const nonce = document.documentElement.dataset.styleNonce;
const create = document.createElement.bind(document);
document.createElement = (name, options) => {
  const element = create(name, options);
  if (name === 'style') element.nonce = nonce;
  return element;
};

function open() {
  const mono = getComputedStyle(document.documentElement).getPropertyValue('--mono') || 'monospace';
  const terminal = new Terminal({ fontFamily: mono, fontSize: 14, cursorBlink: true, scrollback: 10_000, theme: { background: '#101217', foreground: '#e6e8ee' } });
  terminal.open(place.querySelector('.console-screen'));
  return terminal;
}

/** Live: what the machine writes, and what is typed. */
function live() {
  const terminal = open();
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  const people = place.querySelector('.console-people');
  const encoder = new TextEncoder();
  let socket;
  let pause = 500;
  let over = false;

  const say = (words, kind) => {
    state.textContent = words;
    place.dataset.state = kind;
  };
  const tell = (message) => socket?.readyState === WebSocket.OPEN && socket.send(message);
  const size = () => {
    const wanted = fit.proposeDimensions();
    if (wanted?.rows) tell(JSON.stringify({ kind: 'size', rows: wanted.rows, cols: wanted.cols }));
  };

  function told(message) {
    switch (message.kind) {
      case 'size':
        terminal.resize(message.cols, message.rows);
        break;
      case 'people':
        people.textContent = `At this console: ${message.names.join(', ')}${message.typist ? `. Typed last: ${message.typist}` : ''}`;
        break;
      case 'machine':
        if (message.there) say('Connected', 'open');
        else say('Waiting for the machine…', 'waiting');
        break;
      case 'over':
        over = true;
        say(message.why, 'over');
        terminal.options.disableStdin = true;
        terminal.options.cursorBlink = false;
        break;
    }
  }

  function connect() {
    say('Connecting…', 'waiting');
    const url = new URL(place.dataset.socket, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      pause = 500;
      // What was on the screen comes anew.
      terminal.reset();
      size();
    };
    socket.onmessage = ({ data }) => (typeof data === 'string' ? told(JSON.parse(data)) : terminal.write(new Uint8Array(data)));
    socket.onclose = () => {
      if (over) return;
      say('The line to the server broke; trying again…', 'waiting');
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 8000);
    };
  }

  terminal.onData((text) => {
    const bytes = encoder.encode(text);
    // A long paste goes in pieces that the server takes.
    for (let at = 0; at < bytes.length; at += 16_384) tell(bytes.slice(at, at + 16_384));
  });
  terminal.onBinary((text) => tell(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  terminal.attachCustomKeyEventHandler((event) => {
    if (!event.ctrlKey || !event.shiftKey || event.type !== 'keydown') return true;
    if (event.key === 'Escape') {
      place.querySelector('[data-act="reader"]').focus();
      return false;
    }
    if (event.code === 'KeyC' && terminal.hasSelection()) {
      navigator.clipboard?.writeText(terminal.getSelection());
      event.preventDefault();
      return false;
    }
    return event.code !== 'KeyV';
  });
  const reader = place.querySelector('[data-act="reader"]');
  reader.onclick = () => {
    const on = !terminal.options.screenReaderMode;
    terminal.options.screenReaderMode = on;
    reader.setAttribute('aria-pressed', String(on));
    terminal.focus();
  };
  new ResizeObserver(size).observe(place.querySelector('.console-screen'));
  connect();
  terminal.focus();
}

/** Recorded: played, at any moment and speed. */
async function replay() {
  const terminal = open();
  terminal.options.disableStdin = true;
  terminal.options.cursorBlink = false;
  const button = place.querySelector('[data-act="play"]');
  const seek = place.querySelector('input');
  const speed = place.querySelector('select');
  const longest = 2;
  const answer = await fetch(place.dataset.cast);
  if (!answer.ok) {
    state.textContent = 'The recording could not be fetched.';
    return;
  }
  const lines = (await answer.text()).split('\n').filter(Boolean).map((line) => JSON.parse(line));
  let [last, moment] = [0, 0];
  const events = lines.slice(1).map(([at, kind, text]) => {
    moment += Math.min(at - last, longest);
    last = at;
    return { at: moment, kind, text };
  });
  seek.max = String(moment);
  let [next, now, playing] = [0, 0, 0];

  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`;
  const show = () => {
    const typed = events.slice(0, next).findLast(({ kind }) => kind === 'm');
    state.textContent = `${clock(now)} of ${clock(moment)}${typed ? ` · ${typed.text}` : ''}`;
    seek.value = String(now);
  };
  function until(at) {
    if (at < now) {
      terminal.reset();
      next = 0;
    }
    for (; next < events.length && events[next].at <= at; next++) {
      const { kind, text } = events[next];
      if (kind === 'o') terminal.write(text);
      if (kind === 'r') terminal.resize(...text.split('x').map(Number));
    }
    now = at;
    show();
  }
  function stop() {
    cancelAnimationFrame(playing);
    playing = 0;
    button.textContent = 'Play';
  }
  function play() {
    if (now >= moment) until(0);
    button.textContent = 'Pause';
    let before = performance.now();
    const step = (at) => {
      until(Math.min(now + ((at - before) / 1000) * Number(speed.value), moment));
      before = at;
      if (now >= moment) stop();
      else playing = requestAnimationFrame(step);
    };
    playing = requestAnimationFrame(step);
  }
  button.onclick = () => (playing ? stop() : play());
  seek.oninput = () => until(Number(seek.value));
  until(0);
  place.dataset.state = 'ready';
}

if (place?.dataset.socket) live();
if (place?.dataset.cast) replay();
