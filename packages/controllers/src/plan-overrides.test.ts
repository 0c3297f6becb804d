import { conflictsIn, movedOverrides } from '@slipway/model';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterObject } from './reads.ts';
import { createWorld, object } from './test-world.ts';

const leaf = fc.constantFrom<unknown>(1, 2, 'x', [1], true);
const key = fc.constantFrom('a', 'b', 'c');
const values = fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 2 })), { maxKeys: 3 });

describe('the plan of a move with overrides', { timeout: 120_000 }, () => {
  it('executed, and planned again, is empty: whatever conflicts there were and however they were decided', async () => {
    const world = await createWorld();
    const { planFor } = world.make();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        values,
        values,
        values,
        fc.infiniteStream(fc.constantFrom('keep' as const, 'take' as const)),
        async (base, theirs, own, choices) => {
          const name = `p${++run}`;
          const version = (number: string, given: object) => ({
            version: number,
            layers: [
              { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
              { name: 'db', type: 'addon', chart: { registry: 'builtin', name: 'db', version: '1.0.0' }, values: given },
            ],
          });
          await world.store.create(object('ClusterProfile', name, { versions: [version('1.0.0', base), version('1.1.0', theirs)] }));
          const overrides = { db: { values: own } };
          await world.store.create(object('Cluster', name, { profile: { name, version: '1.0.0' }, overrides }, 'default'));
          const stored = async () => (await world.store.get({ kind: 'Cluster', project: 'default', name })) as ClusterObject;
          const planOf = async (candidate: ClusterObject) =>
            planFor({ tenant: 'default', project: 'default', cluster: name, candidates: [{ object: candidate, old: await stored() }] });
          const old = await stored();
          const moved: ClusterObject = { ...old, spec: { ...old.spec, profile: { ...old.spec.profile, version: '1.1.0' } } };
          const merges = (await planOf(moved)).overrides ?? [];
          const decisions = Object.fromEntries(conflictsIn(merges).map(({ conflict }) => [conflict.path, choices.next().value]));
          const decided = { ...moved, spec: { ...moved.spec, overrides: movedOverrides(old.spec.overrides, merges, { db: decisions }) } };
          expect(conflictsIn((await planOf(decided)).overrides ?? [])).toEqual([]);
          await world.store.update(decided);
          const again = await planOf(await stored());
          expect(again.actions).toEqual([]);
          expect(again.overrides).toBeUndefined();
        },
      ),
      { numRuns: 40 },
    );
  });
});
