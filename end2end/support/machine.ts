// A machine that is not there: it speaks what firmware and agents say over HTTP, one step at a
// time, so that a test decides when what happens.

import { randomBytes, randomUUID } from 'node:crypto';
import { bootAddress, enrolmentKey } from './server.ts';

export interface Order {
  call: string;
  boot_id: string;
  action: { kind: 'restart'; network_once: boolean } | { kind: 'kexec' };
}

/** What a boot script starts. */
export interface Maintenance {
  files: string[];
  job: string;
  token: string;
}

/** What a memory test of 64 MiB might say in the end. */
export interface Ended {
  outcome: 'succeeded' | 'found' | 'failed';
  summary: string;
  report: unknown;
  inventory: null;
}

export class Machine {
  private bootId: string = randomUUID();

  private constructor(
    readonly id: string,
    readonly name: string,
    private readonly mac: string,
    private readonly uuid: string,
    private readonly token: string,
    /** As it stands on its sticker. */
    readonly serial: string,
  ) {}

  /** Its own system's agent introduces it, under a name that no other run has used. */
  static async enrol(prefix: string): Promise<Machine> {
    const name = `${prefix}-${randomBytes(2).toString('hex')}`;
    const mac = ['52', '54', '00', ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
    const uuid = randomUUID();
    const serial = `SN-${randomBytes(4).toString('hex').toUpperCase()}`;
    const enrolled = await post<{ machine: string; name: string; token: string }>('/agent/v1/enrol', undefined, {
      key: enrolmentKey(),
      hostname: name,
      smbios_uuid: uuid,
      macs: [mac],
      arch: 'x86_64',
      inventory: {
        vendor: 'Example',
        model: 'Simulated 1',
        serial,
        cpu: 'One core of nothing',
        cores: 1,
        memory_bytes: 2 * 1024 ** 3,
        system: 'Debian GNU/Linux 12 (bookworm)',
        abilities: { boot_next: false, kexec: false, restart: true },
      },
    });
    return new Machine(enrolled.machine, enrolled.name, mac, uuid, enrolled.token, serial);
  }

  /** A sighting of the own system. Gives the order to restart, if there is one within the time. */
  async heartbeat(waitSeconds = 0): Promise<Order | null> {
    const reply = await post<{ order: Order | null }>('/agent/v1/heartbeat', this.token, {
      machine: this.id,
      boot_id: this.bootId,
      uptime_s: 60,
      inventory: null,
      wait_s: waitSeconds,
    });
    return reply.order;
  }

  /** What its own system measured over the last minutes: the same each time. Figures by the number of their metric. */
  async measure(minutes: number, figures: [number, number][]): Promise<void> {
    const samples = Array.from({ length: minutes }, (_, n) => ({ seq: n + 1, age_s: (minutes - 1 - n) * 60, figures }));
    await post('/agent/v1/measurements', this.token, { machine: this.id, stream: Date.now(), samples });
  }

  /** Beats until it is told to restart. */
  async awaitOrder(): Promise<Order> {
    for (let tries = 0; tries < 10; tries++) {
      const order = await this.heartbeat(5);
      if (order) return order;
    }
    throw new Error(`${this.name} was not told to restart within 50 s`);
  }

  /** Says that it will do as told. The own system is gone with that. */
  async obey(order: Order, token = this.token): Promise<void> {
    await post(`/agent/v1/calls/${order.call}`, token, {
      boot_id: order.boot_id,
      accepted: true,
      answer: 'restarting',
    });
    this.bootId = randomUUID();
  }

  /** Says that it will not do as told. */
  async refuse(order: Order, why: string, token = this.token): Promise<void> {
    await post(`/agent/v1/calls/${order.call}`, token, { boot_id: order.boot_id, accepted: false, answer: why });
  }

  /** Firmware asks how to boot. Null: its own system. */
  async askHowToBoot(): Promise<Maintenance | null> {
    const query = new URLSearchParams({ mac: this.mac, uuid: this.uuid, arch: 'i386-pcbios' });
    const script = await (await fetch(`${bootAddress}/boot/script?${query}`)).text();
    const kernel = /^kernel (\S+)(.*)$/m.exec(script);
    if (!kernel) return null;
    const initrds = [...script.matchAll(/^initrd (?:--name \S+ )?(\S+)/gm)].map((match) => match[1]);
    const word = (key: string) => new RegExp(`${key}=(\\S+)`).exec(kernel[2])?.[1] ?? '';
    return { files: [kernel[1], ...initrds], job: word('pitstop.job'), token: word('pitstop.token') };
  }

  /** Fetches kernel and initrd whole. */
  async fetchImage(maintenance: Maintenance): Promise<number> {
    let bytes = 0;
    for (const url of maintenance.files) {
      const reply = await fetch(url);
      if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
      bytes += (await reply.arrayBuffer()).byteLength;
    }
    return bytes;
  }

  /** The maintenance agent reports. Gives the order to go home, if there is one within the time. */
  async report(
    maintenance: Maintenance,
    what: { permille?: number; text?: string; ended?: Ended; waitSeconds?: number },
  ): Promise<Order | null> {
    const progress = what.permille === undefined ? null : { permille: what.permille, text: what.text ?? '' };
    const reply = await post<{ order: Order | null }>(`/agent/v1/jobs/${maintenance.job}/report`, maintenance.token, {
      boot_id: this.bootId,
      progress,
      log: [],
      ended: what.ended ?? null,
      wait_s: what.waitSeconds ?? 0,
    });
    return reply.order;
  }
}

async function post<T = unknown>(path: string, token: string | undefined, body: unknown): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const reply = await fetch(`${bootAddress}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return (await reply.json()) as T;
}
