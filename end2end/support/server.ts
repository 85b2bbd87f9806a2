// The server under test: a real one with a private database, started by `cargo xtask up`, or one
// that runs already.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const data = `${root}target/end2end`;
/** What the server says. */
export const log = `${root}target/end2end.log`;
/** The administrator's cookie. */
export const state = `${root}target/end2end-state.json`;
const dashboardPort = 3990;
const bootPort = 3991;
/** Where the tests' identity provider is; it runs only while it is tested. */
export const issuer = 'http://127.0.0.1:3992';
export const clientSecret = 'a secret of the tests';
const secretFile = `${root}target/end2end-secret`;

export const address = process.env.BASE_URL ?? `http://127.0.0.1:${dashboardPort}`;

/** Where machines fetch boot files and agents report. */
export const bootAddress = process.env.BOOT_URL ?? `http://127.0.0.1:${bootPort}`;

/** The key with which agents introduce themselves. */
export function enrolmentKey(): string {
  return process.env.ENROL_KEY ?? readFileSync(`${data}/enrol.key`, 'utf8').trim();
}

// No DHCP and no TFTP: these machines speak HTTP only.
const command = [
  `rm -rf "${data}" && mkdir -p "${root}target" && printf '%s' '${clientSecret}' > "${secretFile}" &&`,
  'exec cargo xtask up',
  `--port ${dashboardPort} --data "${data}" --boot-listen 127.0.0.1:${bootPort}`,
  '--dhcp-port 0 --tftp-port 0 -- --pxe-port 0',
  `--oidc-issuer ${issuer} --oidc-client-id pitstop --oidc-client-secret-file "${secretFile}" --oidc-name 'Example ID'`,
  '--oidc-role admins=administrator --oidc-role lab=operator@site:graz',
  `> "${log}" 2>&1`,
].join(' ');

export const start = process.env.BASE_URL
  ? undefined
  : {
      command,
      cwd: root,
      url: `${address}/healthz`,
      // Cold, it builds the dashboard, the agent, the image and the server.
      timeout: 30 * 60_000,
      gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 60_000 },
    };
