import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError, waitFor, type Logger } from '@slipway/kit';
import type { AddressBook } from './addresses.ts';
import type { Containers } from './containers.ts';
import type { LoadBalancer, LoadBalancerDriver, MachineArtifacts } from './driver.ts';
import { assignSlots, haproxyCommand, haproxyConfig, parseServerState, showServers, slotCommands, type Slots } from './haproxy.ts';
import { withLock } from './lock.ts';
import type { HostNames } from './names.ts';
import type { Network } from './network.ts';
import { serviceArguments } from './service.ts';
import { namesIn, readText, removeTree, writeAtomic } from './trees.ts';

export interface LoadBalancersDeps {
  readonly names: HostNames;
  readonly containers: Containers;
  readonly addresses: AddressBook;
  readonly network: Network;
  readonly artifacts: Pick<MachineArtifacts, 'nodeRoot'>;
  readonly ensureNetwork: () => Promise<void>;
  readonly logger: Logger;
}

/** Driver plus what stopping and starting a whole host needs. */
export interface LoadBalancers extends LoadBalancerDriver {
  /** Starts every load balancer that does not run. */
  startAll(): Promise<void>;
  stopAll(): Promise<void>;
}

interface LoadBalancerRecord {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly slots: Slots;
}

const view = ({ name, address, port }: LoadBalancerRecord): LoadBalancer => ({ name, address, port });

/** Load balancers: haproxy in a container with an address of its own, told over its admin socket. What it serves is on disk, so it comes back alone. */
export function createLoadBalancers(deps: LoadBalancersDeps): LoadBalancers {
  const { names, containers } = deps;
  const file = (name: string) => join(names.loadBalancer(name), 'load-balancer.json');
  const socket = (name: string) => join(names.run, 'lb', name, 'admin.sock');
  const locked = <T>(name: string, work: () => Promise<T>) =>
    withLock(join(names.locks, names.loadBalancerContainer(checkedName(name))), {}, work);

  async function read(name: string): Promise<LoadBalancerRecord | undefined> {
    const text = await readText(file(name));
    return text === undefined ? undefined : (JSON.parse(text) as LoadBalancerRecord);
  }
  const write = (record: LoadBalancerRecord) => writeAtomic(file(record.name), `${JSON.stringify(record, null, 2)}\n`);

  async function all(): Promise<LoadBalancerRecord[]> {
    const records = await Promise.all((await namesIn(names.loadBalancers)).map(read));
    return records.filter((record) => record !== undefined);
  }

  const writeConfig = (record: LoadBalancerRecord) =>
    writeAtomic(join(names.run, 'lb', record.name, 'haproxy.cfg'), haproxyConfig(record.port, record.slots), 0o644);

  async function run(record: LoadBalancerRecord): Promise<void> {
    const container = names.loadBalancerContainer(record.name);
    if ((await containers.pid(container)) !== undefined) return;
    await deps.ensureNetwork();
    const directory = join(names.run, 'lb', record.name);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeConfig(record);
    await deps.network.attach(container, record.address);
    await containers.launch(container, {
      kind: 'service',
      hostname: record.name,
      rootPath: await deps.artifacts.nodeRoot(),
      rootReadonly: true,
      args: serviceArguments(['haproxy', '-db', '-f', '/srv/haproxy.cfg'], '/srv/log'),
      netnsPath: names.netnsPath(container),
      binds: [{ source: directory, target: '/srv' }],
    });
    await waitFor(() => haproxyCommand(socket(record.name), 'show info').then(() => true), {
      what: `load balancer ${record.name}`,
      timeoutMs: 15_000,
      intervalMs: 20,
    });
    await apply(record);
    deps.logger.info({ loadBalancer: record.name, address: record.address }, 'load balancer runs');
  }

  async function apply(record: LoadBalancerRecord): Promise<void> {
    const live = parseServerState(await haproxyCommand(socket(record.name), showServers));
    for (const command of slotCommands(live, record.slots)) {
      const answer = await haproxyCommand(socket(record.name), command);
      // haproxy answers a done command with nothing, or with what has changed.
      if (/^(No such|Unknown|Invalid|Require|Malformed|Can't)/i.test(answer)) {
        throw new SlipwayError('Internal', `The load balancer ${record.name} refused "${command}": ${answer}`);
      }
    }
  }

  return {
    ensure: (name, port, labels) =>
      locked(name, async () => {
        const kept = await read(name);
        if (kept && kept.port !== port)
          throw new SlipwayError('Conflict', `The load balancer "${name}" serves port ${kept.port}, not ${port}.`);
        await mkdir(names.loadBalancer(name), { recursive: true, mode: 0o711 });
        const address = kept?.address ?? (await deps.addresses.claim(names.loadBalancerContainer(name), 'services'));
        const record: LoadBalancerRecord = { name, address, port, labels, slots: kept?.slots ?? [] };
        if (JSON.stringify(record) !== JSON.stringify(kept)) await write(record);
        await run(record);
        return view(record);
      }),

    async get(name) {
      const record = await read(checkedName(name));
      return record && view(record);
    },

    async list(labels = {}) {
      const wanted = Object.entries(labels);
      return (await all()).filter((record) => wanted.every(([key, value]) => record.labels[key] === value)).map(view);
    },

    setServers: (name, servers) =>
      locked(name, async () => {
        const kept = await read(name);
        if (!kept) throw new SlipwayError('NotFound', `There is no load balancer "${name}" on this host.`);
        const record = { ...kept, slots: assignSlots(kept.slots, servers) };
        await write(record);
        if ((await containers.pid(names.loadBalancerContainer(name))) === undefined) return run(record);
        await writeConfig(record);
        await apply(record);
      }),

    remove: (name) =>
      locked(name, async () => {
        const container = names.loadBalancerContainer(name);
        await containers.end(container, 0);
        await deps.network.detach(container, (await read(name))?.address);
        await rm(join(names.run, 'lb', name), { recursive: true, force: true });
        await deps.addresses.release(container);
        await removeTree(names.loadBalancer(name));
      }),

    async startAll() {
      await Promise.all((await all()).map((record) => locked(record.name, () => run(record))));
    },

    async stopAll() {
      await Promise.all(
        (await all()).map((record) =>
          locked(record.name, async () => {
            const container = names.loadBalancerContainer(record.name);
            await containers.end(container, 2000);
            await deps.network.detach(container, record.address);
          }),
        ),
      );
    },
  };
}

function checkedName(name: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new SlipwayError('Invalid', `"${name}" cannot name a load balancer: use at most 63 lower-case letters, digits and dashes.`);
}
