import { SlipwayError } from '@slipway/kit';
import { describe, expect, it } from 'vitest';
import { findKind } from './kinds.ts';
import { joinPath } from './meta/diff.ts';
import { effectiveValues } from './meta/merge-values.ts';
import type { ApiObject } from './meta/object.ts';
import type { KnownVersion } from './pack/constraints.ts';
import { packMetadataSchema } from './pack/metadata.ts';
import { type PackInfo, packInfoSchema } from './pack/pack-info.ts';
import type { PackAnswer, PackReads } from './pack/pack-reads.ts';

function pack(name: string, version: string, metadata: object = {}, more: Partial<PackInfo> = {}): PackInfo {
  return packInfoSchema.parse({
    name,
    version,
    digest: `sha256:${name}-${version}`,
    kind: 'chart',
    description: '',
    metadata: packMetadataSchema.parse(metadata),
    values: { replicas: 1, host: 'example.org' },
    valuesYaml: '',
    valuesSchema: { replicas: 9, host: 'text' },
    manifests: [],
    subcharts: [],
    ...more,
  });
}

/** Packs that are known, and a schema language of its own: numbers are limits, `text` is a string. What schemas really say is tested where they are read. */
function packReads(
  known: readonly PackInfo[],
  others: Record<string, PackAnswer> = {},
  there: Record<string, readonly KnownVersion[]> = {},
) {
  const asked: string[] = [];
  const reads: PackReads = {
    async info({ name, version, registry }) {
      asked.push(`${name} ${version}`);
      const info = known.find((one) => one.name === name && one.version === version);
      if (info && registry === 'stable') return { type: 'known', info };
      return others[registry] ?? { type: 'refused', message: `The registry "stable" has no version ${version} of "${name}".` };
    },
    versions: async () => there,
    async check({ values, valuesSchema }, given) {
      const seen = effectiveValues(values, given);
      return Object.entries(valuesSchema as Record<string, unknown>).flatMap(([key, rule]) => {
        const value = seen[key];
        const fits = typeof rule === 'number' ? typeof value === 'number' && value <= rule : typeof value === 'string';
        return fits ? [] : [{ field: joinPath('', key), message: `must be ${typeof rule === 'number' ? `at most ${rule}` : 'text'}` }];
      });
    },
  };
  return { reads, asked };
}

const object = (kind: string, name: string, spec: unknown, namespace?: string): ApiObject<any, any> => ({
  apiVersion: 'slipway.dev/v1',
  kind,
  metadata: {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '',
    ...(namespace === undefined ? {} : { namespace }),
  },
  spec: findKind(kind)?.spec.parse(spec),
});

