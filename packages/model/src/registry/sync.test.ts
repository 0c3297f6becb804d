import { describe, expect, it } from 'vitest';
import { registrySpecSchema } from './registry.ts';
import { nextSyncAt, registryConditions, syncDueIn, type SyncInput } from './sync.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
const spec = (more: object = {}) => registrySpecSchema.parse({ type: 'helm', url: 'https://charts.example.org', ...more });
const due = (input: Partial<SyncInput>) =>
  syncDueIn({
    spec: spec(),
    status: { conditions: [], lastAttempt: ago(10), observedGeneration: 1 },
    generation: 1,
    requested: undefined,
    now: NOW,
    ...input,
  });

describe('a sync is due', () => {
  it.each([
    ['at once when there was none', { status: undefined }, 0],
    ['after the interval', {}, 50 * 60_000],
    ['when the registry changed', { generation: 2 }, 0],
    ['when somebody asks', { requested: ago(1) }, 0],
    ['not for what was asked before the last attempt', { requested: ago(11) }, 50 * 60_000],
    [
      'not again within seconds, however often somebody asks',
      { requested: ago(0), status: { conditions: [], lastAttempt: ago(0.05), observedGeneration: 1 } },
      7000,
    ],
    ['never while it is paused', { spec: spec({ sync: { paused: true } }) }, undefined],
    ['when somebody asks for one that is paused', { spec: spec({ sync: { paused: true } }), requested: ago(1) }, 0],
    ['30 s after a failure', { status: { conditions: [], lastAttempt: ago(0.25), observedGeneration: 1, failures: 1 } }, 15_000],
    ['late when it was missed', { status: { conditions: [], lastAttempt: ago(600), observedGeneration: 1 } }, 0],
  ] as const)('%s', (_what, input, expected) => {
    expect(due(input as Partial<SyncInput>)).toBe(expected);
  });

  it('ever later after failures, and never later than usual', () => {
    const minutes = [0, 1, 2, 3, 8, 50].map((failures) => (Date.parse(nextSyncAt(spec(), { failures }, NOW)) - NOW) / 60_000);
    expect(minutes).toEqual([60, 0.5, 1, 2, 60, 60]);
  });
});

it('conditions say what happened, and what it means', () => {
  const signed = spec({ type: 'oci', url: 'oci://r.example.org' });
  const required = { ...signed, verify: { policy: 'require', keys: [] } } as never;
  const words = (conditions: ReturnType<typeof registryConditions>) =>
    conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
  const outcome = { ok: true, packs: 2, versions: 3, revision: undefined, remarks: [], moved: [], unsigned: [] } as const;
  expect(words(registryConditions(spec(), outcome))).toEqual(['Ready=True Reachable', 'Synced=True Synced', 'Unchanged=True AsFirstSeen']);
  expect(words(registryConditions(required, { ...outcome, remarks: ['x'], moved: ['web 1.0.0'], unsigned: ['web 1.0.0'] }))).toEqual([
    'Ready=True Reachable',
    'Synced=True SyncedInPart',
    'Unchanged=False VersionsMoved',
    'Verified=False Unsigned',
  ]);
  expect(words(registryConditions(spec(), { ok: false, message: 'no', refused: true }))).toEqual([
    'Ready=False Refused',
    'Synced=False SyncFailed',
  ]);
});
