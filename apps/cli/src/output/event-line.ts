import type { ApiObject } from '@slipway/model';
import type { Event } from '../hub/objects.ts';
import type { Io } from './io.ts';
import { age } from './table.ts';

/** Events of a cluster: its own, its pools' and its machines'. Without a cluster: all. */
export function regards(
  cluster: string | undefined,
  pools: readonly string[],
): ((event: ApiObject) => boolean) & { timeOf(event: ApiObject): string } {
  const matches = (event: ApiObject) => {
    if (cluster === undefined) return true;
    const { kind, name } = (event as Event).spec.regarding;
    if (kind === 'Cluster') return name === cluster;
    if (kind === 'MachinePool') return pools.includes(name);
    return kind === 'Machine' && name.startsWith(`${cluster}-`);
  };
  return Object.assign(matches, { timeOf: (event: ApiObject) => (event as Event).spec.lastTimestamp });
}

export function eventLine(io: Io, event: ApiObject, now: number): string {
  const { spec } = event as Event;
  const type = spec.type === 'Warning' ? io.paint('yellow', 'Warning', 'stdout') : spec.type.padEnd(7);
  const count = spec.count > 1 ? ` (×${spec.count})` : '';
  return `${age(spec.lastTimestamp, now).padStart(6)}  ${type}  ${spec.reason.padEnd(24)}  ${`${spec.regarding.kind.toLowerCase()}/${spec.regarding.name}`.padEnd(24)}  ${spec.message}${count}`;
}