const BASE = [
  { name: 'os', type: 'os', builtin: { name: 'debian', version: '12' } },
  { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
];
const layer = (name: string, version: string, more: object = {}) => ({
  name,
  type: 'addon',
  chart: { registry: 'stable', name, version },
  ...more,
});
const VARIABLES = [
  { name: 'replicas', type: 'number', default: 3 },
  { name: 'key', type: 'secret' },
];
const version = (layers: object[], more: object = {}) => ({
  version: '1.0.0',
  variables: VARIABLES,
  layers: [...BASE, ...layers],
  ...more,
});
const profile = (versions: object[], more: object = {}) => object('ClusterProfile', 'shop', { versions, ...more });

async function admit(
  candidate: ApiObject,
  packs: PackReads,
  { old, beside = [] }: { old?: ApiObject; beside?: readonly ApiObject[] } = {},
) {
  const warnings: string[] = [];
  const all = [object('CloudAccount', 'local', { cloud: 'local' }), object('Gateway', 'local', {}), ...beside];
  const reads = {
    get: async (kind: string, name: string) => all.find((one) => one.kind === kind && one.metadata.name === name),
    list: async (kind: string) => all.filter((one) => one.kind === kind),
    everywhere: async () => [],
    packs,
  };
  const refused = await findKind(candidate.kind)
    ?.admit?.({ object: candidate, tenant: 'default', reads, warn: (text) => warnings.push(text), ...(old === undefined ? {} : { old }) })
    .then(
      () => [],
      (error: unknown) => {
        if (!(error instanceof SlipwayError) || error.causes.length === 0) throw error;
        return error.causes.map(({ field, message }) => `${field}: ${message}`);
      },
    );
  return { refused, warnings };
}

describe('a profile and its packs', () => {
  const web = pack('web', '1.0.0');

  it('is refused for values that the schema of a pack does not take, where they are written', async () => {
    const { reads } = packReads([web, pack('api', '2.0.0')]);
    const wrong = profile([
      version([layer('web', '1.0.0', { values: { replicas: 50 } }), layer('api', '2.0.0', { valuesYaml: 'replicas: 12 # many\n' })]),
    ]);
    expect(await admit(wrong, reads)).toEqual({
      refused: [
        'spec.versions[0].layers[2].values.replicas: layer "web" (web 1.0.0): must be at most 9',
        'spec.versions[0].layers[3].valuesYaml.replicas: layer "api" (api 2.0.0): must be at most 9',
      ],
      warnings: [],
    });
  });

  it('is not judged by what clusters say first, and by no secret', async () => {
    const { reads } = packReads([web]);
    const open = profile([version([layer('web', '1.0.0', { values: { replicas: '{{ .var.replicas }}', host: '{{ .var.key }}' } })])]);
    expect(await admit(open, reads)).toEqual({ refused: [], warnings: [] });
  });

  it('is refused for constraints, with the version that would do; as an add-on it may rely on others', async () => {
    const needy = pack('web', '1.0.0', { constraints: { dependencies: [{ pack: 'certs', version: '>=1.13' }], kubernetes: '>=1.36' } });
    const { reads } = packReads([needy], {}, { certs: [{ version: '1.14.2' }, { version: '1.12.0' }] });
    const { refused } = await admit(profile([version([layer('web', '1.0.0')])]), reads);
    expect(refused).toEqual([
      'spec.versions[0].layers[2]: layer "web" (web 1.0.0) needs Kubernetes >=1.36, not 1.35.4',
      'spec.versions[0].layers[2]: layer "web" (web 1.0.0) needs a layer with the pack certs >=1.13, and there is none; add it: certs 1.14.2 would do',
    ]);
    const addon = profile([{ version: '1.0.0', layers: [layer('web', '1.0.0')] }], { type: 'addon' });
    expect(await admit(addon, reads)).toEqual({ refused: [], warnings: [] });
    const chosen = version([layer('web', '1.0.0'), layer('certs', '{{ .var.certs }}')], {
      variables: [...VARIABLES, { name: 'certs', type: 'version', default: '1.14.2' }],
    });
    expect((await admit(profile([chosen]), reads)).refused).toEqual([expect.stringContaining('needs Kubernetes')]);
  });

  it('is refused for a preset that its pack has not, and for a version that there is not', async () => {
    const { reads } = packReads([web]);
    const wrong = profile([version([layer('web', '1.0.0', { presets: ['huge'] }), layer('api', '9.9.9')])]);
    expect((await admit(wrong, reads)).refused).toEqual([
      'spec.versions[0].layers[2].presets[0]: the pack has no preset "huge"; it has: none',
      'spec.versions[0].layers[3].chart: layer "api" (api 9.9.9): The registry "stable" has no version 9.9.9 of "api"',
    ]);
  });

  it('as a draft is only told', async () => {
    const { reads } = packReads([web]);
    const draft = version([layer('web', '1.0.0', { values: { replicas: 50 } })], { state: 'draft' });
    expect(await admit(profile([draft]), reads)).toEqual({
      refused: [],
      warnings: ['spec.versions[0].layers[2].values.replicas: layer "web" (web 1.0.0): must be at most 9'],
    });
    const published = { ...draft, state: 'published' };
    expect((await admit(profile([published]), reads, { old: profile([draft]) })).refused).toHaveLength(1);
  });

  it('may name what the catalogue knows while its registry is away, and no version that nobody ever saw; a registry may come later', async () => {
    const away = { type: 'away', message: 'The registry does not answer.' } as const;
    const { reads } = packReads([], {
      known: { ...away, catalogued: { version: '1.0.0', constraints: { kubernetes: '<1.30' } } },
      unknown: { ...away, catalogued: undefined },
      none: { type: 'no-registry' },
    });
    const from = (registry: string) =>
      profile([version([{ ...layer('web', '1.0.0'), chart: { registry, name: 'web', version: '1.0.0' } }])]);
    expect(await admit(from('known'), reads)).toEqual({
      refused: ['spec.versions[0].layers[2]: layer "web" (web 1.0.0) needs Kubernetes <1.30, not 1.35.4'],
      warnings: [
        'spec.versions[0].layers[2].chart: layer "web" (web 1.0.0) cannot be read now: The registry does not answer. Its values and its constraints are not checked.',
      ],
    });
    expect((await admit(from('unknown'), reads)).refused).toEqual([
      'spec.versions[0].layers[2].chart: layer "web" (web 1.0.0) cannot be read now: The registry does not answer. Nobody has seen that version before. Save the version as a draft meanwhile, or try again when its registry answers.',
    ]);
    expect(await admit(from('none'), reads)).toEqual({
      refused: [],
      warnings: ['spec.versions[0].layers[2].chart.registry: layer "web" (web 1.0.0): there is no registry "none" of the tenant'],
    });
  });

  it('asks about what a write adds only', async () => {
    const { reads, asked } = packReads([web]);
    const first = version([layer('gone', '1.0.0')]);
    const next = { ...version([layer('web', '1.0.0')]), version: '1.1.0' };
    const old = { ...profile([first]), status: { published: [{ version: '1.0.0', hash: '' }], removed: [] } };
    expect(await admit(profile([first, next]), reads, { old })).toEqual({ refused: [], warnings: [] });
    expect(asked).toEqual(['web 1.0.0']);
  });
});

describe('a cluster and its packs', () => {
  const web = pack('web', '1.0.0');
  const cluster = (spec: object = {}) => object('Cluster', 'dev', { profile: { name: 'shop', version: '1.0.0' }, ...spec }, 'p');
  const values = { replicas: '{{ .var.replicas }}', host: '{{ .var.key }}' };
  const shop = profile([version([layer('web', '1.0.0', { values })])]);

  it('is judged by its values as they are filled in, and the variable or override to mend is named', async () => {
    const { reads } = packReads([web]);
    const beside = [shop];
    expect((await admit(cluster(), reads, { beside })).refused).toEqual([]);
    expect((await admit(cluster({ variables: { replicas: 50 } }), reads, { beside })).refused).toEqual([
      'spec.variables.replicas: layer "web" (web 1.0.0) gets it as values.replicas: must be at most 9',
    ]);
    expect((await admit(cluster({ overrides: { web: { values: { replicas: 'x' } } } }), reads, { beside })).refused).toEqual([
      'spec.overrides.web.values.replicas: layer "web" (web 1.0.0): must be at most 9',
    ]);
  });

  it('counts on its add-ons, and is refused when nobody brings what a pack needs', async () => {
    const needy = pack('web', '1.0.0', { constraints: { dependencies: [{ pack: 'certs', version: '>=1.13' }] } });
    const { reads } = packReads([needy, pack('certs', '1.14.2')], {}, { certs: [{ version: '1.14.2' }] });
    const extra = object('ClusterProfile', 'extra', {
      type: 'addon',
      versions: [{ version: '1.0.0', layers: [layer('certs', '1.14.2')] }],
    });
    const beside = [shop, extra];
    expect((await admit(cluster(), reads, { beside })).refused).toEqual([
      'profile shop@1.0.0.layers[2]: layer "web" (web 1.0.0) needs a layer with the pack certs >=1.13, and there is none; add it: certs 1.14.2 would do',
    ]);
    expect((await admit(cluster({ addons: [{ name: 'extra', version: '1.0.0' }] }), reads, { beside })).refused).toEqual([]);
  });

  it('waits for charts of registries that are away, and is not held up by what was wrong before', async () => {
    const away = packReads([], { stable: { type: 'away', message: 'The registry does not answer.', catalogued: undefined } });
    expect(await admit(cluster(), away.reads, { beside: [shop] })).toMatchObject({
      refused: [],
      warnings: [expect.stringContaining('profile shop@1.0.0.layers[2].chart: layer "web" (web 1.0.0) cannot be read now')],
    });
    const { reads } = packReads([pack('web', '1.0.0', { constraints: { clouds: ['aws'] } })]);
    const before = cluster();
    const scaled = cluster({ controlPlane: { replicas: 3 } });
    expect((await admit(scaled, reads, { beside: [shop] })).refused).toHaveLength(1);
    expect((await admit(scaled, reads, { beside: [shop], old: before })).refused).toEqual([]);
    expect((await admit(cluster({ variables: { replicas: 50 } }), reads, { beside: [shop], old: before })).refused).toEqual([
      expect.stringContaining('must be at most 9'),
    ]);
  });

  it('too small for its packs: told when it is made, refused when it changes so, told when a pool shrinks', async () => {
    const { reads } = packReads([pack('web', '1.0.0', { constraints: { resources: { cpu: 6 } } })]);
    const size = { cpu: 2 };
    const small = cluster({ controlPlane: { replicas: 1, size } });
    const pool = (replicas: number) => object('MachinePool', 'dev-workers', { cluster: 'dev', replicas, size }, 'p');
    const needs = (has: number) =>
      `profile shop@1.0.0.layers[2]: layer "web" (web 1.0.0) needs 6 of cpu, and all nodes together have ${has}; add nodes, take larger ones, or lower what the layer asks for`;
    expect(await admit(small, reads, { beside: [shop] })).toEqual({ refused: [], warnings: [needs(2)] });
    const grown = cluster({ controlPlane: { replicas: 3, size } });
    expect(await admit(small, reads, { beside: [shop], old: grown })).toEqual({ refused: [needs(2)], warnings: [] });
    expect(await admit(pool(1), reads, { beside: [shop, small, pool(3)], old: pool(3) })).toEqual({ refused: [], warnings: [needs(4)] });
    expect(await admit(pool(2), reads, { beside: [shop, small, pool(3)], old: pool(3) })).toEqual({ refused: [], warnings: [] });
  });
});
