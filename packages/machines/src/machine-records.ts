import { startTicks } from '@slipway/kit';
import { join } from 'node:path';
import type { MachineSpec } from './driver.ts';
import type { HostNames } from './names.ts';
import { namesIn, readText, writeAtomic } from './trees.ts';

/** What is kept of a machine on disk: `<home>/machines/<name>/machine.json`. What changes by itself (does it run?) is read from the kernel. */
export interface MachineRecord {
  readonly spec: MachineSpec;
  readonly address: string;
  readonly podSubnet?: string;
  /** `Creating` until its first boot is done, `Removing` once it goes: such a machine is not shown, has no routes, and the next `create` begins anew. */
  readonly phase: 'Creating' | 'Ready' | 'Removing';
  readonly desired: 'Running' | 'Stopped';
  /** Stopped with the whole host, to be started again with it. */
  readonly resume?: boolean;
  /** Lower layers of its root, topmost first. */
  readonly layers?: readonly string[];
  readonly startedAt?: string;
  /** The process that starts it right now. */
  readonly starting?: { readonly pid: number; readonly ticks: string };
}

export interface MachineRecords {
  read(name: string): Promise<MachineRecord | undefined>;
  write(record: MachineRecord): Promise<void>;
  all(): Promise<MachineRecord[]>;
}

export function createMachineRecords(names: HostNames): MachineRecords {
  const file = (name: string) => join(names.machine(name), 'machine.json');
  const read = async (name: string) => {
    const text = await readText(file(name));
    return text === undefined ? undefined : (JSON.parse(text) as MachineRecord);
  };
  return {
    read,
    write: (record) => writeAtomic(file(record.spec.name), `${JSON.stringify(record, null, 2)}\n`),
    async all() {
      const records = await Promise.all((await namesIn(names.machines)).map(read));
      return records.filter((record) => record !== undefined);
    },
  };
}

/** Whether a machine is being started by a process that still lives. */
export async function isStarting(record: MachineRecord): Promise<boolean> {
  return record.starting !== undefined && (await startTicks(record.starting.pid)) === record.starting.ticks;
}
