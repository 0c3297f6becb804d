import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliHub, startCliHub } from '../testing/cli-hub.ts';

let hub: CliHub;
const file = async (name: string, documents: readonly object[]): Promise<string> => {
  const path = join(hub.folder, name);
  await writeFile(path, documents.map((document) => JSON.stringify({ apiVersion: 'slipway.dev/v1', ...document })).join('\n---\n'));
  return path;
};
const macro = (value: string) => ({ kind: 'Macro', metadata: { name: 'domain' }, spec: { value } });

beforeAll(async () => {
  hub = await startCliHub();
}, 600_000);
afterAll(() => hub?.stop());

it('slipway plan tells what a macro changes on clusters, and the dry run warns of it', async () => {
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { host: 'www.{{ .macro.domain }}' } };
  const layers = [
    { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
    { name: 'web', type: 'addon', manifests: [JSON.stringify(map)] },
  ];
  const cluster = (name: string) => ({ kind: 'Cluster', metadata: { name }, spec: { profile: { name: 'shop', version: '1.0.0' } } });
  const world = [
    macro('example.org'),
    { kind: 'ClusterProfile', metadata: { name: 'shop' }, spec: { versions: [{ version: '1.0.0', layers }] } },
    cluster('eu'),
    cluster('us'),
  ];
  const applied = await hub.slipway(['apply', '-f', await file('world.yaml', world)]);
  expect(applied.code, applied.talk).toBe(0);
  const changed = await file('macro.yaml', [macro('example.com')]);
  const plan = await hub.slipway(['plan', '-f', changed]);
  expect(plan.code, plan.talk).toBe(7);
  for (const line of [
    'objects: 1 object to store',
    '      What it does to clusters is told below.',
    '      spec.value: example.org → example.com',
    'clusters that use macro domain: 2 of 2 clusters would change, made of shop@1.0.0 (2).',
    '2 clusters, such as default/eu: Change layer web.',
    '      content.objects["v1/ConfigMap/web"].data.host: www.example.org → www.example.com',
    '  default/eu  shop@1.0.0  [restart]',
    '  default/us  shop@1.0.0  [restart]',
  ])
    expect(plan.out).toContain(line);
  const json = await hub.slipway(['plan', '-f', changed, '-o', 'json']);
  expect(JSON.parse(json.out)).toMatchObject([{ title: 'objects' }, { impact: { total: 2, impacts: { restart: 2 } } }]);
  // The dry run that the plan makes is warned of the same.
  expect(plan.talk).toContain('! 2 clusters would change: 2 restart; made of shop@1.0.0 (2)');
  expect((await hub.slipway(['plan', '-f', await file('same.yaml', [macro('example.org')])])).code).toBe(0);
}, 600_000);
