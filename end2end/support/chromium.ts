// Debian's own Chromium; these switches keep it from asking the network for anything of its own.
export const chromium = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // The same letters, however this machine smooths its own.
    '--font-render-hinting=none',
  ],
};
