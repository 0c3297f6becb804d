import { join } from 'node:path';
import { startTicks, sleep, SlipwayError, type Logger } from '@slipway/kit';
import type { Containers } from './containers.ts';
import type { ExecOptions, Machine, MachineArtifacts, MachineDriver, MachineSpec } from './driver.ts';
import { pickPodSubnet, type AddressBook } from './addresses.ts';
import { importMissing } from './image-import.ts';
import { withLock } from './lock.ts';
import type { MachineBoot } from './machine-boot.ts';
import { isStarting, type MachineRecord, type MachineRecords } from './machine-records.ts';
import type { HostNames } from './names.ts';
import { namesIn, readText, removeTree } from './trees.ts';
import { mkdir } from 'node:fs/promises';

export interface RuncMachinesDeps {
  readonly names: HostNames;
  readonly containers: Containers;
  readonly addresses: AddressBook;
  readonly records: MachineRecords;
  readonly boot: MachineBoot;
  /** Brings up what machines need of the host: bridge, NAT, DNS. */
  readonly ensureNetwork: () => Promise<void>;
  readonly artifacts: Pick<MachineArtifacts, 'kubernetesImages'>;
  readonly logger: Logger;
}

/** How often `watch` looks at the machines: a few file reads each. A crash is told within this time. */
const watchIntervalMs = 400;
const defaultGraceMs = 15_000;

/** Driver plus what stopping and starting a whole host needs. */
export interface RuncMachines extends MachineDriver {
  /** Stops a machine and notes that `resumable` should list it. */
  suspend(name: string): Promise<void>;
  /** Machines to start with the host: those it was suspended with, and those a reboot of the host has ended. */
  resumable(): Promise<Machine[]>;
}

