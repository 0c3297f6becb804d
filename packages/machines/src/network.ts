import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError, type Logger } from '@slipway/kit';
import { outputIfInstalled, run } from './programs.ts';
import type { HostInstance } from './driver.ts';
import { withLock } from './lock.ts';
import type { HostNames } from './names.ts';
import { routedSubnets, overlaps } from './instance.ts';
import { raiseSwitches, restoreSwitches } from './host-switches.ts';
import { namesIn } from './trees.ts';

/** The instance's bridge with its NAT, and one network namespace per container on it. */
export interface Network {
  /** Bridge, host address, forwarding and egress rules; what is there is left as it is. */
  ensure(): Promise<void>;
  /** A network namespace for a container with `address` on the bridge. */
  attach(container: string, address: string): Promise<void>;
  /** Without the address the namespace alone goes, and its interface with it. */
  detach(container: string, address: string | undefined): Promise<void>;
  /** Sets exactly these routes to peers' pod subnets in a container's namespace. */
  setPeerRoutes(container: string, peers: readonly { readonly subnet: string; readonly via: string }[]): Promise<void>;
  /** Removes bridge, interfaces, namespaces, rules; restores ip_forward when the last instance of this host goes. */
  purge(): Promise<void>;
}

/** Routing protocol number on our peer routes, so that only they are replaced (any number above 191 is free for use). */
const peerRouteProtocol = '198';

export function createNetwork(instance: HostInstance, names: HostNames, logger: Logger): Network {
  async function ensureBridge(): Promise<void> {
    if (!(await linkNames()).includes(names.bridge)) {
      const clash = (await routedSubnets()).find((subnet) => overlaps(subnet, instance.subnet));
      if (clash) {
        throw new SlipwayError('Host', `The machine network ${instance.subnet} is already used on this host (route to ${clash}).`, {
          hint: `Stop what uses ${clash}, or delete ${instance.home}/instance.json while there are no machines to have another network picked.`,
        });
      }
      await ip([`link add ${names.bridge} type bridge`]);
    }
    await ip([`address replace ${names.hostAddress}/24 dev ${names.bridge}`, `link set ${names.bridge} up`]);
  }

  async function ensureRules(): Promise<void> {
    const present = (await taggedRules(names.ruleTag)).map((rule) => rule.line);
    const tag = ['-m', 'comment', '--comment', names.ruleTag];
    const wanted = [
      { table: 'nat', chain: 'POSTROUTING', args: ['-s', instance.subnet, '!', '-d', instance.subnet, ...tag, '-j', 'MASQUERADE'] },
      // Inserted first: a host whose FORWARD policy is DROP (container engines set it) would cut the machines off.
      { table: 'filter', chain: 'FORWARD', args: ['-i', names.bridge, ...tag, '-j', 'ACCEPT'] },
      { table: 'filter', chain: 'FORWARD', args: ['-o', names.bridge, ...tag, '-j', 'ACCEPT'] },
    ];
    for (const rule of wanted) {
      const exists = present.some((line) => line.includes(`-A ${rule.chain} `) && line.includes(rule.args.slice(0, 2).join(' ')));
      if (!exists) await run('iptables', ['-w', '10', '-t', rule.table, '-I', rule.chain, '1', ...rule.args]);
    }
  }

  async function detach(container: string, address: string | undefined): Promise<void> {
    const veth = address === undefined ? undefined : names.veth(address);
    if (veth && (await linkNames()).includes(veth)) await run('ip', ['link', 'delete', veth], { allow: [1, 2] });
    await deleteNetns(names.netns(container));
  }

  return {
    ensure: () =>
      withLock('/run/lock/slipway-network.lock', {}, async () => {
        await ensureBridge();
        await raiseSwitches(instance.id);
        await ensureRules();
      }),

    async attach(container, address) {
      const netns = names.netns(container);
      const veth = names.veth(address);
      // Half-made ones of a killed predecessor: a fresh pair is quicker than telling what is missing.
      await detach(container, address);
      await run('ip', ['netns', 'add', netns]);
      await ip([
        `link add ${veth} type veth peer name eth0 netns ${netns}`,
        `link set ${veth} master ${names.bridge}`,
        `link set ${veth} up`,
      ]);
      await ip(
        [`link set lo up`, `address add ${address}/24 dev eth0`, `link set eth0 up`, `route add default via ${names.hostAddress}`],
        netns,
      );
    },

    detach,

    async setPeerRoutes(container, peers) {
      const netns = names.netns(container);
      if (!(await namesIn('/run/netns')).includes(netns)) return;
      const { stdout } = await run('ip', ['-n', netns, '-j', 'route', 'show', 'proto', peerRouteProtocol]);
      const present = (JSON.parse(stdout || '[]') as { dst: string; gateway: string }[]).map(
        (route) => `${route.dst} via ${route.gateway}`,
      );
      const wanted = peers.map((peer) => `${peer.subnet} via ${peer.via}`);
      const batch = [
        ...present.filter((route) => !wanted.includes(route)).map((route) => `route delete ${route} proto ${peerRouteProtocol}`),
        ...wanted.filter((route) => !present.includes(route)).map((route) => `route replace ${route} proto ${peerRouteProtocol}`),
      ];
      if (batch.length > 0) await ip(batch, netns);
    },

    purge: () =>
      withLock('/run/lock/slipway-network.lock', {}, async () => {
        for (const link of await linkNames()) {
          if (link === names.bridge || link.startsWith(names.vethPrefix)) await run('ip', ['link', 'delete', link], { allow: [1, 2] });
        }
        for (const netns of await namesIn('/run/netns')) if (netns.startsWith(names.netnsPrefix)) await deleteNetns(netns);
        for (const rule of (await taggedRules(names.ruleTag)).toReversed()) {
          await run('iptables', ['-w', '10', '-t', rule.table, ...deleteArguments(rule.line)], { allow: [1] });
        }
        await restoreSwitches(instance.id);
        logger.info({ bridge: names.bridge }, 'network removed');
      }),
  };
}

