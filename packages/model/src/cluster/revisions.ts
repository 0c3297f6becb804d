import type { AuditBody } from '../audit/audit-record.ts';
import { deepEqual, type FieldDiff, isRecord } from '../meta/diff.ts';
import { type PathStep, splitPath, valueAt, withoutValueAt, withValueAt } from '../meta/value-path.ts';
import type { ClusterSpec } from './cluster.ts';

/** What the audit chain says of one change. */
export type ChangeRecord = Pick<AuditBody, 'time' | 'user' | 'verb' | 'object' | 'outcome' | 'changes'> & { readonly seq: number };

/** A cluster's spec as it was after one change, until the next. */
export interface Revision {
  /** Of its record in the audit chain. */
  readonly seq: number;
  readonly time: string;
  readonly user: string;
  /** What that change changed; empty for the one that made the cluster. */
  readonly changes: readonly FieldDiff[];
  readonly spec: ClusterSpec;
  /** Paths that were secret in the record: what stood there is not known, and stands here as it is now. */
  readonly hidden: readonly string[];
}

/**
 * The revisions of a cluster, newest first, read back from what it is now by the records of its changes. Records that do not fit what they are said to have led to end it: what
 * was before is not known then.
 */
export function revisionsOf(uid: string, now: ClusterSpec, records: readonly ChangeRecord[]): Revision[] {
  const revisions: Revision[] = [];
  let spec: ClusterSpec = now;
  let hidden: readonly string[] = [];
  for (const record of records.toSorted((a, b) => b.seq - a.seq)) {
    if (record.object?.uid !== uid || record.outcome !== 'ok' || record.object.subresource !== undefined) continue;
    const changes = specChanges(record.changes ?? []);
    if (record.verb === 'create') return [...revisions, revisionOf(record, { changes: [], spec, hidden })];
    if (changes.length === 0) continue;
    revisions.push(revisionOf(record, { changes, spec, hidden }));
    const known = changes.filter((change) => !isHidden(change));
    if (known.some(({ path, to }) => !deepEqual(valueAt(spec, splitPath(path) ?? []), to))) return revisions;
    hidden = [...new Set([...hidden, ...changes.filter(isHidden).map(({ path }) => path)])];
    spec = undone(spec, known);
  }
  return revisions;
}

const revisionOf = ({ seq, time, user }: ChangeRecord, of: Pick<Revision, 'changes' | 'spec' | 'hidden'>): Revision => ({
  seq,
  time,
  user: user.name,
  ...of,
});

const SPEC = 'spec.';

const specChanges = (changes: NonNullable<AuditBody['changes']>): FieldDiff[] =>
  changes.flatMap(({ path, ...sides }) => {
    if (path === 'spec') return [{ path: 'secretVariables', ...sides }];
    return path.startsWith(SPEC) ? [{ path: path.slice(SPEC.length), ...sides }] : [];
  });

/** A mask somewhere in it: what it was is not known. */
const isHidden = ({ from, to }: FieldDiff): boolean => JSON.stringify([from, to]).includes('***');

/** Back from a change: what was added goes, last items of lists first; what was there comes back, first items first. */
function undone(spec: ClusterSpec, changes: readonly FieldDiff[]): ClusterSpec {
  const added = changes.filter(({ from }) => from === undefined).toReversed();
  const others = changes.filter(({ from }) => from !== undefined);
  const without = added.reduce<unknown>((value, { path }) => withoutValueAt(value, splitPath(path) ?? []), spec);
  return others.reduce<unknown>((value, { path, from }) => placed(value, splitPath(path) ?? [], from), without) as ClusterSpec;
}

/** With the value there; behind the end of a list it is added. */
function placed(value: unknown, steps: readonly PathStep[], content: unknown): unknown {
  const list = steps.slice(0, -1);
  const above = valueAt(value, list);
  const last = steps.at(-1);
  return Array.isArray(above) && last === above.length ? withValueAt(value, list, [...above, content]) : withValueAt(value, steps, content);
}

/** What a rollback restores. What was approved or paused, or cannot be changed, is no part of what the cluster is made of. */
const RESTORED = [
  'profile',
  'addons',
  'variables',
  'secretVariablesFrom',
  'overrides',
  'controlPlane',
  'maintenancePolicy',
  'drift',
  'driftIgnored',
] as const satisfies readonly (keyof ClusterSpec)[];

/**
 * The cluster's spec taken back to a revision. When that takes it to another version, it follows its template no longer: that would take it on again. Overrides whose values are
 * the same keep what they remember of other versions.
 */
export function rolledBack(now: ClusterSpec, { spec: then }: Pick<Revision, 'spec'>): ClusterSpec {
  const { template, ...rest } = now;
  const restored = Object.fromEntries(
    Object.entries(rest).filter(([field]) => !(RESTORED as readonly string[]).includes(field)),
  ) as unknown as ClusterSpec;
  const fields = Object.fromEntries(RESTORED.flatMap((field) => (then[field] === undefined ? [] : [[field, then[field]]])));
  const overrides = Object.fromEntries(
    Object.entries(then.overrides).map(([layer, override]) => {
      const kept = Object.hasOwn(now.overrides, layer) ? now.overrides[layer] : undefined;
      return [layer, kept !== undefined && deepEqual(kept.values, override.values) ? kept : override];
    }),
  );
  const back = { ...restored, ...fields, overrides };
  return leavesTemplate(now, then) || template === undefined ? back : { ...back, template };
}

/** Whether going back stops what would take the cluster on by itself. */
export const leavesTemplate = (now: ClusterSpec, then: Pick<ClusterSpec, 'profile' | 'addons'>): boolean =>
  now.template !== undefined && !(deepEqual(now.profile, then.profile) && deepEqual(now.addons, then.addons));

/** What a rollback to a revision leaves as it is, or does not bring back, as sentences. */
export function notUndone(now: ClusterSpec, { hidden }: Pick<Revision, 'hidden'>): string[] {
  return [
    'Data: what applications wrote or converted since stays as it is, and what was lost stays lost.',
    'Machine pools: each is an object of its own; their number of machines stays as it is now.',
    ...(isRecord(now.secretVariables) && Object.keys(now.secretVariables).length > 0
      ? ['Values of secret variables: they are never read back, and stay as they are now.']
      : []),
    ...(hidden.length > 0 ? [`What was recorded as secret stays as it is now: ${hidden.join(', ')}.`] : []),
  ];
}
