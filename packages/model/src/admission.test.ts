import { readFile } from 'node:fs/promises';
import { SlipwayError } from '@slipway/kit';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { configMap } from './cluster-profile/test-profiles.ts';
import { findKind } from './kinds.ts';
import type { ApiObject } from './meta/object.ts';

/** Objects as the API has them when it asks for admission: parsed by their kind's schema. */
function object(
  kind: string,
  name: string,
  spec: unknown,
  more: { project?: string; status?: unknown; metadata?: object } = {},
): ApiObject<any, any> {
  return {
    apiVersion: 'slipway.dev/v1',
    kind,
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(more.project === undefined ? {} : { namespace: more.project }),
      ...more.metadata,
    },
    spec: findKind(kind)?.spec.parse(spec),
    ...(more.status === undefined ? {} : { status: more.status }),
  };
}

const profileVersion = (version: string, kubernetes: string, more: object[] = []) => ({
  version,
  variables: [{ name: 'size', type: 'number', min: 1, max: 9, default: 1 }],
  layers: [{ name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: kubernetes } }, ...more],
});
const starter = object('ClusterProfile', 'starter', {
  versions: [
    profileVersion('1.0.0', '1.35.4'),
    profileVersion('1.0.1', '1.35.4', [{ name: 'a', type: 'addon', manifests: [configMap('a')] }]),
    profileVersion('1.1.0', '1.36.3'),
    profileVersion('1.2.0', '1.37.0'),
  ],
});
const account = object('CloudAccount', 'local', { cloud: 'local' });
const gateway = object('Gateway', 'local', {});
const cluster = (spec: object = {}, more: object = {}) =>
  object('Cluster', 'dev', { profile: { name: 'starter', version: '1.0.0' }, ...spec }, { project: 'p', ...more });
const pool = (spec: object = {}, name = 'dev-workers', more: object = {}) =>
  object('MachinePool', name, { cluster: 'dev', replicas: 1, ...spec }, { project: 'p', ...more });

function reads(objects: readonly ApiObject[]) {
  return {
    get: async (kind: string, name: string, project?: string) =>
      objects.find(
        (item) => item.kind === kind && item.metadata.name === name && (project === undefined || item.metadata.namespace === project),
      ),
    list: async (kind: string, project?: string) =>
      objects.filter((item) => item.kind === kind && (project === undefined || item.metadata.namespace === project)),
    everywhere: async (kind: string) => objects.filter((item) => item.kind === kind).map((object) => ({ tenant: 'default', object })),
  };
}

async function outcome(work: Promise<void> | undefined): Promise<string[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return error.causes.length > 0 ? error.causes.map((cause) => `${cause.field}: ${cause.message}`) : [`${error.code}: ${error.message}`];
  }
}

const world = [starter, account, gateway];
const admit = (candidate: ApiObject<any, any>, old?: ApiObject<any, any>, objects: readonly ApiObject[] = world) =>
  outcome(
    findKind(candidate.kind)?.admit?.({
      object: candidate,
      tenant: 'default',
      ...(old === undefined ? {} : { old }),
      reads: reads(objects),
    }),
  );
const admitDelete = (candidate: ApiObject<any, any>, objects: readonly ApiObject[]) =>
  outcome(findKind(candidate.kind)?.admitDelete?.({ object: candidate, reads: reads(objects) }));