const ip = (batch: readonly string[], netns?: string) =>
  run('ip', [...(netns ? ['-n', netns] : []), '-batch', '-'], { stdin: `${batch.join('\n')}\n`, as: `ip ${batch.join('; ')}` });
const linkNames = async () => {
  const text = await outputIfInstalled('ip', ['-j', 'link', 'show']);
  return (JSON.parse(text || '[]') as { ifname: string }[]).map((link) => link.ifname);
};

async function deleteNetns(name: string): Promise<void> {
  if (!(await namesIn('/run/netns')).includes(name)) return;
  await run('ip', ['netns', 'delete', name], { allow: [1] });
  // `ip netns add` killed between making the file and mounting it leaves a plain file.
  await rm(join('/run/netns', name), { force: true });
}

export interface TaggedRule {
  readonly table: string;
  /** As iptables-save prints it: `-A POSTROUTING -s …`. */
  readonly line: string;
}

/** Rules of this host that carry the comment `tag`. */
async function taggedRules(tag: string): Promise<TaggedRule[]> {
  return parseRules(await outputIfInstalled('iptables-save', [])).filter((rule) => new RegExp(`--comment "?${tag}"?( |$)`).test(rule.line));
}

/** Pure: rules with their tables from iptables-save's text. */
export function parseRules(saved: string): TaggedRule[] {
  let table = '';
  const rules: TaggedRule[] = [];
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    else if (line.startsWith('-A ')) rules.push({ table, line });
  }
  return rules;
}

/** Pure: arguments that delete a saved rule; iptables-save quotes only words with spaces, and ours have none. */
export const deleteArguments = (line: string): string[] => line.replace(/^-A /, '-D ').replaceAll('"', '').split(' ');