/** Machines as runc containers on this Linux host. State is on disk and in the kernel, none in this process: any number of processes may use it side by side. */
export function createRuncMachines(deps: RuncMachinesDeps): RuncMachines {
  const { names, containers, records } = deps;
  const locked = <T>(name: string, work: () => Promise<T>, signal?: AbortSignal) =>
    withLock(join(names.locks, checkedName(name)), { signal }, work);

  async function view(record: MachineRecord): Promise<Machine> {
    const pid = await containers.pid(record.spec.name);
    const state = pid !== undefined ? 'Running' : record.desired === 'Stopped' ? 'Stopped' : 'Crashed';
    return {
      name: record.spec.name,
      labels: record.spec.labels,
      spec: record.spec,
      state,
      address: record.address,
      ...(record.podSubnet !== undefined && { podSubnet: record.podSubnet }),
      ...(pid !== undefined && { pid }),
      ...(record.startedAt !== undefined && { startedAt: record.startedAt }),
      ...(state === 'Crashed' && { reason: await crashReason(record) }),
    };
  }

  async function crashReason(record: MachineRecord): Promise<string> {
    const name = record.spec.name;
    if (record.starting) return 'Its start was interrupted.';
    const status = await containers.exitStatus(name);
    const lines = await consoleTail(name, 5);
    const how =
      status === undefined
        ? 'Its init is gone and left no exit status (the host was restarted, or its keeper was killed)'
        : `Its init ended with ${exitWords(status)}`;
    return lines ? `${how}. Last lines of its console:\n${lines}` : `${how}.`;
  }

  const consoleTail = async (name: string, lines: number) =>
    ((await readText(join(names.machine(name), 'log', 'console.log'))) ?? '').trimEnd().split('\n').slice(-lines).join('\n');

  async function find(name: string): Promise<MachineRecord> {
    const record = await records.read(checkedName(name));
    if (record?.phase === 'Ready') return record;
    throw new SlipwayError('NotFound', `There is no machine "${name}" on this host.`);
  }

  /** Address and pod subnet, reserved before anything is made: a repeat finds the same ones. */
  const reserve = (spec: MachineSpec) =>
    withLock(join(names.locks, '_addresses'), {}, async () => {
      await mkdir(names.machine(spec.name), { recursive: true, mode: 0o711 });
      const address = await deps.addresses.claim(spec.name, 'machines');
      const kept = await records.read(spec.name);
      const others = (await records.all()).filter((other) => other.spec.peerGroup === spec.peerGroup && other.spec.name !== spec.name);
      const taken = others.flatMap((other) => (other.podSubnet === undefined ? [] : [other.podSubnet]));
      const podSubnet = spec.podCidr === undefined ? undefined : (kept?.podSubnet ?? pickPodSubnet(spec.podCidr, address, taken));
      const record: MachineRecord = { spec, address, phase: 'Creating', desired: 'Running', ...(podSubnet !== undefined && { podSubnet }) };
      await records.write(record);
      return record;
    });

  async function boot(record: MachineRecord, signal?: AbortSignal): Promise<Machine> {
    await deps.ensureNetwork();
    const starting = { pid: process.pid, ticks: (await startTicks(process.pid)) ?? '' };
    await records.write({ ...record, desired: 'Running', starting });
    const layers = await deps.boot.start(record, signal);
    const { starting: _started, resume: _resumed, ...rest } = record;
    const ready: MachineRecord = { ...rest, phase: 'Ready', desired: 'Running', layers, startedAt: new Date().toISOString() };
    await records.write(ready);
    await deps.boot.connect(ready);
    return view(ready);
  }

  const halt = (name: string, graceMs: number, resume: boolean) =>
    locked(name, async () => {
      const record = await find(name);
      // First what is wanted, then the deed: a watcher never sees a crash in between.
      await records.write({ ...record, desired: 'Stopped', resume });
      await containers.end(name, graceMs);
      await deps.boot.clear(record);
    });

  return {
    async create(spec, signal) {
      checkSpec(spec);
      return locked(
        spec.name,
        async () => {
          const kept = await records.read(spec.name);
          if (kept?.phase === 'Ready') return view(kept);
          const started = performance.now();
          const record = await reserve(spec);
          await deps.boot.clear(record);
          await deps.boot.prepare(record, signal);
          const machine = await boot(record, signal);
          deps.logger.info(
            { machine: spec.name, address: machine.address, ms: Math.round(performance.now() - started) },
            'machine created',
          );
          return machine;
        },
        signal,
      );
    },

    async prepare(version, signal) {
      await deps.boot.imageStore(version, signal);
    },

    async get(name) {
      const record = await records.read(checkedName(name));
      return record?.phase === 'Ready' ? view(record) : undefined;
    },

    async list(labels = {}) {
      const wanted = Object.entries(labels);
      const ready = (await records.all()).filter(
        (record) => record.phase === 'Ready' && wanted.every(([key, value]) => record.spec.labels[key] === value),
      );
      return Promise.all(ready.map(view));
    },

    start: (name) =>
      locked(name, async () => {
        const record = await find(name);
        if ((await containers.pid(name)) !== undefined && !record.starting) return view(record);
        return boot(record);
      }),

    stop: (name, graceMs = defaultGraceMs) => halt(name, graceMs, false),
    suspend: (name) => halt(name, defaultGraceMs, true),

    async resumable() {
      const ready = (await records.all()).filter((record) => record.phase === 'Ready');
      const found = await Promise.all(
        ready.map(async (record) => {
          const name = record.spec.name;
          if ((await containers.pid(name)) !== undefined) return undefined;
          // One that ended while the host ran stays down: whoever repairs machines decides about it.
          const rebooted = record.desired === 'Running' && (await containers.exitStatus(name)) === undefined;
          return record.resume || rebooted ? view(record) : undefined;
        }),
      );
      return found.filter((machine) => machine !== undefined);
    },

    remove: (name) =>
      locked(name, async () => {
        const record = await records.read(name);
        if (record) await records.write({ ...record, desired: 'Stopped', phase: 'Removing' });
        else if (!(await namesIn(names.machines)).includes(name)) return;
        const started = performance.now();
        await containers.end(name, 0);
        await deps.boot.clear(record ?? { spec: { name, labels: {} } });
        await deps.boot.disconnect(name, record?.spec.peerGroup);
        // The address goes last but one: with the record gone nobody could tell whose it was.
        await deps.addresses.release(name);
        await removeTree(names.containerDirectory(name));
        await removeTree(names.machine(name));
        deps.logger.info({ machine: name, ms: Math.round(performance.now() - started) }, 'machine removed');
      }),

    async exec(name, command, options?: ExecOptions) {
      await find(name);
      return containers.exec(name, command, options);
    },

    async writeFile(name, path, content, mode = 0o644) {
      await find(name);
      const script = 'mkdir -p "$(dirname "$1")" && umask 077 && cat >"$1.slipway" && chmod "$2" "$1.slipway" && mv -f "$1.slipway" "$1"';
      const result = await containers.exec(name, ['sh', '-c', script, 'write', path, mode.toString(8)], { stdin: content });
      if (result.code !== 0)
        throw new SlipwayError('Internal', `${path} could not be written in machine "${name}": ${result.stderr.trim()}`);
    },

    async readFile(name, path) {
      await find(name);
      const result = await containers.exec(name, ['base64', '-w0', path]);
      if (result.code !== 0) throw new SlipwayError('NotFound', `${path} could not be read in machine "${name}": ${result.stderr.trim()}`);
      return Buffer.from(result.stdout, 'base64');
    },

    async watch(onChange, signal) {
      let seen: Map<string, string> | undefined;
      while (!signal.aborted) {
        const machines = await Promise.all(
          (await records.all())
            .filter((record) => record.phase === 'Ready')
            .map(async (record) => ((await isStarting(record)) ? undefined : view(record))),
        );
        const now = new Map(seen);
        for (const machine of machines) {
          if (!machine) continue;
          const state = `${machine.state} ${machine.pid ?? ''}`;
          if (seen && seen.get(machine.name) !== state) onChange(machine);
          now.set(machine.name, state);
        }
        seen = now;
        await sleep(watchIntervalMs, signal).catch(() => undefined);
      }
    },

    async importImages(name, images, signal) {
      await find(name);
      const wanted = typeof images === 'string' ? await deps.artifacts.kubernetesImages(images) : images;
      await withLock(join(names.locks, `_images_${checkedName(name)}`), { signal }, () =>
        importMissing({
          container: name,
          images: wanted,
          work: join(names.run, 'import', name),
          runcRoot: names.runcRoot,
          containers,
          logger: deps.logger,
          ...(signal && { signal }),
        }),
      );
    },

    async console(name, lines = 50) {
      await find(name);
      return consoleTail(name, lines);
    },
  };
}

/** Pure: an exit status as a person says it. */
export function exitWords(status: number): string {
  return status > 128 ? `signal ${status - 128} (exit status ${status})` : `exit status ${status}`;
}

function checkedName(name: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new SlipwayError('Invalid', `"${name}" cannot name a machine: use at most 63 lower-case letters, digits and dashes.`);
}

function checkSpec(spec: MachineSpec): void {
  checkedName(spec.name);
  if (spec.cpu !== undefined && !(spec.cpu >= 0.05)) throw new SlipwayError('Invalid', `Machine "${spec.name}" needs at least 0.05 cores.`);
  if (spec.memoryMiB !== undefined && !(spec.memoryMiB >= 64))
    throw new SlipwayError('Invalid', `Machine "${spec.name}" needs at least 64 MiB of memory.`);
}
