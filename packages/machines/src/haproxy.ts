import { connect } from 'node:net';
import { SlipwayError } from '@slipway/kit';
import type { LoadBalancerServer } from './driver.ts';

/** Places for servers; the number is fixed when haproxy starts, and changing it would be a reload. */
export const slotCount = 16;
const backend = 'servers';

/** Servers by slot; a server keeps its slot as long as it stays. */
export type Slots = readonly (LoadBalancerServer | null)[];

const same = (a: LoadBalancerServer, b: LoadBalancerServer): boolean => a.name === b.name && a.address === b.address && a.port === b.port;

/**
 * Pure: the slots for these servers, moving none that stays.
 *
 * @throws SlipwayError('Invalid') for more than 16.
 */
export function assignSlots(current: Slots, servers: readonly LoadBalancerServer[]): Slots {
  if (servers.length > slotCount) throw new SlipwayError('Invalid', `A load balancer takes ${slotCount} servers, not ${servers.length}.`);
  const slots: (LoadBalancerServer | null)[] = Array.from({ length: slotCount }, (_, slot) => {
    const held = current[slot];
    return (held && servers.find((server) => same(server, held))) ?? null;
  });
  for (const server of servers) {
    if (!slots.includes(server)) slots[slots.indexOf(null)] = server;
  }
  return slots;
}

/** Pure: haproxy's configuration; servers known at its start are in it, so a restarted haproxy serves without anyone's help. */
export function haproxyConfig(port: number, slots: Slots): string {
  const servers = Array.from({ length: slotCount }, (_, slot) => {
    const server = slots[slot];
    return `  server s${slot} ${server ? `${server.address}:${server.port}` : '0.0.0.0:6443 disabled'}`;
  });
  return `global
  stats socket /srv/admin.sock level admin mode 600
  maxconn 8192
  log stdout format raw local0 notice

defaults
  mode tcp
  log global
  timeout connect 3s
  # Watches are open for as long as they like.
  timeout client 24h
  timeout server 24h
  option clitcpka
  option srvtcpka
  option redispatch
  retries 3

frontend endpoint
  bind :${port}
  default_backend ${backend}

backend ${backend}
  balance roundrobin
  option httpchk GET /readyz
  # A server that wants to know who asks is up as well.
  http-check expect rstatus ^(200|401|403)$
  default-server inter 500ms fastinter 250ms rise 1 fall 3 check check-ssl verify none on-marked-down shutdown-sessions
${servers.join('\n')}
`;
}

export interface LiveServer {
  readonly slot: number;
  readonly address: string;
  readonly port: number;
  readonly maintenance: boolean;
  readonly drain: boolean;
  /** 0 stopped, 1 starting, 2 running, 3 stopping. */
  readonly operational: number;
}

/** Pure: what `show servers state` says (file format version 1). */
export function parseServerState(text: string): LiveServer[] {
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields[1] === backend && fields.length > 18)
    .map((fields) => {
      const admin = Number(fields[6]);
      return {
        slot: Number(fields[3]?.slice(1)),
        address: fields[4] ?? '',
        port: Number(fields[18]),
        operational: Number(fields[5]),
        // Forced or inherited, of either kind. The bit between them only remembers that the configuration said "disabled".
        maintenance: (admin & 0b11) !== 0,
        drain: (admin & 0b11000) !== 0,
      };
    });
}

/** Pure: the commands that bring a running haproxy from what it serves to what it should. Servers that stay are not touched. */
export function slotCommands(live: readonly LiveServer[], slots: Slots): string[] {
  return live.flatMap((now) => {
    const name = `${backend}/s${now.slot}`;
    const wanted = slots[now.slot] ?? null;
    if (!wanted) return now.maintenance ? [] : [`set server ${name} state maint`, `shutdown sessions server ${name}`];
    const state = `set server ${name} state ${wanted.drain ? 'drain' : 'ready'}`;
    if (now.maintenance || now.address !== wanted.address || now.port !== wanted.port) {
      return [
        ...(now.maintenance ? [] : [`set server ${name} state maint`, `shutdown sessions server ${name}`]),
        `set server ${name} addr ${wanted.address} port ${wanted.port}`,
        // Leaving maintenance makes it up: in one breath it is set down until its first check, so no connection meets a server that is not there.
        `${state}; set server ${name} health down; enable health ${name}`,
      ];
    }
    return now.drain === (wanted.drain ?? false) ? [] : [state];
  });
}

/** Sends one command to haproxy's admin socket and gives its answer. */
export function haproxyCommand(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const chunks: Buffer[] = [];
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer for 5 s')));
    socket.on('connect', () => socket.write(`${command}\n`));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) =>
      reject(new SlipwayError('Unavailable', `The load balancer does not answer on ${socketPath}: ${error.message}`, { cause: error })),
    );
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8').trim()));
  });
}

export const showServers = `show servers state ${backend}`;
