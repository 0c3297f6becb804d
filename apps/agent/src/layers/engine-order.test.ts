import { silentLogger, systemClock } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import type { ClusterPlan, PlanLayer } from '@slipway/model';
import { expect, test } from 'vitest';
import type { DriftGuard } from '../drift/drift-guard.ts';
import type { KeptStore } from '../removal/kept-store.ts';
import { createLayerEngine } from './engine.ts';
import type { Installer } from './installer.ts';
import type { InventoryStore } from './inventory.ts';

const layer = (name: string, dependsOn: string[] = []): PlanLayer => ({
  name,
  type: 'addon',
  namespace: name,
  dependsOn,
  drift: 'heal',
  timeoutSeconds: 60,
  content: { type: 'manifests', objects: [] },
});

test('layers start in the order of the plan, which is that of their priorities, but for those that wait for others', async () => {
  const started: string[] = [];
  const nothing = () => undefined;
  const engine = createLayerEngine({
    kube: {} as KubeClient,
    helm: { upgradeInstall: () => Promise.resolve(), uninstall: () => Promise.resolve() },
    inventory: { load: () => Promise.resolve(undefined) } as unknown as InventoryStore,
    kept: { prune: () => Promise.resolve(), facts: () => [] } as unknown as KeptStore,
    home: 'slipway-system',
    installer: {
      install: ({ name }: PlanLayer) => {
        started.push(name);
        return Promise.resolve({ version: '1', wanted: [], objects: [] });
      },
      stillThere: () => Promise.resolve(true),
      forget: nothing,
    } as Installer,
    guard: { setPolicy: nothing, release: nothing } as unknown as DriftGuard,
    clock: systemClock,
    logger: silentLogger,
    builtin: () => ({ ready: true, failed: false, message: '' }),
    onChange: nothing,
  });
  const plan: ClusterPlan = {
    kind: 'ClusterPlan',
    clusterUid: 'u',
    cluster: 'dev',
    project: 'default',
    revision: 1,
    profile: { name: 'p', version: '1' },
    kubernetesVersion: 'v1.36.3',
    layers: [layer('late', ['soon']), layer('zebra'), layer('soon'), layer('apple'), layer('last', ['late'])],
    tombstones: [],
  };
  const stop = new AbortController();
  await engine.enforce(plan, stop.signal);
  await expect.poll(() => started).toEqual(['zebra', 'soon', 'apple', 'late', 'last']);
  stop.abort();
  await engine.stop();
});
