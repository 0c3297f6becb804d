import { mkdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex, SlipwayError, waitFor } from '@slipway/kit';
import { run } from './programs.ts';
import type { Containers } from './containers.ts';
import type { HostInstance, MachineArtifacts } from './driver.ts';
import type { NameServer } from './dns.ts';
import type { HostFacts } from './host-facts.ts';
import type { ImageStores } from './image-store.ts';
import { machineLayers } from './layers.ts';
import { withLock } from './lock.ts';
import { machineFiles } from './machine-files.ts';
import type { MachineRecord, MachineRecords } from './machine-records.ts';
import { mountsBelow, unmountBelow } from './mounts.ts';
import type { HostNames } from './names.ts';
import type { Network } from './network.ts';
import type { BindMount } from './oci-spec.ts';
import { namesIn, readText, removeTree } from './trees.ts';

/** The steps of a machine's life, each repeatable. */
export interface MachineBoot {
  /** Its disk: upper layer with its files, image store, data directories. What a killed attempt left is removed first. */
  prepare(record: MachineRecord, signal?: AbortSignal): Promise<void>;
  /** The image store that machines of a version start with; undefined when they start without images. Made when it is not there. */
  imageStore(version: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Root, network, container; resolves when containerd answers inside. Returns the layers used. */
  start(record: MachineRecord, signal?: AbortSignal): Promise<readonly string[]>;
  /** Its name and routes to and from its peers. */
  connect(record: MachineRecord): Promise<void>;
  disconnect(name: string, peerGroup: string | undefined): Promise<void>;
  /** Processes, root mount, network: all that a stopped machine has not. */
  clear(record: Pick<MachineRecord, 'spec'> & Partial<Pick<MachineRecord, 'address'>>): Promise<void>;
}

export interface MachineBootDeps {
  readonly instance: HostInstance;
  readonly names: HostNames;
  readonly host: HostFacts;
  readonly containers: Containers;
  readonly network: Network;
  readonly nameServer: NameServer;
  readonly images: ImageStores;
  readonly artifacts: MachineArtifacts;
  readonly records: MachineRecords;
}

/** On the host's disk and not on the overlay: overlay on overlay is refused (containerd) and a database wants the real thing (etcd). */
const dataDirectories = [
  { name: 'containerd', target: '/var/lib/containerd' },
  { name: 'kubelet', target: '/var/lib/kubelet' },
  { name: 'etcd', target: '/var/lib/etcd' },
];

const readyTimeoutMs = 120_000;

export function createMachineBoot(deps: MachineBootDeps): MachineBoot {
  const { names, instance } = deps;

  async function writeOwnFiles(record: MachineRecord, upper: string): Promise<void> {
    const { spec } = record;
    const images = spec.kubernetesVersion === undefined ? [] : await deps.artifacts.images(spec.kubernetesVersion);
    const files = machineFiles(
      {
        spec,
        address: record.address,
        podSubnet: record.podSubnet,
        hostAddress: names.hostAddress,
        dnsAddress: names.dnsAddress,
        pauseImage: images.flatMap((image) => image.names).find((name) => /\/pause:/.test(name)),
      },
      deps.host,
    );
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(upper, path)), { recursive: true, mode: 0o755 });
      await writeFile(join(upper, path), content, { mode: 0o644 });
    }
  }

  /** The layers the machine was made with while the cache has them: an overlay's lower side must not change below its upper one. */
  async function layersOf(record: MachineRecord): Promise<readonly string[]> {
    const kept = record.layers ?? [];
    const there = await Promise.all(
      kept.map((path) =>
        stat(path).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (kept.length > 0 && there.every(Boolean)) return kept;
    return machineLayers(instance.cache, deps.artifacts, record.spec.kubernetesVersion);
  }

  /** One at a time per group: of two that run together, the one that looked earlier must not have the last word. */
  async function refreshRoutes(peerGroup: string | undefined): Promise<void> {
    if (peerGroup === undefined) return;
    await withLock(join(names.locks, `_routes_${sha256Hex(peerGroup).slice(0, 16)}`), {}, async () => {
      const members = (await deps.records.all()).filter((record) => record.spec.peerGroup === peerGroup && record.phase === 'Ready');
      await Promise.all(members.map((member) => setRoutes(member, members)));
    });
  }

  async function setRoutes(member: MachineRecord, members: readonly MachineRecord[]): Promise<void> {
    const { name } = member.spec;
    // A stopped member has no network; it gets its routes when it starts.
    if ((await deps.containers.pid(name)) === undefined) return;
    const peers = members.flatMap((peer) =>
      peer !== member && peer.podSubnet !== undefined ? [{ subnet: peer.podSubnet, via: peer.address }] : [],
    );
    try {
      await deps.network.setPeerRoutes(name, peers);
    } catch (error) {
      if ((await deps.containers.pid(name)) !== undefined) throw error;
    }
  }

  async function waitUntilReady(name: string, directory: string, signal: AbortSignal | undefined): Promise<void> {
    const outcome = await waitFor(
      async () => {
        if ((await readText(join(directory, 'log', 'ready'))) !== undefined) return 'ready';
        return (await deps.containers.pid(name)) === undefined ? 'ended' : undefined;
      },
      { what: `containerd in machine ${name}`, timeoutMs: readyTimeoutMs, intervalMs: 15, ...(signal && { signal }) },
    ).catch((error: unknown) => {
      if (error instanceof SlipwayError && error.code === 'Timeout') return 'slow';
      throw error;
    });
    if (outcome === 'ready') return;
    const said = ((await readText(join(directory, 'log', 'console.log'))) ?? '').trim().split('\n').slice(-5).join('\n');
    if (outcome === 'slow') {
      throw new SlipwayError(
        'Timeout',
        `containerd in machine "${name}" was not ready after ${readyTimeoutMs / 1000} s. Its console says: ${said}`,
        {
          hint: `Read ${join(directory, 'log', 'containerd.log')}.`,
        },
      );
    }
    throw new SlipwayError(
      'Internal',
      `The machine "${name}" ended while it started: ${said || `exit status ${await deps.containers.exitStatus(name)}`}`,
    );
  }

  return {
    async prepare(record, signal) {
      const directory = names.machine(record.spec.name);
      for (const name of await namesIn(directory)) if (name !== 'machine.json') await removeTree(join(directory, name));
      const upper = join(directory, 'upper');
      for (const path of [upper, join(directory, 'work'), join(directory, 'log')]) await mkdir(path, { recursive: true, mode: 0o755 });
      await writeOwnFiles(record, upper);
      // The caller's umask must not close /etc to what runs inside.
      await run('chmod', ['-R', 'a+rX', upper]);
      const version = record.spec.kubernetesVersion;
      const store = version === undefined ? undefined : await this.imageStore(version, signal);
      const data = join(directory, 'data');
      await mkdir(data, { recursive: true, mode: 0o711 });
      if (store !== undefined) await deps.images.clone(store, join(data, 'containerd'));
      for (const { name } of dataDirectories) await mkdir(join(data, name), { recursive: true, mode: 0o711 });
    },

    async imageStore(version, signal) {
      const images = await deps.artifacts.images(version);
      return images.length === 0 ? undefined : deps.images.template(images, signal);
    },

    async start(record, signal) {
      const { name } = record.spec;
      const directory = names.machine(name);
      await this.clear(record);
      const layers = await layersOf(record);
      await rm(join(directory, 'log', 'ready'), { force: true });
      await truncate(join(directory, 'log', 'console.log')).catch(() => undefined);
      const [root] = await Promise.all([mountRoot(directory, layers), deps.network.attach(name, record.address)]);
      const binds: BindMount[] = [
        ...dataDirectories.map((data) => ({ source: join(directory, 'data', data.name), target: data.target })),
        { source: join(directory, 'log'), target: '/var/log/slipway' },
      ];
      if (await stat('/lib/modules').catch(() => undefined)) binds.push({ source: '/lib/modules', target: '/lib/modules', readonly: true });
      await deps.containers.launch(name, {
        kind: 'machine',
        hostname: name,
        rootPath: root,
        rootReadonly: false,
        args: ['tini', '--', '/usr/local/lib/slipway/init.sh'],
        netnsPath: names.netnsPath(name),
        binds,
        sysctl: { 'net.ipv4.ip_forward': '1' },
        ...(record.spec.cpu !== undefined && { cpu: record.spec.cpu }),
        ...(record.spec.memoryMiB !== undefined && { memoryMiB: record.spec.memoryMiB }),
      });
      await waitUntilReady(name, directory, signal);
      return layers;
    },

    async connect(record) {
      await deps.nameServer.set(record.spec.name, record.address);
      await refreshRoutes(record.spec.peerGroup);
    },

    async disconnect(name, peerGroup) {
      await deps.nameServer.unset(name);
      await refreshRoutes(peerGroup);
    },

    async clear(record) {
      const { name } = record.spec;
      await deps.containers.end(name, 0);
      if ((await mountsBelow(names.machine(name))).length > 0) await unmountBelow(names.machine(name));
      await deps.network.detach(name, record.address);
    },
  };
}

async function mountRoot(directory: string, layers: readonly string[]): Promise<string> {
  const root = join(directory, 'root');
  await mkdir(root, { recursive: true });
  const options = `lowerdir=${layers.join(':')},upperdir=${join(directory, 'upper')},workdir=${join(directory, 'work')}`;
  // Private: pivot_root refuses a shared root, and the host's other namespaces need not see it.
  await run('mount', ['--make-private', '-t', 'overlay', '-o', options, 'overlay', root]);
  return root;
}
