import type { HubEvent } from '../../hub/objects.ts';
import type { AuditRow } from '../audit/records.ts';
import type { ActivitySearch } from './activity-search.ts';

/** Something that happened to an object: told by a controller, or done by somebody. */
export interface Happening {
  readonly id: string;
  readonly time: string;
  readonly warning: boolean;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly about: { readonly kind: string; readonly name: string; readonly namespace?: string | undefined };
}

export function ofEvent({ metadata, spec }: HubEvent): Happening {
  const { kind, name } = spec.regarding;
  return {
    id: metadata.uid,
    time: spec.lastTimestamp,
    warning: spec.type === 'Warning',
    reason: spec.reason,
    message: spec.message,
    count: spec.count,
    about: { kind, name, namespace: metadata.namespace },
  };
}

const DONE: Readonly<Record<string, string>> = { create: 'Created', update: 'Changed', patch: 'Changed', delete: 'Deleted' };

/** What of the audit is a change of an object; undefined for what is not: signing in, reading, opening a shell. */
export function ofRecord(row: AuditRow, kindOf: (plural: string) => string): Happening | undefined {
  const { object, verb } = row;
  const reason = DONE[verb];
  if (reason === undefined || object?.name === undefined) return undefined;
  const what = object.subresource === undefined ? '' : ` (${object.subresource})`;
  return {
    id: String(row.seq),
    time: row.time,
    warning: row.outcome !== 'ok',
    reason: row.outcome === 'ok' ? reason : 'Refused',
    message: `${reason}${what} by ${row.user.name}`,
    count: 1,
    about: { kind: kindOf(object.resource), name: object.name, namespace: object.project },
  };
}

/** What is looked for, the last first. */
export function shownOf(all: readonly Happening[], { type, kind, q = '' }: ActivitySearch, after: number): Happening[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter(({ time, warning, reason, message, about }) => {
      if (Date.parse(time) < after || (type === 'Warning' && !warning) || (kind !== undefined && about.kind !== kind)) return false;
      const text = `${reason} ${message} ${about.kind} ${about.name} ${about.namespace ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .toSorted((a, b) => b.time.localeCompare(a.time));
}

export interface Bar {
  readonly from: number;
  readonly normal: number;
  readonly warnings: number;
}

/** How many there were in each of so many equal parts of a time. */
export function barsOf(shown: readonly Happening[], from: number, to: number, parts: number): Bar[] {
  const width = (to - from) / parts;
  const bars = Array.from({ length: parts }, (_none, index) => ({ from: from + index * width, normal: 0, warnings: 0 }));
  for (const { time, warning } of shown) {
    const bar = bars[Math.min(parts - 1, Math.floor((Date.parse(time) - from) / width))];
    if (bar === undefined) continue;
    if (warning) bar.warnings += 1;
    else bar.normal += 1;
  }
  return bars;
}
