import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@slipway/kit';
import { testTool } from '@slipway/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readPack } from '../read-pack.ts';
import { chartPack, type FixtureFiles, folder, helmChart, manifestPack, mixedPack } from '../testing/palette-fixtures.ts';
import { checkValues } from '../values/check-values.ts';
import { importPalettePack, type ImportedPack } from './import-pack.ts';

const textOf = (imported: ImportedPack, name: string): string =>
  imported.output?.files.find((file) => file.name === name)?.data.toString('utf8') ?? '';

/** The pack of one chart with parts of its files replaced. */
function changed(change: {
  json?: object;
  values?: string;
  schema?: string;
  presets?: string;
  files?: Record<string, unknown>;
}): FixtureFiles {
  const files = chartPack('web', '1.0.0');
  const json = {
    ...(JSON.parse(files.get('pack.json')?.toString('utf8') ?? '{}') as object),
    annotations: {},
    constraints: {},
    ...change.json,
  };
  const more = folder({
    'pack.json': json,
    'values.yaml': change.values ?? 'charts:\n  web:\n    replicas: 1\n',
    'schema.yaml': change.schema ?? '',
    'presets.yaml': change.presets ?? '',
    ...change.files,
  });
  return new Map([...files, ...more]);
}

describe('a Palette pack', () => {
  it('of one chart becomes this chart with a slipway.yaml', async () => {
    const imported = await importPalettePack(chartPack());
    const { info } = imported.output ?? {};
    expect(info).toMatchObject({
      kind: 'chart',
      name: 'edge-router',
      version: '2.4.1',
      appVersion: '9.9',
      values: { controller: { replicas: 2, kind: 'Deployment', port: 8443 }, tls: { enabled: false, 'secret.name': 'router-tls' } },
      readme: '# Edge router\n\nRoutes what comes from outside.\n',
      logo: expect.stringMatching(/^data:image\/svg/),
    });
    expect(info?.metadata).toMatchObject({
      displayName: 'Edge router',
      layer: 'addon',
      keywords: ['ingress', 'http', 'routing'],
      endOfLife: '2030-06-30',
      images: ['registry.example.org/edge/router:v2.4.1', 'registry.example.org/edge/default-backend:1.0'],
      defaults: {
        namespace: 'edge-router',
        priority: 10,
        values: { controller: { hostname: '{{ .cluster.name }}.{{ .macro.BASE_DOMAIN }}', logLevel: '{{ .var.logLevel }}' } },
      },
      constraints: {
        kubernetes: '>=1.27.0',
        clouds: [],
        dependencies: [
          { pack: 'cert-manager', layer: 'addon', version: '>=1.10.0 <=1.16.9', type: 'optional' },
          { pack: 'old-router', layer: 'addon', version: '*', type: 'conflicts' },
        ],
        resources: {
          cpu: '500m',
          memory: '256Mi',
          disk: '2Gi',
          components: [{ resource: 'cpu', request: 'controller.resources.requests.cpu', replicas: 'controller.replicas' }],
        },
      },
    });
    expect(info?.metadata.presets).toEqual([
      expect.objectContaining({
        name: 'ha',
        group: 'Size',
        values: { controller: { replicas: 3, kind: 'DaemonSet' } },
        remove: ['controller.kind'],
      }),
      expect.objectContaining({ name: 'tls', group: 'Security', values: { tls: { enabled: true, host: '{{ .var.tlsHost }}' } } }),
    ]);
    // Comments of the chart stay.
    expect(textOf(imported, 'values.yaml')).toContain('# replicas of the controller');
    expect(textOf(imported, 'templates/config.yaml')).toContain('.Values.controller.replicas');
    expect(await readPack(imported.output?.archive ?? Buffer.alloc(0))).toEqual(info);
  });

  it('has its rules as a JSON Schema that says the same', async () => {
    const { output } = await importPalettePack(chartPack());
    const problems = async (values: object) =>
      (await checkValues(output?.info.valuesSchema, values, { path: '' })).causes.map(({ field }) => field).toSorted();
    const fine = { controller: { replicas: 3, hostname: 'a.b', kind: 'Deployment', port: 8443 }, ranges: ['10.0.0.1 - 10.0.0.2'] };
    expect(await problems(fine)).toEqual([]);
    expect(await problems({ controller: { replicas: 10, hostname: 'A_B', kind: 'Job', port: 1 }, ranges: ['10.0.0.1-10.0.0.2'] })).toEqual([
      'controller.hostname',
      'controller.kind',
      'controller.port',
      'controller.replicas',
      'ranges[0]',
    ]);
    expect(await problems({ controller: {}, ranges: [] })).toEqual(['controller.hostname', 'controller.replicas', 'ranges']);
  });

  it('of several charts and templated manifests becomes a chart around them, whose parts nobody changed', async () => {
    const files = mixedPack();
    const imported = await importPalettePack(files);
    const { info } = imported.output ?? {};
    expect(info).toMatchObject({
      kind: 'chart',
      name: 'block-storage',
      values: { driver: { threads: 4 }, 'storage-class': { default: true, pool: 'fast' } },
    });
    expect(info?.subcharts.map(({ name }) => name)).toEqual(['driver', 'snapshots', 'storage-class']);
    expect(imported.output?.files.find(({ name }) => name === 'charts/driver-0.9.0.tgz')?.data).toEqual(
      files.get('charts/driver-0.9.0.tgz'),
    );
    // helm would take our references for its own, so the template has them from its values.
    expect(textOf(imported, 'charts/storage-class/templates/storage-class.yaml')).toContain('zone: "{{ $.Values.references.r0 }}"');
    expect(info?.metadata.defaults.values).toEqual({
      driver: { endpoint: '{{ .var.endpoint | default "10.0.0.5" }}' },
      'storage-class': { references: { r0: '{{ .macro.ZONE }}' } },
    });
    expect(imported.findings).toEqual([expect.objectContaining({ path: 'cloudTypes[1]' })]);
  });

  it('of plain manifests becomes a pack of manifests, in which the templates of others stay', async () => {
    const imported = await importPalettePack(manifestPack());
    expect(imported.output?.info).toMatchObject({
      kind: 'manifests',
      name: 'pod-rules',
      version: '0.3.0',
      metadata: { defaults: { namespace: 'rules' } },
    });
    expect(imported.output?.info.manifests[0]?.content).toContain(
      'zone: "{{ .macro.ZONE | upper }}"\n  alert: "{{ $labels.pod }} is down"',
    );
    expect(imported.findings).toEqual([]);
  });

  it('whose chart has another version than the pack keeps the chart as it is', async () => {
    const files = changed({ json: { version: '1.0.1' } });
    const { output } = await importPalettePack(files);
    expect(output?.info).toMatchObject({
      version: '1.0.1',
      appVersion: '9.9',
      subcharts: [{ name: 'web', version: '1.0.0' }],
      values: { web: { replicas: 1 } },
    });
  });

  it("a chart's own schema counts beside the pack's rules, and goes on meaning itself", async () => {
    const own = { definitions: { n: { type: 'integer' } }, properties: { replicas: { $ref: '#/definitions/n' } } };
    const chart = helmChart('web', '1.0.0', { 'values.schema.json': JSON.stringify(own) });
    const schema = 'charts.web.name:\n  schema: \'{{ required | format "${string}" }}\'\n';
    const { output } = await importPalettePack(changed({ schema, files: { 'charts/web-1.0.0.tgz': chart } }));
    const { causes } = await checkValues(output?.info.valuesSchema, { replicas: 'x' }, { path: '' });
    expect(causes.map(({ field }) => field).toSorted()).toEqual(['name', 'replicas']);
  });

  it('is taken by helm, which checks the values against the rules', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-import-'));
    try {
      const template = async (files: FixtureFiles, ...values: string[]) => {
        const { name, output } = await importPalettePack(files);
        await writeFile(join(dir, `${name}.tgz`), output?.archive ?? '');
        return run(testTool('helm'), ['template', 'x', join(dir, `${name}.tgz`), ...values.flatMap((value) => ['--set', value])], {
          allow: [1],
        });
      };
      expect((await template(chartPack(), 'controller.hostname=a.b')).stdout).toContain('replicas: "2"');
      expect((await template(chartPack(), 'controller.hostname=A_B')).stderr).toMatch(/hostname/);
      const mixed = await template(mixedPack(), 'driver.endpoint=e', 'storage-class.references.r0=north');
      expect(mixed.stdout).toMatch(/kind: StorageClass[^]*pool: fast\n {2}zone: "north"/);
      expect(mixed.stdout).toContain('data: {e: "e"}');
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('is refused only when it is none', async () => {
    await expect(importPalettePack(folder({ 'values.yaml': '' }))).rejects.toThrow(/no pack.json/);
    await expect(importPalettePack(folder({ 'pack.json': '[]' }))).rejects.toThrow(/no mapping/);
    await expect(importPalettePack(folder({ 'pack.json': '{' }))).rejects.toThrow(/not JSON/);
  });
});

/** Each construct without an equivalent: what it is, a pack with it, and where the report names it. */
const CONSTRUCTS: readonly (readonly [string, FixtureFiles, string, string, RegExp])[] = [
  ['an annotation', changed({ json: { annotations: { imageId: 'ami-1' } } }), 'pack.json', 'annotations.imageId', /annotations/],
  ['an Ansible role', changed({ json: { ansibleRoles: ['harden'] } }), 'pack.json', 'ansibleRoles[0]', /Ansible/],
  ['a layer that there is not', changed({ json: { layer: 'kernel' } }), 'pack.json', 'layer', /no layer "kernel"/],
  ['a cloud that there is not', changed({ json: { cloudTypes: ['aws', 'tencent'] } }), 'pack.json', 'cloudTypes[1]', /no cloud "tencent"/],
  [
    'a version that is none',
    changed({ json: { version: '1.0' } }),
    'pack.json',
    'version',
    /no semantic version; the pack has version 1\.0\.0/,
  ],
  ['a name that charts cannot have', changed({ json: { name: 'Web_Server' } }), 'pack.json', 'name', /called "web-server"/],
  ['an end of life that is no date', changed({ json: { eol: 'soon' } }), 'pack.json', 'eol', /no date/],
  [
    'an upgrade that waits for another pack',
    changed({ json: { constraints: { dependencies: [{ packName: 'x', layer: 'addon', type: 'upgrade', minVersion: '1.0.0' }] } } }),
    'pack.json',
    'constraints.dependencies[0]',
    /upgrade/,
  ],
  [
    'a dependency with a version that is none',
    changed({ json: { constraints: { dependencies: [{ packName: 'x', layer: 'addon', type: 'required', minVersion: 'new' }] } } }),
    'pack.json',
    'constraints.dependencies[0]',
    /cannot be read/,
  ],
  [
    'a resource of another kind',
    changed({ json: { constraints: { resources: [{ type: 'gpu', minLimit: 1 }] } } }),
    'pack.json',
    'constraints',
    /not known/,
  ],
  [
    'a component that leads to no value',
    changed({
      json: { constraints: { resources: [{ type: 'cpu', components: [{ scheduleType: 'all', resourceRequestParamRef: 'pack.x' }] }] } },
    }),
    'pack.json',
    'constraints.resources[0].components[0]',
    /references do not lead/,
  ],
  ['the nodes that replicas run on', chartPack(), 'pack.json', 'constraints.resources[0].components[0].scheduleType', /do not matter/],
  [
    'a chart that is not there',
    changed({ json: { charts: ['charts/web-1.0.0.tgz', 'charts/gone.tgz'] } }),
    'pack.json',
    'charts[1]',
    /not in the folder/,
  ],
  [
    'a chart that is broken',
    changed({ json: { charts: ['charts/web-1.0.0.tgz', 'charts/b.tgz'] }, files: { 'charts/b.tgz': 'x' } }),
    'pack.json',
    'charts[1]',
    /left out: The archive was refused/,
  ],
  [
    'a chart twice',
    changed({ json: { charts: ['charts/web-1.0.0.tgz', 'charts/b.tgz'] }, files: { 'charts/b.tgz': helmChart('web', '2.0.0') } }),
    'pack.json',
    'charts[1]',
    /another chart called "web"/,
  ],
  ['a chart that nobody names', changed({ files: { 'charts/b.tgz': helmChart('b', '2.0.0') } }), 'charts/b.tgz', '', /not named by charts/],
  [
    'a manifest that is not there',
    changed({ json: { kubeManifests: ['manifests/a.yaml'] } }),
    'pack.json',
    'kubeManifests[0]',
    /not in the folder/,
  ],
  ['a manifest that nobody names', changed({ files: { 'manifests/a.yaml': 'a' } }), 'manifests/a.yaml', '', /not named by kubeManifests/],
  [
    'two manifests of one name',
    changed({
      json: { kubeManifests: ['manifests/a.yaml', 'manifests/x/a.yaml'] },
      files: { 'manifests/a.yaml': 'a: 1', 'manifests/x/a.yaml': 'a: 2' },
    }),
    'pack.json',
    'kubeManifests[1]',
    /another manifest called "a"/,
  ],
  [
    'an expression in a manifest that there is not',
    changed({ json: { kubeManifests: ['manifests/a.yaml'] }, files: { 'manifests/a.yaml': 'a: "{{ .spectro.system.user.email }}"' } }),
    'manifests/a.yaml',
    '',
    /nothing here for \.spectro\.system\.user\.email/,
  ],
  ['a key of pack.json that nobody knows', changed({ json: { surprise: { a: [1] } } }), 'pack.json', 'surprise', /not known here/],
  [
    'additional namespaces',
    changed({ values: 'pack: {additionalNamespaces: "a,b"}' }),
    'values.yaml',
    'pack.additionalNamespaces',
    /namespaces besides/,
  ],
  [
    'labels of a namespace',
    changed({ values: 'pack: {namespaceLabels: {web: "a=b"}}' }),
    'values.yaml',
    'pack.namespaceLabels',
    /labels of namespaces/,
  ],
  [
    'annotations of a namespace',
    changed({ values: 'pack: {namespaceAnnotations: {web: "a=b"}}' }),
    'values.yaml',
    'pack.namespaceAnnotations',
    /annotations of namespaces/,
  ],
  [
    'a name of the release',
    changed({ values: 'pack: {releaseNameOverride: {web: www}}' }),
    'values.yaml',
    'pack.releaseNameOverride',
    /name of its layer/,
  ],
  [
    'a namespace with a reference',
    changed({ values: 'pack: {namespace: "{{.spectro.macro.NS}}"}' }),
    'values.yaml',
    'pack.namespace',
    /cannot be the namespace/,
  ],
  [
    'a priority that is no number',
    changed({ values: 'pack: {spectrocloud.com/install-priority: first}' }),
    'values.yaml',
    'pack["spectrocloud.com/install-priority"]',
    /no whole number/,
  ],
  [
    'an image with a reference',
    changed({ values: 'pack: {content: {images: [{image: "a/b:{{.spectro.var.tag}}"}]}}' }),
    'values.yaml',
    'pack.content.images[0]',
    /not known before/,
  ],
  [
    'charts of the content',
    changed({ values: 'pack: {content: {charts: [{repo: x, name: y}]}}' }),
    'values.yaml',
    'pack.content',
    /not known here/,
  ],
  ['values of Ansible roles', changed({ values: 'ansibleRoles: {harden: {a: 1}}' }), 'values.yaml', 'ansibleRoles', /Ansible/],
  [
    'configuration of kubeadm',
    changed({ values: 'kubeadmconfig: {apiServer: {}, x: 1}' }),
    'values.yaml',
    'kubeadmconfig',
    /layer of type kubernetes|kubeadm/,
  ],
  ['another root', changed({ values: 'cluster: {a: 1}' }), 'values.yaml', 'cluster', /neither charts, manifests nor pack/],
  ['values of a chart that is not there', changed({ values: 'charts: {other: {a: 1}}' }), 'values.yaml', 'charts.other', /does not hold/],
  [
    'a function that there is not',
    changed({ values: 'charts: {web: {a: "{{ .spectro.var.x | title }}"}}' }),
    'values.yaml',
    'charts.web.a',
    /uses "title"/,
  ],
  [
    'a fact that there is not',
    changed({ values: 'charts: {web: {a: ["{{ .spectro.system.reverseproxy.port }}"]}}' }),
    'values.yaml',
    'charts.web.a[0]',
    /nothing here for/,
  ],
  [
    'values of another pack',
    changed({ values: 'charts: {web: {a: "{{ .spectro.pack.vault.charts.vault.server.port }}"}}' }),
    'values.yaml',
    'charts.web.a',
    /values of another pack/,
  ],
  [
    'an output of an app',
    changed({ values: 'charts: {web: {a: "{{.spectro.app.$appDeploymentName.db.PASSWORD}}"}}' }),
    'values.yaml',
    'charts.web.a',
    /nothing here for/,
  ],
  ['values that are no YAML', changed({ values: 'charts: [' }), 'values.yaml', '', /nothing of it was taken over/],
  [
    'a rule that cannot be read',
    changed({ schema: "charts.web.a:\n  schema: 'required'" }),
    'schema.yaml',
    '["charts.web.a"].schema',
    /cannot be read/,
  ],
  [
    'a rule for no value',
    changed({ schema: "pack.namespace:\n  schema: '{{ readonly }}'" }),
    'schema.yaml',
    '["pack.namespace"].schema',
    /no value of a chart/,
  ],
  [
    'a word that rules do not have',
    changed({ schema: "charts.web.a:\n  schema: '{{ required | unique }}'" }),
    'schema.yaml',
    '["charts.web.a"].schema',
    /"unique" is not known/,
  ],
  [
    'a type that there is not',
    changed({ schema: 'charts.web.a:\n  schema: \'{{ format "${uuid}" }}\'' }),
    'schema.yaml',
    '["charts.web.a"].schema',
    /type "uuid"/,
  ],
  [
    'a limit that there is not',
    changed({ schema: 'charts.web.a:\n  schema: \'{{ format "${boolean:[1-2]}" }}\'' }),
    'schema.yaml',
    '["charts.web.a"].schema',
    /limit \[1-2\]/,
  ],
  [
    'a regular expression of a number',
    changed({ schema: 'charts.web.a:\n  schema: \'{{ format "${number:/^5/}" }}\'' }),
    'schema.yaml',
    '["charts.web.a"].schema',
    /numbers and booleans have none/,
  ],
  [
    'a regular expression of Go only',
    changed({ schema: 'charts.web.a:\n  schema: \'{{ format "${string:/(?i)abc/}" }}\'' }),
    'schema.yaml',
    '["charts.web.a"].schema',
    /not one of ECMAScript/,
  ],
  [
    'a format without a type',
    changed({ schema: 'charts.web.a:\n  schema: \'{{ format "text" }}\'' }),
    'schema.yaml',
    '["charts.web.a"].schema',
    /names no type/,
  ],
  [
    'a read-only value that is not fixed',
    changed({ schema: "charts.web.a:\n  schema: '{{ readonly }}'" }),
    'schema.yaml',
    '["charts.web.a"].schema',
    /can be set here/,
  ],
  [
    "a rule that the pack's own value breaks",
    changed({ schema: 'charts.web.replicas:\n  schema: \'{{ format "${number:[5-9]}" }}\'' }),
    'schema.yaml',
    '["charts.web.replicas"].schema',
    /own value does not satisfy/,
  ],
  [
    'a key beside a rule',
    changed({ schema: "charts.web.replicas:\n  schema: '{{ required }}'\n  order: 3" }),
    'schema.yaml',
    '["charts.web.replicas"].order',
    /not known here/,
  ],
  [
    'a preset with another name',
    changed({ presets: 'presets: [{name: "Big One", group: g, add: ""}]' }),
    'presets.yaml',
    'presets[0].name',
    /called "big-one"/,
  ],
  [
    'a preset that changes the pack itself',
    changed({ presets: 'presets: [{name: a, group: g, add: "pack: {namespace: x}"}]' }),
    'presets.yaml',
    'presets[0].add',
    /no value of a chart/,
  ],
  [
    'a preset that is no YAML',
    changed({ presets: 'presets: [{name: a, group: g, add: "["}]' }),
    'presets.yaml',
    'presets[0].add',
    /cannot be read/,
  ],
  [
    'a preset that removes no value',
    changed({ presets: 'presets: [{name: a, group: g, remove: [pack.namespace]}]' }),
    'presets.yaml',
    'presets[0].remove[0]',
    /what it removes/,
  ],
  [
    'a key of a preset that nobody knows',
    changed({ presets: 'presets: [{name: a, group: g, icon: x}]' }),
    'presets.yaml',
    'presets[0].icon',
    /not known here/,
  ],
  ['a logo that cannot be shown', changed({ files: { 'logo.webp': 'RIFF' } }), 'logo.webp', '', /neither PNG nor SVG/],
  ['another file', changed({ files: { 'hooks/install.sh': 'x' } }), 'hooks/install.sh', '', /no place for/],
  [
    'a pack of an operating system',
    folder({ 'pack.json': { name: 'debian', version: '12.0.0', layer: 'os' }, 'values.yaml': '' }),
    'pack.json',
    '',
    /nothing was made/,
  ],
  [
    'a pack of Kubernetes',
    folder({ 'pack.json': { name: 'kubernetes', version: '1.30.0', layer: 'k8s' }, 'values.yaml': 'kubeadmconfig: {a: 1}' }),
    'values.yaml',
    'kubeadmconfig',
    /kubeadm/,
  ],
];

it.each(CONSTRUCTS)('%s is reported by name', async (_what, files, file, path, what) => {
  const { findings } = await importPalettePack(files);
  expect(findings).toContainEqual({ file, path, what: expect.stringMatching(what), todo: expect.stringMatching(/^[A-Z].+\.$/) });
});

// Every leaf of these files has a text that is nowhere else, so that it can be looked for in the output.
let token = 0;
const unique = (): string => `tok${(token += 1)}en`;
const leaf = fc.constantFrom('plain', 'macro', 'var', 'odd', 'number').map((kind) => ({ kind }));
const anyValue = (depth: number): fc.Arbitrary<unknown> =>
  depth === 0
    ? leaf
    : fc.oneof(
        leaf,
        fc.array(anyValue(depth - 1), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('a', 'b.c', 'd-e', 'f'), anyValue(depth - 1), { maxKeys: 3 }),
      );
const grown = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(grown);
  const { kind } = value as { kind?: unknown };
  if (typeof kind !== 'string') return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, grown(item)]));
  const name = unique();
  const texts: Record<string, unknown> = {
    plain: name,
    macro: `x{{ .spectro.macro.${name} }}`,
    var: `{{.spectro.var.${name}|upper}}`,
    odd: `{{ .spectro.system.${name}.x }}`,
    number: Number(`1${name.slice(3, -2)}7`),
  };
  return texts[kind];
};
const roots = ['charts', 'manifests', 'pack', 'kubeadmconfig', 'other'];
const names = ['web', 'rules', 'namespace', 'content', 'additionalNamespaces', 'spectrocloud.com/install-priority'];
const valuesFile = fc.dictionary(fc.constantFrom(...roots), fc.dictionary(fc.constantFrom(...names), anyValue(2), { maxKeys: 4 }), {
  maxKeys: 5,
});
const jsonFile = fc.dictionary(
  fc.constantFrom(
    'displayName',
    'layer',
    'addonType',
    'addonSubType',
    'group',
    'cloudTypes',
    'eol',
    'annotations',
    'ansibleRoles',
    'constraints',
    'mystery',
    'description',
    'cloudType',
  ),
  anyValue(3),
  { maxKeys: 8 },
);
const presetsFile = fc.array(
  fc.dictionary(
    fc.constantFrom('name', 'displayName', 'group', 'add', 'remove', 'description', 'extra'),
    fc.oneof(anyValue(1), fc.record({ charts: fc.record({ web: anyValue(1) }) })),
    { maxKeys: 5 },
  ),
  { maxLength: 3 },
);
const schemaFile = fc.dictionary(
  fc.constantFrom('charts.web.a', 'charts.web.f.a', 'manifests.rules.b.c', 'pack.namespace', 'charts.web.a.$[]'),
  fc.dictionary(fc.constantFrom('schema', 'note'), fc.constantFrom('rule', 'hint', 'bad'), { maxKeys: 2 }),
  { maxKeys: 4 },
);

