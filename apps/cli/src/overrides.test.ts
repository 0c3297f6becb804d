import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type CliHub, startCliHub } from './testing/cli-hub.ts';

const object = (kind: string, name: string, spec: unknown) => ({ apiVersion: 'slipway.dev/v1', kind, metadata: { name }, spec });
const version = (number: string, kubelet: object) => ({
  version: number,
  layers: [{ name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' }, values: { kubelet } }],
});

/** A cluster and a pool that want otherwise what their profile changes: what the command line shows and asks. No machines: nothing here needs root. */
describe('a move of a cluster with overrides, on the command line', () => {
  let hub: CliHub;
  beforeAll(async () => {
    hub = await startCliHub();
    const objects = [
      object('SystemClusterProfile', 'own', {
        versions: [
          version('1.0.0', { maxPods: 50, podPidsLimit: 1000, podsPerCore: 10 }),
          version('1.1.0', { maxPods: 70, podPidsLimit: 2000 }),
        ],
      }),
      object('Cluster', 'shop', {
        profile: { scope: 'system', name: 'own', version: '1.0.0' },
        overrides: { kubernetes: { values: { kubelet: { maxPods: 60, podPidsLimit: 1500, podsPerCore: 5, containerLogMaxFiles: 3 } } } },
      }),
      object('MachinePool', 'shop-large', {
        cluster: 'shop',
        replicas: 1,
        overrides: { kubernetes: { values: { kubelet: { maxPods: 65 } } } },
      }),
    ];
    for (const one of objects) {
      const file = join(hub.folder, `${one.metadata.name}.yaml`);
      await writeFile(file, stringify(one));
      const applied = await hub.slipway(['apply', '-f', file]);
      expect(applied, applied.talk).toMatchObject({ code: 0 });
    }
  }, 180_000);
  afterAll(() => hub?.stop());

  const upgrade = (...args: string[]) => hub.slipway(['upgrade', 'cluster', 'shop', ...args]);
  const stored = async (kind = 'cluster', name = 'shop') => JSON.parse((await hub.slipway(['get', kind, name, '-o', 'json'])).out).spec;

  it('shows each conflict with its three sides, and changes nothing', async () => {
    const asked = await upgrade('--profile', 'own@1.1.0', '--yes');
    expect(asked.code).toBe(5);
    expect(asked.talk).toContain(
      'Conflict 1 of 3: layer kubernetes, kubelet.maxPods\n  1.0.0 had          50\n  1.1.0 has          70\n  the cluster wants  60\n',
    );
    expect(asked.talk).toContain('Conflict 2 of 3: layer kubernetes, kubelet.podPidsLimit');
    expect(asked.talk).toContain('Conflict 3 of 3: pool shop-large, layer kubernetes, kubelet.maxPods\n');
    expect(asked.talk).toContain('--keep kubernetes.kubelet.maxPods');
    expect((await stored()).profile.version).toBe('1.0.0');
  });

  it('takes decisions by path, and says which there are when one is not among them', async () => {
    const wrong = await upgrade('--profile', 'system/own@1.1.0', '--keep', 'podsPerCore', '--yes');
    expect(wrong.code).toBe(2);
    expect(wrong.talk).toContain(
      'There are: kubernetes.kubelet.maxPods, kubernetes.kubelet.podPidsLimit, shop-large/kubernetes.kubelet.maxPods.',
    );
    expect((await upgrade('--profile', 'own@1.1.0', '--keep', 'kubelet.maxPods', '--yes')).code, 'of the cluster or of the pool?').toBe(2);
    const half = await upgrade('--profile', '1.1.0', '--keep', 'kubernetes.kubelet.maxPods', '--take', 'kubelet.podPidsLimit', '--yes');
    expect(half).toMatchObject({ code: 5 });
    expect(half.talk).not.toContain('Conflict 1 of 3');
    expect(half.talk).toContain('Conflict 3 of 3: pool shop-large');
  });

  it('is refused by the hub however it is asked, with the plan to look at', async () => {
    const file = join(hub.folder, 'moved.yaml');
    const spec = await stored();
    await writeFile(file, stringify(object('Cluster', 'shop', { ...spec, profile: { ...spec.profile, version: '1.1.0' } })));
    const plan = await hub.slipway(['plan', '-f', file]);
    expect(plan.code).toBe(7);
    expect(plan.out).toContain(
      '  Overrides of layer kubernetes, made for 1.0.0:\n      = kubelet.containerLogMaxFiles: stays 3\n      ! kubelet.maxPods: conflict: 1.0.0 has 50, 1.1.0 has 70, the cluster wants 60\n',
    );
    expect(plan.out).toContain('      ? kubelet.podsPerCore: orphan 5: 1.1.0 has it no more; it is kept\n');
    expect(plan.out).toContain('  Overrides of layer kubernetes in pool shop-large, made for 1.0.0:\n      ! kubelet.maxPods: conflict');
    expect(plan.out).toContain('The move is refused until these 2 conflicts are decided.');
    const refused = await hub.slipway(['apply', '-f', file]);
    expect(refused.code).toBe(1);
    expect(refused.talk).toMatch(/spec\.overrides\.kubernetes\.values\.kubelet\.maxPods: conflict: 1\.0\.0 has 50, 1\.1\.0 has 70/);
    expect(refused.talk).toContain('spec.overrides.kubernetes.values.kubelet.podPidsLimit');
    expect(refused.talk).toContain('MachinePool "shop-large"');
  });

  it('goes when all is decided, and the way back asks nothing and restores everything', async () => {
    const before = await stored();
    const decisions = [
      '--keep',
      'kubernetes.kubelet.maxPods',
      '--take',
      'kubelet.podPidsLimit',
      '--keep',
      'shop-large/kubernetes.kubelet.maxPods',
    ];
    const moved = await upgrade('--profile', 'own@1.1.0', ...decisions, '--yes');
    expect(moved, moved.talk).toMatchObject({ code: 0, out: 'cluster/shop moves to system/own@1.1.0\n' });
    expect(moved.talk).toContain('= kubelet.maxPods: kept 60; 1.1.0 has 70');
    expect(moved.talk).toContain('= kubelet.maxPods: kept 65; 1.1.0 has 70');
    expect(moved.talk).toContain('~ kubelet.podPidsLimit: taken from the profile: 2000 instead of 1500');
    expect((await stored()).overrides.kubernetes).toEqual({
      values: before.overrides.kubernetes.values,
      madeFor: '1.1.0',
      decisions: { 'kubelet.maxPods': 'keep', 'kubelet.podPidsLimit': 'take' },
      earlier: [{ madeFor: '1.0.0', decisions: {} }],
    });
    expect((await stored('machinepool', 'shop-large')).overrides.kubernetes).toMatchObject({
      madeFor: '1.1.0',
      decisions: { 'kubelet.maxPods': 'keep' },
    });
    const back = await upgrade('--profile', 'own@1.0.0', '--yes');
    expect(back, back.talk).toMatchObject({ code: 0 });
    expect(back.talk).toContain('kubelet.podPidsLimit: 2000 → 1500');
    const again = await upgrade('--profile', 'own@1.1.0', '--yes');
    expect(again, again.talk).toMatchObject({ code: 0 });
    expect(again.talk).toContain('kubelet.podPidsLimit: 1500 → 2000');
    expect((await upgrade('--profile', 'own@1.1.0')).talk).toContain('already runs system/own@1.1.0');
  });

  it('has a history, and goes back to any revision of it after its plan', async () => {
    const told = await hub.slipway(['history', 'cluster', 'shop', '-o', 'json']);
    expect(told, told.talk).toMatchObject({ code: 0 });
    const revisions = JSON.parse(told.out) as { seq: number; changes: { path: string }[]; spec: { profile: { version: string } } }[];
    expect(revisions.map(({ spec }) => spec.profile.version)).toEqual(['1.1.0', '1.0.0', '1.1.0', '1.0.0']);
    expect((await hub.slipway(['history', 'cluster', 'shop'])).out).toMatch(
      /^REVISION +WHEN +USER +CHANGED[^]*profile.version: 1.0.0 → 1.1.0[^]*created/,
    );
    const first = String(revisions.at(-1)?.seq);
    expect((await hub.slipway(['rollback', 'cluster', 'shop', '--to', '1', '--yes'])).talk).toContain(`There are: `);
    const back = await hub.slipway(['rollback', 'cluster', 'shop', '--to', first, '--yes']);
    expect(back, back.talk).toMatchObject({ code: 0, out: `cluster/shop goes back to revision ${first}\n` });
    expect(back.talk).toContain('Not undone:\n  - Data: ');
    expect((await stored()).profile.version).toBe('1.0.0');
    expect((await hub.slipway(['rollback', 'cluster', 'shop', '--to', first])).talk).toContain(`is as it was in revision ${first}`);
  });

  it('takes another value, and lets go of what the profile has no more when it is told to', async () => {
    const file = join(hub.folder, 'other.yaml');
    const kubelet = { maxPods: 60, podsPerCore: 5 };
    const spec = { profile: { scope: 'system', name: 'own', version: '1.0.0' }, overrides: { kubernetes: { values: { kubelet } } } };
    await writeFile(file, stringify(object('Cluster', 'other', spec)));
    expect(await hub.slipway(['apply', '-f', file])).toMatchObject({ code: 0 });
    const answers = ['--set', 'kubelet.maxPods=90', '--drop', 'kubelet.podsPerCore', '--yes'];
    const moved = await hub.slipway(['upgrade', 'cluster', 'other', '--profile', 'own@1.1.0', ...answers]);
    expect(moved, moved.talk).toMatchObject({ code: 0 });
    expect(moved.talk).toContain('= kubelet.maxPods: kept 90; 1.1.0 has 70');
    expect((await stored('cluster', 'other')).overrides.kubernetes).toMatchObject({
      values: { kubelet: { maxPods: 90 } },
      madeFor: '1.1.0',
      decisions: { 'kubelet.maxPods': 'keep' },
    });
    expect((await stored('cluster', 'other')).overrides.kubernetes.values.kubelet).not.toHaveProperty('podsPerCore');
  });
});
