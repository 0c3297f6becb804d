import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type CliHub, startCliHub } from './testing/cli-hub.ts';

const layer = (values: object, name = 'db') => ({
  name,
  type: 'addon',
  chart: { registry: 'library', registryScope: 'system', name, version: '1.0.0' },
  values,
});

/** A cluster that wants otherwise what its profile changes: what the command line shows and asks. No machines: nothing here needs root. */
describe('a move of a cluster with overrides, on the command line', () => {
  let hub: CliHub;
  beforeAll(async () => {
    hub = await startCliHub();
    const tools = {
      apiVersion: 'slipway.dev/v1',
      kind: 'SystemClusterProfile',
      metadata: { name: 'tools' },
      spec: {
        type: 'addon',
        versions: [
          {
            version: '1.0.0',
            layers: [layer({ replicas: 1, image: { tag: 'a' }, cache: true, password: 'first' }), layer({ replicas: 1 }, 'queue')],
          },
          { version: '1.1.0', layers: [layer({ replicas: 3, image: { tag: 'b' }, password: 'second' }), layer({ replicas: 1 }, 'queue')] },
        ],
      },
    };
    const db = { values: { replicas: 5, image: { tag: 'mine' }, cache: false, password: 'hunter22', own: 1 } };
    const shop = {
      apiVersion: 'slipway.dev/v1',
      kind: 'Cluster',
      metadata: { name: 'shop' },
      spec: {
        profile: { name: 'starter', version: '1.0.0' },
        addons: [{ scope: 'system', name: 'tools', version: '1.0.0' }],
        overrides: { db, queue: { values: { replicas: 2 } } },
      },
    };
    await writeFile(join(hub.folder, 'shop.yaml'), [tools, shop].map((object) => stringify(object)).join('---\n'));
    const applied = await hub.slipway(['apply', '-f', join(hub.folder, 'shop.yaml')]);
    expect(applied, applied.talk).toMatchObject({ code: 0 });
  }, 180_000);
  afterAll(() => hub.stop());

  const upgrade = (...args: string[]) => hub.slipway(['upgrade', 'cluster', 'shop', ...args]);
  const stored = async () => JSON.parse((await hub.slipway(['get', 'cluster', 'shop', '-o', 'json'])).out).spec;
  const version = async () => (await stored()).addons[0].version;

  it('shows each conflict with its three sides, secrets masked, and changes nothing', async () => {
    const asked = await upgrade('--profile', 'tools@1.1.0', '--yes');
    expect(asked.code).toBe(5);
    expect(asked.talk).toContain(
      'Conflict 3 of 3: layer db, replicas\n  1.0.0 had          1\n  1.1.0 has          3\n  the cluster wants  5\n',
    );
    expect(asked.talk).toContain('layer db, image.tag');
    expect(asked.talk).toContain('layer db, password\n  1.0.0 had          "***"\n');
    expect(asked.talk).toContain('--keep db.image.tag');
    for (const secret of ['first', 'second', 'hunter22']) expect(asked.talk + asked.out).not.toContain(secret);
    expect(await version()).toBe('1.0.0');
  });

  it('takes decisions by path, and says which there are when one is not among them', async () => {
    const wrong = await upgrade('--profile', 'system/tools@1.1.0', '--keep', 'own', '--yes');
    expect(wrong.code).toBe(2);
    expect(wrong.talk).toContain('There are: db.image.tag, db.password, db.replicas.');
    expect((await upgrade('--profile', 'tools@1.1.0', '--keep', 'replicas', '--take', 'db.replicas', '--yes')).code).toBe(2);
    const half = await upgrade('--profile', 'tools@1.1.0', '--keep', 'replicas', '--take', 'image.tag', '--yes');
    expect(half).toMatchObject({ code: 5 });
    expect(half.talk).not.toContain('layer db, replicas');
    expect(half.talk).toContain('Conflict 2 of 3: layer db, password');
  });

  it('is refused by the hub however it is asked, with the plan to look at', async () => {
    const file = join(hub.folder, 'moved.yaml');
    const spec = await stored();
    const moved = { ...spec, addons: [{ ...spec.addons[0], version: '1.1.0' }] };
    await writeFile(file, stringify({ apiVersion: 'slipway.dev/v1', kind: 'Cluster', metadata: { name: 'shop' }, spec: moved }));
    const plan = await hub.slipway(['plan', '-f', file]);
    expect(plan.code).toBe(7);
    expect(plan.out).toContain('  Overrides of layer db, made for 1.0.0:\n      ? cache: orphan false: 1.1.0 has it no more; it is kept\n');
    expect(plan.out).toContain('      ! replicas: conflict: 1.0.0 has 1, 1.1.0 has 3, the cluster wants 5\n');
    expect(plan.out).toContain('      = own: stays 1\n');
    expect(plan.out).toContain('The move is refused until these 3 conflicts are decided.');
    const refused = await hub.slipway(['apply', '-f', file]);
    expect(refused.code).toBe(1);
    expect(refused.talk).toMatch(/spec\.overrides\.db\.values\.replicas: conflict: 1\.0\.0 has 1, 1\.1\.0 has 3/);
    expect(refused.talk).toContain('spec.overrides.db.values.image.tag');
    expect(refused.talk).not.toMatch(/hunter22|second/);
  });

  it('goes when all is decided, and the way back asks nothing and restores everything', async () => {
    const before = await stored();
    const moved = await upgrade('--profile', 'tools@1.1.0', '--keep', 'replicas', '--take', 'image.tag', '--keep', 'db.password', '--yes');
    expect(moved, moved.talk).toMatchObject({ code: 0, out: 'cluster/shop moves to system/tools@1.1.0\n' });
    expect(moved.talk).toContain('= replicas: kept 5; 1.1.0 has 3');
    expect(moved.talk).toContain('~ image.tag: taken from the profile: b instead of mine');
    const { overrides, profile } = await stored();
    expect(profile).toEqual(before.profile);
    expect(overrides.db).toEqual({
      values: before.overrides.db.values,
      madeFor: '1.1.0',
      decisions: { replicas: 'keep', 'image.tag': 'take', password: 'keep' },
      earlier: [{ madeFor: '1.0.0', decisions: {} }],
    });
    expect(overrides.queue).toMatchObject({ values: { replicas: 2 }, madeFor: '1.0.0' });
    const back = await upgrade('--profile', 'tools@1.0.0', '--yes');
    expect(back, back.talk).toMatchObject({ code: 0 });
    expect(back.talk).toContain('image.tag: b → mine');
    const again = await upgrade('--profile', 'tools@1.1.0', '--yes');
    expect(again, again.talk).toMatchObject({ code: 0 });
    expect(again.talk).toContain('image.tag: mine → b');
    const settled = await upgrade('--profile', 'tools@1.1.0');
    expect(settled.talk).toContain('already runs system/tools@1.1.0');
  });
});
