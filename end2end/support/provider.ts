// An identity provider that is not ours (npm's oidc-provider), with people in groups, run beside the tests.

import type { Server } from 'node:http';
import Provider from 'oidc-provider';
import { address, clientSecret, issuer } from './server.ts';

const groups: Record<string, string[]> = {
  'olga.operator': ['staff', 'lab'],
  'adam.admin': ['admins'],
  'gus.guest': ['guests'],
};

/** People who sign in there by any password. */
export type Name = keyof typeof groups;

/** Somebody is put into other groups. */
export function move(name: Name, to: string[]): void {
  groups[name] = to;
}

/** Starts it; gives what ends it. */
export async function startProvider(): Promise<() => Promise<void>> {
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'pitstop', client_secret: clientSecret, redirect_uris: [`${address}/auth/oidc/callback`] }],
    // Claims of a scope are told when they are asked for with the access token, as the standard has it.
    claims: { profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
    findAccount: async (_: unknown, name: string) => ({
      accountId: name,
      claims: async () => ({ sub: name, name: name.replace('.', ' '), preferred_username: name, groups: groups[name] ?? [] }),
    }),
    cookies: { keys: ['the key of a test'] },
  });
  const { hostname, port } = new URL(issuer);
  const server = await new Promise<Server>((listening, failed) => {
    const server = provider.listen(Number(port), hostname, () => listening(server));
    server.once('error', failed);
  });
  return () => new Promise((closed) => {
    server.close(() => closed());
    server.closeAllConnections();
  });
}
