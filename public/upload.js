// Sends images from this browser: reads each file for its SHA-256, says what will come, sends it piece by piece, and goes
// on where a line was cut. Without it the form sends small files whole.
const form = document.querySelector('form[data-upload]');
const panel = form.querySelector('.upload-told');
const words = panel.querySelector('p');
const bar = panel.querySelector('progress');
const pieceBytes = 4 * 1024 * 1024;
const readBytes = 8 * 1024 * 1024;
// A server that is restarted is back within these pauses: 1, 2, 4 … s, two minutes in all.
const tries = 7;

// SHA-256 (FIPS 180-4). The browser's own wants a whole file in memory, and is there only by HTTPS.
class Sha256 {
  static k = Uint32Array.from(Sha256.primes(64), (p) => Math.floor((Math.cbrt(p) % 1) * 2 ** 32));
  static primes(n) {
    const found = [];
    for (let p = 2; found.length < n; p++) if (found.every((q) => p % q)) found.push(p);
    return found;
  }
  state = Uint32Array.from(Sha256.primes(8), (p) => Math.floor((Math.sqrt(p) % 1) * 2 ** 32));
  rest = new Uint8Array(64);
  have = 0;
  bytes = 0;
  w = new Uint32Array(64);

  add(data) {
    this.bytes += data.length;
    let at = 0;
    if (this.have) {
      at = Math.min(64 - this.have, data.length);
      this.rest.set(data.subarray(0, at), this.have);
      this.have += at;
      if (this.have < 64) return;
      this.block(new DataView(this.rest.buffer), 0);
      this.have = 0;
    }
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (; at + 64 <= data.length; at += 64) this.block(view, at);
    this.rest.set(data.subarray(at));
    this.have = data.length - at;
  }

  block(view, at) {
    const { w, state } = this;
    const { k } = Sha256;
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0;
      d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  hex() {
    const bits = this.bytes * 8;
    const end = new Uint8Array(this.have < 56 ? 64 - this.have : 128 - this.have);
    end[0] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(end.length - 4, bits >>> 0);
    this.add(end);
    return Array.from(this.state, (word) => word.toString(16).padStart(8, '0')).join('');
  }
}

function say(text, part, whole, finding) {
  panel.hidden = false;
  panel.dataset.finding = finding ?? 'note';
  words.textContent = text;
  bar.hidden = whole === undefined;
  if (whole !== undefined) { bar.max = Math.max(whole, 1); bar.value = part; }
}

const mib = (bytes) => `${Math.ceil(bytes / 1048576)} MiB`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function digest(file, before, whole) {
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += readBytes) {
    hash.add(new Uint8Array(await file.slice(at, at + readBytes).arrayBuffer()));
    say(`Reading ${file.name} for its digest`, before + Math.min(at + readBytes, file.size), whole);
  }
  return hash.hex();
}

// A refusal is final; a line that is cut or a server that is away is tried again.
class Refused extends Error {}

async function once(method, path, body) {
  const json = body !== undefined && !(body instanceof Blob);
  const headers = json ? { 'content-type': 'application/json' } : {};
  const reply = await fetch(`/api/v1/images/uploads${path}`, { method, headers, body: json ? JSON.stringify(body) : body });
  const text = await reply.text();
  let said = {};
  try { said = JSON.parse(text); } catch { /* words, or a page */ }
  if (reply.ok) return said;
  const why = said.detail ?? (text.startsWith('<') ? reply.statusText : text);
  if (reply.status >= 500 || reply.status === 429) throw new Error(why);
  throw new Refused(why);
}

async function ask(method, path, body) {
  for (let failed = 0; ; failed++) {
    try {
      return await once(method, path, body);
    } catch (error) {
      if (error instanceof Refused || failed === tries) throw error;
      say(`The server does not answer (${error.message}). Trying again…`);
      await pause(1000 * 2 ** failed);
    }
  }
}

