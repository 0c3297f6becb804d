import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldDiff } from '../meta/diff.ts';
import { maskedDiff } from '../meta/mask.ts';
import type { ClusterSpec } from './cluster.ts';
import { type ChangeRecord, notUndone, revisionsOf, rolledBack } from './revisions.ts';

const spec = (more: object = {}): ClusterSpec =>
  ({
    profile: { scope: 'tenant', name: 'starter', version: '1.0.0' },
    addons: [],
    variables: {},
    secretVariables: {},
    secretVariablesFrom: {},
    overrides: {},
    controlPlane: { replicas: 1, size: {} },
    drift: 'heal',
    paused: false,
    approvals: [],
    ...more,
  }) as unknown as ClusterSpec;

/** What the hub records of a cluster that had these specs, one after the other. */
const recorded = (specs: readonly object[]): ChangeRecord[] =>
  specs.map((after, index) => ({
    seq: index + 1,
    time: `2026-01-0${index + 1}T00:00:00Z`,
    user: { kind: 'user', name: 'ada' },
    verb: index === 0 ? 'create' : 'update',
    object: { resource: 'clusters', uid: 'u' },
    outcome: 'ok',
    changes: index === 0 ? [{ path: '', to: { spec: after } }] : maskedDiff({ spec: specs[index - 1] }, { spec: after }),
  }));

describe('revisions of a cluster', () => {
  const other = {
    overrides: { db: { values: { replicas: 3 }, decisions: {} } },
    addons: [{ scope: 'tenant', name: 'a', version: '1.0.0' }],
  };
  const specs = [
    spec(),
    spec({ drift: 'report' }),
    spec({ ...other, drift: 'report' }),
    spec({ ...other, profile: { scope: 'tenant', name: 'starter', version: '1.1.0' }, approvals: ['approve-1'] }),
  ];

  it('are read back from what it is now by the records of its changes', () => {
    const revisions = revisionsOf('u', specs[3]!, recorded(specs));
    expect(revisions.map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
    expect(revisions.map((one) => one.spec)).toEqual(specs.toReversed());
    expect(revisions[2]?.changes).toEqual([{ path: 'drift', from: 'heal', to: 'report' }]);
    expect(revisions[3]?.changes).toEqual([]);
  });

  it('are those of this cluster, and of what was done', () => {
    const records = recorded(specs);
    const strange: ChangeRecord[] = [
      { ...records[1]!, seq: 10, object: { resource: 'clusters', uid: 'another' } },
      { ...records[1]!, seq: 11, outcome: 'denied' },
      { ...records[1]!, seq: 12, object: { resource: 'clusters', subresource: 'status', uid: 'u' } },
      { ...records[1]!, seq: 13, changes: [{ path: 'metadata.labels.a', to: 'b' }] },
    ];
    expect(revisionsOf('u', specs[3]!, [...strange, ...records])).toHaveLength(4);
  });

  it('end where a record does not fit what it led to', () => {
    const records = recorded(specs).filter(({ seq }) => seq !== 3);
    records.find(({ seq }) => seq === 2)!.changes!.push({ path: 'spec.drift', from: 'heal', to: 'nothing' });
    expect(revisionsOf('u', specs[3]!, records).map(({ seq }) => seq)).toEqual([4, 2]);
  });

  it('say what was secret, and leave it as it is now', () => {
    const before = spec({ overrides: { db: { values: { password: 'old', replicas: 1 }, decisions: {} } } });
    const after = spec({ overrides: { db: { values: { password: 'new', replicas: 2 }, decisions: {} } } });
    const first = revisionsOf('u', after, recorded([before, after]))[1];
    expect(first?.hidden).toEqual(['overrides.db.values.password']);
    expect(first?.spec.overrides['db']?.values).toEqual({ password: 'new', replicas: 1 });
    expect(notUndone(after, first!).at(-1)).toContain('overrides.db.values.password');
  });

  it('are exact for lists and maps of any kind', () => {
    const variables = fc.dictionary(fc.constantFrom('a', 'b', 'c.d'), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }), {
      maxKeys: 3,
    });
    fc.assert(
      fc.property(fc.array(variables, { minLength: 1, maxLength: 5 }), (all) => {
        const history = all
          .map((one) => spec({ variables: one }))
          .filter((one, index, list) => index === 0 || fieldDiff(list[index - 1], one).length > 0);
        expect(revisionsOf('u', history.at(-1)!, recorded(history)).map((one) => one.spec)).toEqual(history.toReversed());
      }),
    );
  });
});

describe('a rollback', () => {
  const then = spec({ overrides: { db: { values: { replicas: 3 }, decisions: {} } } });

  it('restores what the cluster is made of, and neither what was approved nor whether it is paused', () => {
    const now = spec({ profile: { ...then.profile, version: '1.1.0' }, drift: 'report', paused: true, approvals: ['approve-1'] });
    expect(rolledBack(now, { spec: then })).toEqual({ ...then, paused: true, approvals: ['approve-1'] });
  });

  it('leaves the template that would take it on again, and only then', () => {
    const template = { name: 'fleet' };
    const moved = spec({ profile: { ...then.profile, version: '1.1.0' }, template });
    expect(rolledBack(moved, { spec: then })).not.toHaveProperty('template');
    expect(rolledBack(spec({ drift: 'report', template }), { spec: then })).toMatchObject({ template, drift: 'heal' });
  });

  it('keeps what an override remembers of other versions where its values are the same', () => {
    const kept = {
      values: { replicas: 3 },
      decisions: { replicas: 'keep' },
      madeFor: '1.1.0',
      earlier: [{ madeFor: '1.0.0', decisions: {} }],
    };
    expect(rolledBack(spec({ overrides: { db: kept } }), { spec: then }).overrides['db']).toEqual(kept);
    expect(rolledBack(spec({ overrides: { db: { ...kept, values: { replicas: 4 } } } }), { spec: then }).overrides['db']).toEqual(
      then.overrides['db'],
    );
  });
});
