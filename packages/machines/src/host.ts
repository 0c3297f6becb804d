import type { Logger } from '@slipway/kit';
import { createAddressBook } from './addresses.ts';
import { createContainers } from './containers.ts';
import { createNameServer } from './dns.ts';
import type { HostInstance, LoadBalancerDriver, Machine, MachineArtifacts, MachineDriver } from './driver.ts';
import { hostFacts, type HostFacts } from './host-facts.ts';
import { createImageStores } from './image-store.ts';
import { createLoadBalancers } from './load-balancers.ts';
import { createMachineBoot } from './machine-boot.ts';
import { createMachineRecords } from './machine-records.ts';
import { hostNames } from './names.ts';
import { createNetwork } from './network.ts';
import { purge, type PurgeOptions } from './purge.ts';
import { createRuncMachines } from './runc-machines.ts';

export interface HostProgress {
  /** Called with what is done now: "machine dev-cp-1". */
  readonly onProgress?: (detail: string) => void;
  readonly signal?: AbortSignal;
}

/** Everything local of one instance. Any number of processes may hold one: state is on disk and in the kernel. */
export interface Host {
  readonly instance: HostInstance;
  readonly facts: HostFacts;
  readonly machines: MachineDriver;
  readonly loadBalancers: LoadBalancerDriver;
  /** The bridge with the host's address on it, egress, DNS. Called by `create`, `start` and `ensure` too. */
  ensureNetwork(): Promise<void>;
  /** Stops machines (cleanly, side by side), load balancers and DNS. Gives the number of machines stopped; `startAll` starts these again. */
  stopAll(options?: HostProgress): Promise<number>;
  /** DNS, load balancers, then machines: gateway, control planes, workers. After `stopAll` and after a reboot of the host. Gives the number of machines started. */
  startAll(options?: HostProgress): Promise<number>;
  /** Removes all of it, `home` included. See `purge`. */
  purge(options?: PurgeOptions): Promise<void>;
}

/** Machines stopped or started at once: more only wait for each other's disk and cores. */
const atOnce = 4;

/**
 * The local machines of an instance. Makes nothing by itself; the artifacts are asked only when something is made.
 *
 * @example const host = await createHost(await hostInstance(home, cache), { ...machineArtifacts(toolchain), nodeRoot: () => ensureNodeRoot({ cache, logger }) }, logger);
 */
export async function createHost(instance: HostInstance, artifacts: MachineArtifacts, logger: Logger): Promise<Host> {
  const names = hostNames(instance);
  const facts = await hostFacts();
  const containers = createContainers(names, facts);
  const network = createNetwork(instance, names, logger);
  const nameServer = createNameServer({ instance, names, containers, network, artifacts, logger });
  const records = createMachineRecords(names);
  const images = createImageStores({ cache: instance.cache, artifacts, containers, names, logger });
  const addresses = createAddressBook(names.addresses, instance.subnet);
  const boot = createMachineBoot({ instance, names, host: facts, containers, network, nameServer, images, artifacts, records });
  const ensureNetwork = async () => {
    await network.ensure();
    await nameServer.ensure();
  };
  const machines = createRuncMachines({ names, containers, addresses, records, boot, ensureNetwork, artifacts, logger });
  const loadBalancers = createLoadBalancers({ names, containers, addresses, network, artifacts, ensureNetwork, logger });

  return {
    instance,
    facts,
    machines,
    loadBalancers,
    ensureNetwork,

    async stopAll(options = {}) {
      const running = (await machines.list()).filter((machine) => machine.state === 'Running');
      await inParallel(running, options, (machine) => machines.suspend(machine.name));
      options.onProgress?.('load balancers and DNS');
      await loadBalancers.stopAll();
      await nameServer.stop();
      return running.length;
    },

    async startAll(options = {}) {
      options.onProgress?.('network, DNS and load balancers');
      await ensureNetwork();
      await loadBalancers.startAll();
      const resumable = await machines.resumable();
      for (const group of startOrder(resumable)) await inParallel(group, options, (machine) => machines.start(machine.name));
      return resumable.length;
    },

    purge: (options) => purge(instance, logger, options),
  };
}

const roleOrder = ['gateway', 'control-plane'];

/** Pure: machines in the order they start by their label `role`: the gateway, control planes, all others. */
export function startOrder(machines: readonly Machine[]): Machine[][] {
  const has = (role: string) => machines.filter((machine) => machine.labels['role'] === role);
  const rest = machines.filter((machine) => !roleOrder.includes(machine.labels['role'] ?? ''));
  return [...roleOrder.map(has), rest];
}

async function inParallel(machines: readonly Machine[], options: HostProgress, act: (machine: Machine) => Promise<unknown>): Promise<void> {
  const waiting = [...machines];
  const worker = async () => {
    for (let machine = waiting.shift(); machine; machine = waiting.shift()) {
      options.signal?.throwIfAborted();
      options.onProgress?.(`machine ${machine.name}`);
      await act(machine);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
