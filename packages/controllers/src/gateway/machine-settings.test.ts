import { describe, expect, it } from 'vitest';
import type { ClusterObject } from '../reads.ts';
import { createWorld, object } from '../test-world.ts';

const version = (number: string, kubernetes: string, maxPods: number) => ({
  version: number,
  layers: [
    { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: kubernetes }, values: { kubelet: { maxPods } } },
  ],
});

describe('settings of machines in the plan of their gateway', () => {
  it(
    'are the profile’s, for a pool with what it wants otherwise, and stay while a change waits for its approval',
    { timeout: 60_000 },
    async () => {
      const world = await createWorld();
      await world.store.create(
        object('ClusterProfile', 'own', { versions: [version('1.0.0', '1.35.4', 50), version('1.1.0', '1.36.3', 70)] }),
      );
      await world.store.create(object('Cluster', 'dev', { profile: { name: 'own', version: '1.0.0' } }, 'default'));
      const overrides = { kubernetes: { values: { kubelet: { maxPods: 20 } } } };
      await world.store.create(object('MachinePool', 'dev-small', { cluster: 'dev', replicas: 1, overrides }, 'default'));
      await world.store.create(object('MachinePool', 'dev-large', { cluster: 'dev', replicas: 1 }, 'default'));
      /** Pods of a node, by who it is for. */
      const limits = async () => {
        await world.settle();
        const plan = await world.fleet.plans.latestGateway(world.gateway.metadata.uid);
        const found = (plan?.plan.clusters[0]?.objects ?? []).flatMap((made: any) => {
          const spec = made.kind === 'KubeadmControlPlane' ? made.spec.kubeadmConfigSpec : made.spec?.template?.spec;
          const file = (spec?.files ?? []).find(({ path }: { path: string }) => path.endsWith('50-settings.conf'));
          return file === undefined ? [] : [[made.metadata.name.replace(/-[0-9a-f]{8}$/, ''), JSON.parse(file.content).maxPods]];
        });
        return Object.fromEntries(found);
      };
      expect(await limits()).toEqual({ dev: 50, 'dev-small': 20, 'dev-large': 50 });
      const cluster = (await world.store.get({ kind: 'Cluster', project: 'default', name: 'dev' })) as ClusterObject;
      await world.store.update({ ...cluster, spec: { ...cluster.spec, profile: { ...cluster.spec.profile, version: '1.1.0' } } });
      expect(await limits(), 'nothing of it is done before it is approved').toEqual({ dev: 50, 'dev-small': 20, 'dev-large': 50 });
      await world.settleApproving();
      expect(await limits()).toEqual({ dev: 70, 'dev-small': 20, 'dev-large': 70 });
    },
  );
});
