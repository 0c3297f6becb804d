import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterProfileSpec, clusterProfileSpecSchema } from '../cluster-profile/cluster-profile.ts';
import { layerOverridesSchema } from '../cluster/layer-override.ts';
import { mergeValues, type Values } from '../meta/merge-values.ts';
import { conflictCauses, strayCauses } from './causes.ts';
import { conflictsIn } from './conflicts.ts';
import { mergeOverrides, orphansOf, type OverriddenStack, type Overrides } from './merge-stack.ts';
import { movedOverrides } from './move.ts';
import { laidOver } from './standing.ts';

/** A profile whose versions differ in what they give the layer `db`; undefined: there is none. */
function profile(versions: Record<string, Values | undefined>): ClusterProfileSpec {
  return clusterProfileSpecSchema.parse({
    versions: Object.entries(versions).map(([version, values]) => ({
      version,
      layers: [
        { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
        ...(values === undefined ? [] : [{ name: 'db', type: 'addon', chart: { registry: 'r', name: 'db', version: '1.0.0' }, values }]),
      ],
    })),
  });
}

const stackAt = (spec: ClusterProfileSpec, version: string, overrides: unknown, name = 'starter'): OverriddenStack => ({
  profiles: [{ ref: { scope: 'tenant', name, version }, version: spec.versions.find((one) => one.version === version)! }],
  stored: [{ spec }],
  overrides: layerOverridesSchema.parse(overrides),
});

const spec = profile({
  '1.0.0': { replicas: 1, image: { tag: 'a', pull: 'Always' }, old: true, password: 'first' },
  '1.1.0': { replicas: 3, image: { tag: 'b', pull: 'Always' }, password: 'second' },
  '1.2.0': { replicas: 4, image: { tag: 'b', pull: 'Always' }, old: false, password: 'second' },
  '2.0.0': undefined,
});
/** A move as admission sees it. */
const move = (from: string, to: string, was: unknown, override: unknown = was) =>
  mergeOverrides(stackAt(spec, from, was), stackAt(spec, to, override));
const outcomes = (...of: Parameters<typeof move>) =>
  Object.fromEntries(move(...of).flatMap(({ paths }) => paths.map(({ path, outcome }) => [path, outcome])));
const valuesAt = (version: string, overrides: Overrides): Values => {
  const given = spec.versions.find((one) => one.version === version)?.layers.find(({ name }) => name === 'db')?.values ?? {};
  return mergeValues(given, laidOver(overrides['db']!, version));
};

describe('a cluster that gets another version of its profile', () => {
  const override = { db: { values: { replicas: 5, image: { tag: 'b', pull: 'Never' }, own: 1 } } };

  it('is told path by path what becomes of what it wants otherwise', () => {
    expect(outcomes('1.0.0', '1.1.0', override)).toEqual({
      replicas: 'conflict',
      'image.tag': 'same',
      'image.pull': 'stays',
      own: 'stays',
    });
    expect(outcomes('1.0.0', '1.0.0', override), 'nothing is carried over').toEqual({});
  });

  it('is refused with one cause for each conflict, until it is decided for that very version', () => {
    const causes = conflictCauses(move('1.0.0', '1.1.0', { db: { values: { replicas: 5, old: false, image: { tag: 'c' } } } }));
    expect(causes.map(({ field }) => field)).toEqual(['spec.overrides.db.values.image.tag', 'spec.overrides.db.values.replicas']);
    expect(causes[1]?.message).toContain('1.0.0 has 1, 1.1.0 has 3, and this cluster wants 5');
    const decided = (madeFor: string, decisions: object) => ({ db: { ...override.db, madeFor, decisions } });
    expect(outcomes('1.0.0', '1.1.0', override, decided('1.1.0', { replicas: 'keep' }))).toMatchObject({ replicas: 'kept' });
    expect(outcomes('1.0.0', '1.1.0', override, decided('1.1.0', { replicas: 'take' }))).toMatchObject({ replicas: 'taken' });
    expect(outcomes('1.0.0', '1.1.0', override, decided('1.0.0', { replicas: 'keep' }))).toMatchObject({ replicas: 'conflict' });
    expect(outcomes('1.0.0', '1.1.0', override, decided('1.1.0', { other: 'keep' }))).toMatchObject({ replicas: 'conflict' });
  });

  it('compares with the version that the override was made for, not with the last one', () => {
    const old = { db: { values: { old: true } } };
    // What 1.1.0 lacks is there again in 1.2.0, and otherwise than in the version it was written for.
    expect(outcomes('1.1.0', '1.2.0', { db: { ...old.db, madeFor: '1.0.0' } })).toEqual({ old: 'conflict' });
    const same = { db: { values: { password: 'mine' }, madeFor: '1.1.0' } };
    expect(outcomes('1.0.0', '1.2.0', same)).toEqual({ password: 'stays' });
  });

  it('hides what looks like a secret, and says that it is a conflict all the same', () => {
    const [cause] = conflictCauses(move('1.0.0', '1.1.0', { db: { values: { password: 'mine' } } }));
    expect(cause).toMatchObject({ field: 'spec.overrides.db.values.password' });
    expect(cause?.message).toContain('"***"');
    for (const secret of ['first', 'second', 'mine']) expect(cause?.message).not.toContain(`"${secret}"`);
  });

  it('is not asked about an override that is written with the move, nor about one whose profile stays', () => {
    expect(mergeOverrides(stackAt(spec, '1.0.0', {}), stackAt(spec, '1.1.0', override))).toEqual([]);
  });

  it('takes no decision for another profile of the same version number', () => {
    const other = profile({ '1.1.0': { replicas: 9 } });
    const decided = { db: { values: { replicas: 5 }, madeFor: '1.1.0', decisions: { replicas: 'keep' } } };
    const merges = mergeOverrides(stackAt(spec, '1.1.0', decided), stackAt(other, '1.1.0', decided, 'other'));
    expect(conflictsIn(merges).map(({ conflict }) => conflict.path)).toEqual(['replicas']);
  });
});

describe('what the profile has no place for', () => {
  it('is an orphan, and no reason to refuse', () => {
    const override = { db: { values: { old: false, replicas: 1 }, madeFor: '1.0.0' } };
    expect(outcomes('1.0.0', '1.1.0', override)).toMatchObject({ old: 'orphan' });
    expect(orphansOf(stackAt(spec, '1.1.0', override))).toEqual([{ layer: 'db', paths: ['old'] }]);
    expect(orphansOf(stackAt(spec, '1.0.0', override))).toEqual([]);
    const gone = move('1.0.0', '2.0.0', override);
    expect(gone).toMatchObject([{ layer: 'db', gone: true, paths: [{ outcome: 'orphan' }, { outcome: 'orphan' }] }]);
    expect(conflictCauses(gone)).toEqual([]);
    expect(orphansOf(stackAt(spec, '2.0.0', override))).toEqual([{ layer: 'db' }]);
  });

  it('comes back with its layer', () => {
    const override = { db: { values: { replicas: 5 } } };
    expect(outcomes('2.0.0', '1.0.0', override)).toEqual({ replicas: 'stays' });
    expect(outcomes('2.0.0', '1.1.0', { db: { ...override.db, madeFor: '1.0.0' } })).toEqual({ replicas: 'conflict' });
  });

  it('is a slip of the pen when it is new and does not say for which version it is', () => {
    const slip = stackAt(spec, '1.0.0', { bd: { values: { replicas: 5 } } });
    expect(strayCauses(slip, {})).toMatchObject([
      { field: 'spec.overrides.bd', message: 'there is no layer "bd"; there are: kubernetes, db' },
    ]);
    expect(strayCauses(slip, slip.overrides)).toEqual([]);
    expect(strayCauses(stackAt(spec, '1.0.0', { bd: { values: {}, madeFor: '0.9.0' } }), {})).toEqual([]);
  });
});

describe('a cluster that is moved to and fro', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const leaf = fc.constantFrom<unknown>(1, 2, 3, 'x', [1], null);
  const values = fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 2 })), { maxKeys: 3 }) as fc.Arbitrary<Values>;

  it.each(['keep', 'take'] as const)('gives at each version what it gave there before, where it was asked and said %s', (choice) => {
    fc.assert(
      fc.property(values, values, values, values, (base, theirs, third, own) => {
        const profiles = profile({ '1.0.0': base, '1.1.0': theirs, '1.2.0': third });
        const given: Record<string, Values> = { '1.0.0': base, '1.1.0': theirs, '1.2.0': third };
        const seen = new Map<string, string>();
        let overrides: Overrides = layerOverridesSchema.parse({ db: { values: own } });
        let at = '1.0.0';
        const look = () => JSON.stringify(mergeValues(given[at]!, laidOver(overrides['db']!, at)));
        seen.set(at, look());
        for (const to of ['1.1.0', '1.0.0', '1.1.0', '1.2.0', '1.1.0', '1.0.0', '1.2.0']) {
          const merges = mergeOverrides(stackAt(profiles, at, overrides), stackAt(profiles, to, overrides));
          const open = conflictsIn(merges);
          if (seen.has(to)) expect(open, `${at} → ${to} asks nothing`).toEqual([]);
          const decisions = { db: Object.fromEntries(open.map(({ conflict }) => [conflict.path, choice])) };
          const moved = movedOverrides(overrides, merges, decisions);
          // What is written with the move is what admission asks for.
          expect(conflictCauses(mergeOverrides(stackAt(profiles, at, overrides), stackAt(profiles, to, moved)))).toEqual([]);
          expect(moved['db']?.values, 'nothing that was wanted is lost').toEqual(own);
          overrides = layerOverridesSchema.parse(moved);
          at = to;
          const before = seen.get(to);
          if (before === undefined) seen.set(to, look());
          else expect(look(), to).toBe(before);
        }
      }),
    );
  });

  it('asks nothing on the way back of what was decided in Git, before a rollout moved it', () => {
    const decided = layerOverridesSchema.parse({ db: { values: { replicas: 5 }, madeFor: '1.1.0', decisions: { replicas: 'keep' } } });
    const merges = move('1.0.0', '1.1.0', decided);
    expect(conflictsIn(merges)).toEqual([]);
    const moved = movedOverrides(decided, merges);
    expect(conflictsIn(move('1.1.0', '1.0.0', decided)), 'without a word about 1.0.0 it is a change').toHaveLength(1);
    expect(conflictsIn(move('1.1.0', '1.0.0', moved))).toEqual([]);
    expect(moved['db']?.earlier).toEqual([{ madeFor: '1.0.0', decisions: {} }]);
  });

  it('restores the result also where it went through a version without the layer', () => {
    const override = layerOverridesSchema.parse({ db: { values: { replicas: 5, old: false } } });
    const there = movedOverrides(override, move('1.0.0', '2.0.0', override));
    const back = move('2.0.0', '1.0.0', there);
    expect(conflictsIn(back)).toEqual([]);
    expect(valuesAt('1.0.0', movedOverrides(there, back))).toEqual(valuesAt('1.0.0', override));
  });
});