// A piece that was cut may be there in part: the server says from where it goes on.
async function send(id, part, file, before, whole) {
  let { offset } = part;
  for (let failed = 0; offset < part.bytes;) {
    say(`Sending ${part.file}: ${mib(offset)} of ${mib(part.bytes)}`, before + offset, whole);
    try {
      const path = `/${id}/parts/${encodeURIComponent(part.file)}?offset=${offset}`;
      ({ offset } = await once('PUT', path, file.slice(offset, offset + pieceBytes)));
      failed = 0;
    } catch (error) {
      if (failed++ === tries) throw error;
      const told = await ask('GET', `/${id}`);
      const here = told.parts.find((come) => come.file === part.file);
      // It is as far as before, and refuses: another time would be the same.
      if (error instanceof Refused && here.offset === offset) throw error;
      ({ offset } = here);
      await pause(1000 * 2 ** failed);
    }
  }
}

async function finish(id) {
  let told = await ask('POST', `/${id}/finish`, {});
  while (!told.digest && !told.image) {
    const { bytes, of } = told.reading ?? { bytes: 0, of: 0 };
    say(`The server reads what came: ${mib(bytes)} of ${mib(of)}`, bytes, of);
    await pause(1000);
    told = told.reading ? await ask('GET', `/${id}`) : await ask('POST', `/${id}/finish`, {});
  }
  return told.image ?? told;
}

function chosen() {
  const format = form.elements.format.value;
  const fields = [...form.querySelectorAll('input[type=file]')].filter((field) => field.dataset.format === format);
  return fields.flatMap((field) => [...field.files].sort((a, b) => (a.name < b.name ? -1 : 1)).map((file) => ({ role: field.dataset.role, file })));
}

// A plain file name, as a boot script can have it.
const plain = (name) => name.replace(/[^A-Za-z0-9._+-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'file';

async function upload(files) {
  const value = (name) => form.elements[name].value.trim();
  const whole = files.reduce((sum, { file }) => sum + file.size, 0);
  const parts = [];
  let before = 0;
  for (const { role, file } of files) {
    const sha256 = await digest(file, before, whole);
    parts.push({ role, file: plain(file.name), bytes: file.size, digest: sha256 });
    before += file.size;
  }
  const firmware = [...form.querySelectorAll('[data-firmware]:checked')].map((box) => box.dataset.firmware);
  const image = {
    name: value('name'), version: value('version'), title: value('title') || value('name'), kind: value('kind'),
    arch: value('arch'), firmware, format: value('format'), parts, cmdline: value('cmdline'),
    agent: form.elements.agent.checked,
    provenance: { files: files.map(({ file }) => file.name).join(', ') }, notes: value('notes'),
  };
  if (value('signature')) image.signature = form.elements.signature.value;
  const begun = await ask('POST', '', image);
  before = 0;
  for (const part of begun.parts) {
    const { file } = files[parts.findIndex((known) => known.file === part.file)];
    await send(begun.id, part, file, before, whole);
    before += part.bytes;
  }
  return finish(begun.id);
}

let busy = false;
form.addEventListener('submit', async (event) => {
  const files = chosen();
  // From an address the server fetches by itself.
  if (!files.length) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  const button = form.querySelector('[type=submit]');
  button.disabled = true;
  try {
    const image = await upload(files);
    say(`${image.name} ${image.version} is in the catalog, as a candidate.`, undefined, undefined, 'good');
    location.assign(`/images/${encodeURIComponent(image.name)}`);
  } catch (error) {
    const again = error instanceof Refused ? '' : ' Press Add again: what came is kept for a day, and it goes on there.';
    say(`${error.message}.${again}`.replace('..', '.'), undefined, undefined, 'bad');
  }
  busy = false;
  button.disabled = false;
});
window.addEventListener('beforeunload', (event) => { if (busy) event.preventDefault(); });

// Only the files of the chosen format are asked for.
function show() {
  for (const set of form.querySelectorAll('[data-of-format]')) set.hidden = set.dataset.ofFormat !== form.elements.format.value;
}
form.elements.format.addEventListener('change', show);
show();
