// The map of machines: arrows move from cell to cell, Enter or a click opens the machine, and the cell that is looked at
// is named. It answers as soon as the map is drawn, before the page's program is there.
//
// The server draws the cells; a map says its words (data-q), how many cells it has (data-cells) and in rows of how many
// (data-columns). What belongs to the eye, ring and name, is written into elements that stand there empty: the program
// draws the map anew under them and leaves them alone.

(() => {
  /** So long, in milliseconds, the eye rests on a cell before it is asked for. */
  const REST = 120;

  /** The cell that is looked at, by its map's words; with the words for its machine once they are known. */
  let looked = null;

  const mapOf = (event) => event.target.closest?.('svg[data-cells]');

  /** How many cells a map has, in rows of how many, and how wide one is with its gap, in the drawing's units. */
  const sizes = (map) => {
    const columns = Number(map.dataset.columns);
    return { cells: Number(map.dataset.cells), columns, pitch: map.viewBox.baseVal.width / columns };
  };

  /** Writes ring and name where they belong, and takes them away elsewhere. Writes only what differs. */
  const draw = () => {
    for (const map of document.querySelectorAll('svg[data-cells]')) {
      const { cells, columns, pitch } = sizes(map);
      const here = looked?.q === map.dataset.q && looked.cell < cells;
      const ring = map.querySelector('.cell-ring');
      const place = (n) => String(n * pitch - 0.5);
      const at = here ? { x: place(looked.cell % columns), y: place(Math.floor(looked.cell / columns)) } : {};
      for (const side of ['x', 'y']) {
        if (at[side] === undefined) ring.removeAttribute(side);
        else if (ring.getAttribute(side) !== at[side]) ring.setAttribute(side, at[side]);
      }
      const named = map.parentElement.querySelector('.cell-name');
      const words = here ? looked.words : '';
      if (named.textContent !== words) named.textContent = words;
    }
  };

  /** The machine in this cell, as the server knows it now; nothing where it cannot be asked. */
  const machine = async ({ q, cell }) => {
    const asked = await fetch(`/api/cell?${new URLSearchParams({ q, nth: cell })}`).catch(() => null);
    return asked?.ok ? asked.json() : null;
  };

  /** Asks for the name of the cell that is looked at, once the eye rests there. */
  let asking = 0;
  const name = () => {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      const now = looked;
      const found = now && await machine(now);
      if (!found || looked !== now) return;
      now.words = `${found.name}, ${found.words}`;
      draw();
    }, REST);
  };

  const look = (map, cell) => {
    if (looked?.q === map.dataset.q && looked.cell === cell) return;
    looked = { q: map.dataset.q, cell, words: '' };
    draw();
    name();
  };

  const leave = (map) => {
    if (looked?.q !== map.dataset.q) return;
    looked = null;
    draw();
  };

  const open = async (map, cell) => {
    const found = await machine({ q: map.dataset.q, cell });
    if (found) location.assign(`/machines/${found.id}`);
  };

  /** The cell that a key leads to; `null` for other keys. */
  const moved = (cell, key, { cells, columns }) => {
    const last = cells - 1;
    switch (key) {
      case 'ArrowRight': return Math.min(cell + 1, last);
      case 'ArrowLeft': return Math.max(cell - 1, 0);
      case 'ArrowDown': return cell + columns <= last ? cell + columns : cell;
      case 'ArrowUp': return cell >= columns ? cell - columns : cell;
      case 'Home': return 0;
      case 'End': return last;
      default: return null;
    }
  };

  /** The cell under the pointer; `null` beside them. */
  const under = (event, map) => {
    const { cells, columns, pitch } = sizes(map);
    const drawn = map.getBoundingClientRect();
    const scale = map.viewBox.baseVal.width / drawn.width / pitch;
    const [x, y] = [event.clientX - drawn.left, event.clientY - drawn.top].map((at) => Math.max(0, Math.floor(at * scale)));
    const cell = y * columns + Math.min(x, columns - 1);
    return cell < cells ? cell : null;
  };

  document.addEventListener('keydown', (event) => {
    const map = mapOf(event);
    if (!map || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = looked?.q === map.dataset.q ? looked.cell : null;
    if (event.key === 'Enter' && at !== null) {
      event.preventDefault();
      open(map, at);
      return;
    }
    const next = moved(at ?? 0, event.key, sizes(map));
    if (next === null) return;
    event.preventDefault();
    // The first key shows where one is.
    look(map, at === null ? 0 : next);
  });

  document.addEventListener('click', (event) => {
    const map = mapOf(event);
    const cell = map && under(event, map);
    if (map && cell !== null) open(map, cell);
  });

  document.addEventListener('mousemove', (event) => {
    const map = mapOf(event);
    const cell = map && under(event, map);
    if (map && cell !== null) look(map, cell);
  });

  for (const left of ['mouseout', 'focusout']) {
    document.addEventListener(left, (event) => {
      const map = mapOf(event);
      if (map && !map.contains(event.relatedTarget)) leave(map);
    });
  }

  // What is drawn anew shows the ring where it belongs, and may be another machine by now.
  new MutationObserver((changes) => {
    if (!looked) return;
    draw();
    if (changes.some(({ type }) => type === 'attributes')) name();
  }).observe(document.getElementById('main'), {
    childList: true, subtree: true, attributeFilter: ['d', 'data-q', 'data-cells', 'data-columns'],
  });
})();