function leavesOf(value: unknown, path: string): { path: string; text: string }[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesOf(item, `${path}[${index}]`));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, item]) =>
      leavesOf(item, /^[A-Za-z_][\w-]*$/.test(key) ? (path === '' ? key : `${path}.${key}`) : `${path}[${JSON.stringify(key)}]`),
    );
  return value === '' ? [] : [{ path, text: String(value) }];
}

it('every key of every file is in the output or in the report', async () => {
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(jsonFile, valuesFile, presetsFile, schemaFile, fc.boolean(), async (json, values, presets, schema, templated) => {
      const rules: Record<string, () => string> = {
        rule: () => `{{ required | format "\${string:/${unique()}/}" }}`,
        hint: () => `{{ hints "${unique()}" }}`,
        bad: unique,
      };
      const files: Record<string, unknown> = {
        'pack.json': {
          ...(grown(json) as object),
          name: 'web',
          version: '1.0.0',
          charts: ['charts/web-1.0.0.tgz'],
          kubeManifests: ['manifests/rules.yaml'],
        },
        'values.yaml': grown(values),
        'presets.yaml': { presets: grown(presets) },
        'schema.yaml': Object.fromEntries(
          Object.entries(schema).map(([key, rule]) => [
            key,
            Object.fromEntries(Object.entries(rule).map(([name, kind]) => [name, rules[kind]?.()])),
          ]),
        ),
      };
      const written = Object.fromEntries(
        Object.entries(files).map(([name, content]) => [name, name === 'pack.json' ? content : stringify(content, { lineWidth: 0 })]),
      );
      const imported = await importPalettePack(
        folder({
          ...written,
          'manifests/rules.yaml': templated ? 'a: {{ .Values.x }}' : 'a: b',
          'charts/web-1.0.0.tgz': helmChart('web', '1.0.0'),
        }),
      );
      const output = (imported.output?.files ?? []).map(({ data }) => data.toString('utf8')).join('\n');
      for (const [file, content] of Object.entries(files)) {
        for (const { path, text } of leavesOf(content, '')) {
          // What these name is the pack itself.
          if (file === 'pack.json' && /^(charts|kubeManifests)\[0\]$/.test(path)) continue;
          const words = text.match(/tok\d+en|1\d+7/g) ?? [text];
          const there = words.every((word) => output.includes(word));
          const told = imported.findings.some(
            (finding) =>
              finding.file === file &&
              (finding.path === '' || path === finding.path || path.startsWith(`${finding.path}.`) || path.startsWith(`${finding.path}[`)),
          );
          expect(there || told, `${file}: ${path} = ${text}\n${JSON.stringify(imported.findings, null, 1)}\n${output}`).toBe(true);
          checked += 1;
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(checked).toBeGreaterThan(2000);
});
