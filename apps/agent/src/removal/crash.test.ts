import { randomInt } from 'node:crypto';
import { sleep } from '@slipway/kit';
import type { PlanLayer, Tombstone } from '@slipway/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configMap, createEngineHarness, deployment, type EngineHarness } from '../testing/engine-harness.ts';

let h: EngineHarness;
beforeAll(async () => {
  h = await createEngineHarness();
}, 60_000);
afterAll(() => h?.stop());

/** Agents that die after a while, one after the other, all with the same plan. */
async function dieOften(times: number, layers: PlanLayer[], stones: Tombstone[]): Promise<void> {
  for (let n = 0; n < times; n++) {
    h.startEngine();
    // The moment of death is what is tried here; wherever it falls, the end must be the same.
    const died = sleep(randomInt(5, 400));
    await h.enforce(layers, stones);
    await died;
    await h.stopEngine();
  }
}

test('agents that die at any moment of an installation and of a removal leave the same as one that lives', async () => {
  const ns = await h.nextNamespace();
  const home = `${ns}-home`;
  const inHome = (name: string) => ({ ...configMap(name), metadata: { name, namespace: home } });
  await h.kube.create({ ...configMap('old', { by: 'somebody' }), metadata: { name: 'old', namespace: ns } });
  const many = Array.from({ length: 60 }, (_, index) => configMap(`cm-${index}`));
  const layer = h.manifests('app', [configMap('old'), ...many, deployment('web'), inHome('inside')], { namespace: ns, drift: 'report' });
  await dieOften(8, [layer], []);
  h.startEngine();
  await h.enforce([layer]);
  await h.ready('app');
  await h.stopEngine();

  await h.kube.create(inHome('theirs'));
  const stone = h.stone('app');
  await dieOften(8, [], [stone]);
  h.startEngine();
  await h.enforce([], [stone]);
  await h.removed(stone);
  expect(h.kept('app')).toEqual([
    `ConfigMap ${ns}/old: was there before the layer`,
    `Namespace ${home}: holds what the layer did not make: ConfigMap theirs`,
  ]);
  const left = await h.kube.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: ns });
  expect(left.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt')).toEqual(['old']);
  expect(await h.kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: home, name: 'inside' })).toBeUndefined();
  expect(
    await h.kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'slipway-system', name: `slipway-layer-${layer.name}` }),
  ).toBeUndefined();
  await h.stopEngine();
}, 180_000);