describe('a cluster', () => {
  it('is admitted when all it names is there', async () => {
    expect(await admit(cluster({ variables: { size: 3 }, controlPlane: { replicas: 3 } }))).toEqual([]);
  });

  it.each([
    [{ profile: { name: 'nope', version: '1.0.0' } }, 'spec.profile.name: there is no ClusterProfile "nope"'],
    [
      { profile: { name: 'starter', version: '9.9.9' } },
      'spec.profile.version: profile "starter" has no version 9.9.9; it has: 1.0.0, 1.0.1, 1.1.0, 1.2.0',
    ],
    [{ cloudAccount: 'aws' }, 'spec.cloudAccount: there is no CloudAccount "aws"; there are: local'],
    [{ gateway: 'far' }, 'spec.gateway: there is no Gateway "far"; there are: local'],
    [{ variables: { size: 99 } }, 'spec.variables.size: must be a number from 1 to 9, not 99'],
    [{ variables: { sise: 1 } }, 'spec.variables.sise: the profile has no variable "sise"; it has: size'],
  ])('is refused for %j', async (spec, expected) => {
    expect((await admit(cluster(spec))).join('\n')).toContain(expected);
  });

  it('must have a name that leaves room for machine names', async () => {
    expect((await admit(object('Cluster', 'x'.repeat(44), cluster().spec, { project: 'p' })))[0]).toContain(
      'metadata.name: must have at most 43 characters, not 44',
    );
    expect(await admit(object('Cluster', 'x'.repeat(43), cluster().spec, { project: 'p' }))).toEqual([]);
    expect((await admit(object('Cluster', 'a.b', cluster().spec, { project: 'p' })))[0]).toContain('metadata.name: must hold only');
  });

  it('with an even control plane is refused by its schema, with the reason', () => {
    const result = findKind('Cluster')?.spec.safeParse({ profile: { name: 'a', version: '1' }, controlPlane: { replicas: 2 } });
    expect(result?.error?.issues[0]).toMatchObject({
      path: ['controlPlane', 'replicas'],
      message: expect.stringContaining('must be 1, 3 or 5'),
    });
  });

  it('stays where it is', async () => {
    const causes = await admit(cluster({ gateway: 'other' }), cluster(), [...world, object('Gateway', 'other', {})]);
    expect(causes).toEqual(['spec.gateway: cannot be changed from "local": machines do not move; create another cluster there']);
  });

  const at = (version: string, status?: object) => cluster({ profile: { name: 'starter', version } }, status ? { status } : {});
  it('moves up one minor version of Kubernetes at a time and never down, but layers may go back', async () => {
    expect(await admit(at('1.1.0'), at('1.0.0'))).toEqual([]);
    expect(await admit(at('1.0.0'), at('1.0.1'))).toEqual([]);
    expect((await admit(at('1.2.0'), at('1.0.0')))[0]).toContain(
      'one minor version at a time: from v1.35.4 the next is 1.36.x, not v1.37.0',
    );
    expect((await admit(at('1.0.0'), at('1.1.0')))[0]).toMatch(
      /spec\.profile\.version: Kubernetes cannot go back from v1\.36\.3 to v1\.35\.4.*Choose a profile version with Kubernetes 1\.36\.x/,
    );
    expect(
      (await admit(at('1.2.0'), at('1.1.0', { kubernetesVersion: 'v1.35.4' })))[0],
      'while an upgrade is under way, what runs counts',
    ).toContain('one minor version at a time');
  });

  it('is moved to another profile version only when every conflict with what it wants otherwise is decided', async () => {
    const layer = (values: object) => ({
      name: 'db',
      type: 'addon',
      chart: { registry: 'r', name: 'db', version: '1.0.0' },
      values,
    });
    const own = object('ClusterProfile', 'own', {
      versions: [
        profileVersion('1.0.0', '1.35.4', [layer({ replicas: 1, tag: 'a', old: 1 })]),
        profileVersion('1.1.0', '1.35.4', [layer({ replicas: 2, tag: 'b' })]),
        profileVersion('1.2.0', '1.35.4'),
      ],
    });
    const on = (version: string, db: object) => cluster({ profile: { name: 'own', version }, overrides: { db } });
    const objects = [...world, own];
    const values = { replicas: 5, tag: 'mine' };
    expect((await admit(on('1.1.0', { values }), on('1.0.0', { values }), objects)).map((cause) => cause.split(':')[0])).toEqual([
      'spec.overrides.db.values.replicas',
      'spec.overrides.db.values.tag',
    ]);
    const one = { values, madeFor: '1.1.0', decisions: { replicas: 'keep' } };
    expect((await admit(on('1.1.0', one), on('1.0.0', { values }), objects)).join()).toContain(
      '1.0.0 has "a", 1.1.0 has "b", and this cluster wants "mine"; decide with spec.overrides.db.decisions.tag: keep',
    );
    const both = { ...one, decisions: { replicas: 'keep', tag: 'take' } };
    expect(await admit(on('1.1.0', both), on('1.0.0', { values }), objects)).toEqual([]);
    expect(await admit(on('1.1.0', { ...both, madeFor: '1.0.0' }), on('1.0.0', { values }), objects)).toHaveLength(2);
    // A layer that goes takes no override with it, and is no reason to refuse; a slip of the pen is.
    const told: string[] = [];
    const gone = { object: on('1.2.0', { values }), old: on('1.0.0', { values }), tenant: 'default', reads: reads(objects) };
    expect(await outcome(findKind('Cluster')?.admit?.({ ...gone, warn: (text) => void told.push(text) }))).toEqual([]);
    expect(told.join()).toContain('layer db (the layer is not there)');
    expect(await admit(on('1.2.0', { values }), undefined, objects)).toEqual([
      'spec.overrides.db: there is no layer "db"; there are: kubernetes',
    ]);
    // A plan is shown all the same: there the conflicts are told, to be decided.
    const planned = { object: on('1.1.0', { values }), old: on('1.0.0', { values }), tenant: 'default', reads: reads(objects) };
    expect(await outcome(findKind('Cluster')?.admit?.({ ...planned, planned: true }))).toEqual([]);
  });

  it('keeps the pod network it was made with', async () => {
    const net = (cni: object) => [
      { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
      { name: 'net', type: 'cni', ...cni },
    ];
    const flannel = (version: string) => net({ chart: { registry: 'builtin', name: 'flannel', version } });
    const layers = {
      '1.0.0': net({ builtin: { name: 'routed', version: '1.0.0' } }),
      '2.0.0': flannel('1.0.0'),
      '2.1.0': flannel('1.1.0'),
    };
    const profile = object('ClusterProfile', 'nets', {
      versions: Object.entries(layers).map(([version, of]) => ({ version, description: '', variables: [], layers: of })),
    });
    const on = (version: string) => cluster({ profile: { name: 'nets', version } });
    const reads = [profile, account, gateway];
    expect(await admit(on('2.1.0'), on('2.0.0'), reads)).toEqual([]);
    expect(await admit(on('2.0.0'), on('1.0.0'), reads)).toEqual([
      expect.stringMatching(
        /^spec\.profile\.version: the pod network of a running cluster cannot be changed in place, from routed to flannel: .*create another cluster/,
      ),
    ]);
  });

  it('can always lose a finalizer or change a label, however broken what it names has become', async () => {
    expect(
      await admit(cluster({ profile: { name: 'gone', version: '1' } }), cluster({ profile: { name: 'gone', version: '1' } }), []),
    ).toEqual([]);
  });
});

describe('a machine pool', () => {
  const withCluster = [...world, cluster()];
  it.each([
    [pool({ cluster: 'nope' }), 'spec.cluster: there is no cluster "nope" in project "p"; there are: dev'],
    [pool({ pool: 'control-plane' }), 'spec.pool: "control-plane" is the control plane\'s own'],
    [pool({ labels: { 'a b': 'x' } }), 'spec.labels["a b"]: "a b" is not a valid key'],
    [pool({ labels: { 'node-role.kubernetes.io/x': '' } }), 'a node may not give it to itself'],
    [pool({ taints: [{ key: 'a', value: 'b c', effect: 'NoSchedule' }] }), 'spec.taints[0]: the value must be'],
    [pool({}, `dev-${'x'.repeat(33)}`), 'at most 32 characters'],
  ])('is refused: %#', async (candidate, expected) => {
    expect((await admit(candidate, undefined, withCluster)).join('\n')).toContain(expected);
  });

  it('is admitted otherwise, also with labels of its own', async () => {
    expect(await admit(pool({ labels: { 'example.org/tier': 'web', 'node.kubernetes.io/x': '1' } }), undefined, withCluster)).toEqual([]);
  });

  it.each([-1, 501, 1.5])('of %d machines is refused by its schema', (replicas) => {
    expect(findKind('MachinePool')?.spec.safeParse({ cluster: 'dev', replicas }).success).toBe(false);
  });

  it("must have a name that fits machine names together with the cluster's", async () => {
    const long = object('Cluster', 'c'.repeat(40), cluster().spec, { project: 'p' });
    const candidate = (name: string) =>
      object('MachinePool', 'x', { cluster: long.metadata.name, pool: name, replicas: 1 }, { project: 'p' });
    expect(await admit(candidate('a'.repeat(10)), undefined, [...world, long])).toEqual([]);
    expect((await admit(candidate('a'.repeat(11)), undefined, [...world, long]))[0]).toContain('must have at most 10 characters');
  });

  it('keeps its cluster and its name, which no other pool of the cluster may have', async () => {
    expect((await admit(pool({ pool: 'other' }), pool(), withCluster))[0]).toContain('cannot be changed from "workers"');
    expect((await admit(pool({ pool: 'workers' }, 'second'), undefined, [...withCluster, pool()]))[0]).toContain(
      'already has a pool "workers" (MachinePool "dev-workers")',
    );
  });

  it('has of its own only what its machines can have, and that in values', async () => {
    const own = object('ClusterProfile', 'own', {
      versions: ['1.0.0', '1.1.0'].map((version, index) => ({
        version,
        layers: [
          { name: 'debian', type: 'os', builtin: { name: 'debian', version: '12' } },
          {
            name: 'k8s',
            type: 'kubernetes',
            builtin: { name: 'kubernetes', version: '1.35.4' },
            values: { kubelet: { maxPods: 50 + index, evictionSoftGracePeriod: { 'pid.available': '1m' } } },
          },
          { name: 'a', type: 'addon', manifests: [configMap('a')] },
        ],
      })),
    });
    const on = (version: string) => cluster({ profile: { name: 'own', version } });
    const objects = [...world, own, on('1.0.0')];
    const wants = (overrides: object) => admit(pool({ overrides }), undefined, objects);
    expect(await wants({ k8s: { values: { kubelet: { maxPods: 20, evictionSoft: { 'pid.available': '5%' } } } } })).toEqual([]);
    for (const [overrides, expected] of [
      [{ debian: { values: { a: 1 } } }, 'spec.overrides.debian: no cloud takes settings of the os layer'],
      [
        { a: { values: {} } },
        'spec.overrides.a: layer "a" is installed in the cluster, not made into machines: override it in spec.overrides of Cluster "dev"',
      ],
      [{ k9s: { values: {} } }, 'spec.overrides.k9s: cluster "dev" has no layer "k9s"; machines are made of: k8s'],
      [{ k8s: { values: { kubelet: { maxPods: '{{ .var.size }}' } } } }, 'spec.overrides.k8s.values: cannot hold references'],
      [{ k8s: { values: { kubelet: { maxPod: 1 } } } }, 'spec.overrides.k8s.values.kubelet.maxPod: is no setting of the kubelet'],
      [{ k8s: { values: { apiServer: {} } } }, 'spec.overrides.k8s.values.apiServer: is no'],
      [
        { k8s: { values: { kubelet: { evictionSoft: { 'memory.available': '5%' } } } } },
        'evictionSoftGracePeriod: must say how long for "memory.available"',
      ],
    ] as const)
      expect((await wants(overrides)).join('\n'), JSON.stringify(overrides)).toContain(expected);
    // The move of its cluster asks about it too; what is decided stands at the pool, before.
    const values = { kubelet: { maxPods: 20 } };
    const undecided = [...objects, pool({ overrides: { k8s: { values } } })];
    expect(await admit(on('1.1.0'), on('1.0.0'), undecided)).toEqual([
      'spec.profile.version: conflict with spec.overrides.k8s.values.kubelet.maxPods of MachinePool "dev-workers": 1.0.0 has 50, 1.1.0 has 51, and pool dev-workers wants 20; ' +
        'decide in MachinePool "dev-workers", before the move, with spec.overrides.k8s.decisions["kubelet.maxPods"]: keep (its own) or take (the profile\'s), and spec.overrides.k8s.madeFor: 1.1.0',
    ]);
    const decided = pool({ overrides: { k8s: { values, madeFor: '1.1.0', decisions: { 'kubelet.maxPods': 'keep' } } } });
    expect(await admit(on('1.1.0'), on('1.0.0'), [...objects, decided])).toEqual([]);
  });

  it('is not made for a cluster that is being deleted', async () => {
    const deleting = cluster({}, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect((await admit(pool(), undefined, [...world, deleting]))[0]).toContain('is being deleted');
  });
});

describe('a profile', () => {
  const changed = (change: (versions: any[]) => unknown[]) =>
    object('ClusterProfile', 'starter', { versions: change(structuredClone(starter.spec.versions)) });
  it('keeps the versions that clusters use as they are', async () => {
    const used = [...world, cluster()];
    const edited = changed(([first, ...rest]) => [
      { ...first, layers: [{ ...first.layers[0], builtin: { name: 'kubernetes', version: '1.35.5' } }] },
      ...rest,
    ]);
    expect(await admit(edited, starter, used)).toEqual([
      'spec.versions[0].layers[0].builtin.version: version 1.0.0 is published and cannot be changed; add a new version and move the clusters to it',
    ]);
    expect((await admit(edited, starter, world))[0], 'unused, it is published all the same').toContain('version 1.0.0 is published');
    expect(
      (
        await admit(
          changed((versions) => versions.slice(1)),
          starter,
          used,
        )
      )[0],
    ).toContain('version 1.0.0 is used by p/dev and cannot be removed');
    expect(
      await admit(
        changed((versions) => [...versions.toReversed(), profileVersion('2.0.0', '1.36.3')]),
        starter,
        used,
      ),
      'order is free',
    ).toEqual([]);
  });

  it('has each version once, and only versions that can be resolved', async () => {
    expect((await admit(changed((versions) => [...versions, versions[0]])))[0]).toContain(
      'spec.versions[4].version: there is already a version 1.0.0',
    );
    const broken = changed((versions) => [
      ...versions,
      profileVersion('3.0.0', '1.36.3', [{ name: 'x', type: 'addon', dependsOn: ['y'], manifests: ['a: ['] }]),
    ]);
    expect((await admit(broken)).map((cause) => cause.split(':')[0])).toEqual([
      'spec.versions[4].layers[1].dependsOn[0]',
      'spec.versions[4].layers[1].manifests[0]',
    ]);
  });

  it.each(['starter', 'starter-flannel', 'web'])(
    '%s that ships with Slipway is admitted, and its second version is a legal upgrade of its first',
    async (name) => {
      const text = await readFile(new URL(`../../../packs/profiles/${name}.yaml`, import.meta.url), 'utf8');
      const shipped = parseYaml(text) as { metadata: { name: string }; spec: { versions: { version: string }[] } };
      const profile = object('ClusterProfile', shipped.metadata.name, shipped.spec);
      expect(await admit(profile)).toEqual([]);
      const versions = shipped.spec.versions.map(({ version }) => version);
      const on = (version: string | undefined) => cluster({ profile: { name: shipped.metadata.name, version } });
      expect(await admit(on(versions[1]), on(versions[0]), [profile, account, gateway])).toEqual([]);
    },
  );
});

describe('deletion', () => {
  it('of what a cluster uses is refused and names the cluster', async () => {
    for (const candidate of world)
      expect((await admitDelete(candidate, [...world, cluster()]))[0]).toMatch(/^Conflict: .*used by cluster p\/dev/);
    for (const candidate of world) expect(await admitDelete(candidate, world)).toEqual([]);
  });

  it('of a gateway that the installation lends tells how many clusters of others depend on it, and not whose', async () => {
    const lent = { ...gateway, spec: { ...gateway.spec, provider: 'installation' } };
    const everywhere = [
      { tenant: 'default', object: gateway },
      ...['secret-tenant', 'other-tenant'].map((tenant) => ({ tenant, object: { ...lent, metadata: { ...lent.metadata, uid: tenant } } })),
      { tenant: 'own-tenant', object: { ...gateway, metadata: { ...gateway.metadata, uid: 'own' } } },
      ...['secret-tenant', 'secret-tenant', 'other-tenant', 'own-tenant'].map((tenant) => ({ tenant, object: cluster() })),
    ];
    const told = (candidate: ApiObject<any, any>, all: typeof everywhere) =>
      outcome(
        findKind('Gateway')?.admitDelete?.({
          object: candidate,
          reads: { ...reads([]), everywhere: async (kind) => all.filter(({ object: { kind: own } }) => own === kind) },
        }),
      );
    expect(await told(gateway, everywhere)).toEqual([
      `Conflict: Gateway "${gateway.metadata.name}" cannot be deleted: 3 clusters of other tenants depend on it.`,
    ]);
    expect(await told({ ...gateway, metadata: { ...gateway.metadata, uid: 'own' } }, everywhere), 'a gateway of one tenant alone').toEqual(
      [],
    );
    expect(await told(gateway, everywhere.slice(0, 3))).toEqual([]);
  });

  it('of a project is refused while it has clusters, and of the default one always', async () => {
    expect((await admitDelete(object('Project', 'p', {}), [cluster()]))[0]).toContain('used by cluster p/dev');
    expect(await admitDelete(object('Project', 'q', {}), [cluster()])).toEqual([]);
    expect((await admitDelete(object('Project', 'default', {}), []))[0]).toContain('always there');
  });
});

it.each([
  [{ type: 'helm', url: 'https://user:pass@charts.example.org' }, 'must not hold a user name or password'],
  [{ type: 'oci', url: 'oci://' }, 'must be a URL with a host'],
  [{ type: 'helm', url: 'https://charts.example.org/?token=x' }, 'must not have a query'],
  [{ type: 'oci', url: 'oci://registry.example.org/charts' }, ''],
])('a registry at %j', async (spec, expected) => {
  expect((await admit(object('Registry', 'r', spec))).join()).toContain(expected);
});

describe('a macro', () => {
  const withMacro = object('ClusterProfile', 'macros', {
    versions: [profileVersion('1.0.0', '1.35.4', [{ name: 'a', type: 'addon', manifests: [configMap('a', '{{ .macro.domain }}')] }])],
  });
  const uses = cluster({ profile: { name: 'macros', version: '1.0.0' } });
  const macro = (kind: string, spec: object, more: object = {}) => object(kind, 'domain', spec, { metadata: { uid: kind }, ...more });
  const tenants = macro('Macro', { value: 'example.org' });
  const projects = macro('ProjectMacro', { value: 'p.example.org' }, { project: 'p' });
  const systems = macro('SystemMacro', { value: 'example.org' });

  it('must be there for a cluster that needs it, in its project, its tenant or the installation', async () => {
    expect((await admit(uses, undefined, [...world, withMacro]))[0]).toContain(
      'uses the macro "domain", which is neither in the project nor',
    );
    for (const one of [tenants, projects, systems]) expect(await admit(uses, undefined, [...world, withMacro, one])).toEqual([]);
  });

  it('stays while it is the one that clusters are made with', async () => {
    const there = [...world, withMacro, uses];
    expect((await admitDelete(tenants, [...there, tenants]))[0]).toMatch(
      /^Conflict: Macro "domain" cannot be deleted: it is used by cluster p\/dev/,
    );
    expect(await admitDelete(tenants, [...there, tenants, projects]), 'the project has its own').toEqual([]);
    expect(await admitDelete(tenants, [...there, tenants, systems]), 'the wider one is the same').toEqual([]);
    expect((await admitDelete(projects, [...there, tenants, projects]))[0], 'the wider one is another').toContain('used by cluster p/dev');
    expect((await admitDelete(systems, [...there, systems]))[0]).toContain('it is named by default/macros');
    expect(await admitDelete(tenants, [...world, tenants]), 'nobody uses it').toEqual([]);
  });

  it('has one value, under a name that can be said', async () => {
    expect((await admit(macro('Macro', {})))[0]).toContain('needs a value or a secretValue');
    expect((await admit(macro('Macro', { value: 'a', secretValue: 'b' })))[0]).toContain('either a value or a secretValue');
    expect((await admit(macro('Macro', { value: '{{ .macro.x }}' })))[0]).toContain('must not hold references');
    expect((await admit(object('Macro', 'a.b', { value: 'x' })))[0]).toContain('metadata.name');
  });
});
