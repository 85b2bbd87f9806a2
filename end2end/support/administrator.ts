// The tests' administrator: made once by the link that the server printed, then signed in for all tests.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { address, log, state } from './server.ts';

export const administrator = { name: 'tests', password: 'four words of tests' };

/** Called by Playwright when the server answers, before the first test. */
export default async function signIn(): Promise<void> {
  const cookie = process.env.BASE_URL ? await byPassword() : await byLink();
  const [name, value] = cookie.split(';')[0].split('=');
  const { hostname } = new URL(address);
  const expires = Date.now() / 1000 + 24 * 3600;
  const kept = { name, value, domain: hostname, path: '/', expires, httpOnly: true, secure: false, sameSite: 'Lax' };
  mkdirSync(dirname(state), { recursive: true });
  writeFileSync(state, JSON.stringify({ cookies: [kept], origins: [] }));
}

/** Of a server that these tests have started: it printed the link. */
async function byLink(): Promise<string> {
  const link = await found();
  const { name, password } = administrator;
  return post(link, { name, title: 'Tests', password, again: password });
}

/** It answers a moment before it says so. */
async function found(): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const link = /(http\S+\/join\/[0-9a-f]+)/.exec(readFileSync(log, 'utf8'));
    if (link) return link[1];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the server printed no link for the first administrator; see ${log}`);
}

/** Of a server that runs already: ADMINISTRATOR_NAME and ADMINISTRATOR_PASSWORD. */
async function byPassword(): Promise<string> {
  const name = process.env.ADMINISTRATOR_NAME ?? administrator.name;
  const password = process.env.ADMINISTRATOR_PASSWORD ?? administrator.password;
  return post(`${address}/login`, { name, password });
}

async function post(url: string, fields: Record<string, string>): Promise<string> {
  const reply = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  const cookie = reply.headers.get('set-cookie');
  if (!cookie) throw new Error(`the administrator of the tests is not let in: ${reply.status} ${await reply.text()}`);
  return cookie;
}

/** For requests beside the browser. */
export function cookieHeader(): string {
  const { cookies } = JSON.parse(readFileSync(state, 'utf8')) as { cookies: { name: string; value: string }[] };
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}
