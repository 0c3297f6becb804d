import { waitFor } from '@slipway/kit';
import { createInstance, type Instance } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CLUSTERS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];

/** Six real control planes and one profile that goes over them. The steps build on each other, in order. */
describe('a fleet of six clusters', () => {
  let instance: Instance;

  beforeAll(async () => {
    instance = await createInstance({ name: 'fleet', port: 7581 });
    await instance.slipway(['up', '--no-cluster'], { timeoutMs: 1_800_000 });
  }, 1_900_000);
  afterAll(async () => {
    await instance.dispose();
  });

  const versions = async () =>
    Object.fromEntries(
      await Promise.all(CLUSTERS.map(async (name) => [name, (await instance.get('cluster', name)).spec.profile.version] as const)),
    );
  const all = (version: string) => Object.fromEntries(CLUSTERS.map((name) => [name, version]));
  const rollout = async (name: string) => (await instance.get('rollout', name)).status;
  /** The text of a key of a ConfigMap in a cluster; undefined when there is none. */
  const text = async (cluster: string, namespace: string, name: string, key: string) => {
    const args = ['get', 'configmap', name, '-n', namespace, '-o', `jsonpath={.data.${key}}`];
    const said = await instance.kubectl(cluster, args, { allow: [0, 1] });
    return said.code === 0 ? said.stdout : undefined;
  };

  it('is made from one profile', async () => {
    await instance.slipway(['apply', '-f', await instance.write('fleet.yaml', [profile, ...CLUSTERS.map(cluster)].join('---\n'))]);
    for (const name of CLUSTERS) await instance.settled(name, 900_000);
    expect(await text('c6', 'tools', 'settings', 'size')).toBe('1');
  }, 1_500_000);

  it('goes to a new version, the canary first, and every cluster has it', async () => {
    await instance.slipway(['apply', '-f', await instance.write('good.yaml', rolloutTo('good', '1.1.0'))]);
    const plan = await instance.slipway(['rollout', 'plan', 'good'], { allow: [0, 7] });
    expect(plan.stdout).toMatch(/rollout good: \d clusters? to fleet@1\.1\.0/);
    await waitFor(async () => (await rollout('good'))?.wave === 'rest', {
      what: 'the canary to be through',
      timeoutMs: 240_000,
      intervalMs: 500,
    });
    await instance.slipway(['rollout', 'status', 'good', '--wait', '--timeout', '10m'], { timeoutMs: 620_000 });
    expect(await rollout('good')).toMatchObject({ phase: 'Completed', counts: { total: 6, done: 6, failed: 0 } });
    expect(await versions()).toEqual(all('1.1.0'));
    for (const name of CLUSTERS) expect(await text(name, 'tools', 'settings', 'size'), name).toBe('2');
  }, 700_000);

  it('halts at a layer that fails, before anybody but the canary is touched; the hub’s end in between changes nothing', async () => {
    await instance.slipway(['apply', '-f', await instance.write('bad.yaml', rolloutTo('bad', '1.2.0'))]);
    await waitFor(async () => (await rollout('bad'))?.counts?.moving === 1, {
      what: 'the canary to be moved',
      timeoutMs: 60_000,
      intervalMs: 300,
    });
    await instance.slipway(['down'], { timeoutMs: 120_000 });
    await instance.slipway(['up', '--no-cluster'], { timeoutMs: 300_000 });
    await waitFor(async () => (await rollout('bad'))?.phase === 'Halted', {
      what: 'the rollout to halt',
      timeoutMs: 300_000,
      intervalMs: 1000,
    });
    const status = await rollout('bad');
    expect(status).toMatchObject({
      counts: { total: 6, failed: 1, waiting: 5 },
      message: expect.stringMatching(/default\/c\d failed: .*broken/),
    });
    const [failed] = status.clusters;
    expect(await versions()).toEqual({ ...all('1.1.0'), [failed.name]: '1.2.0' });
    const said = await instance.slipway(['rollout', 'status', 'bad']);
    expect(said.stdout).toContain(`Failed    default/${failed.name}`);
    // What the other layers made is there and works: a failing layer holds up nobody who does not depend on it.
    expect(await text(failed.name, 'tools', 'settings', 'size')).toBe('3');
  }, 700_000);

  it('goes back to where it came from', async () => {
    await instance.slipway(['rollout', 'back', 'bad']);
    await waitFor(async () => (await rollout('bad'))?.phase === 'RolledBack', {
      what: 'the way back',
      timeoutMs: 240_000,
      intervalMs: 1000,
    });
    expect(await versions()).toEqual(all('1.1.0'));
    for (const name of CLUSTERS) await instance.settled(name);
    for (const name of CLUSTERS) expect(await text(name, 'tools', 'settings', 'size'), name).toBe('2');
  }, 400_000);

  it('loses a layer only with an approval, and of its namespace nothing that is somebody else’s', async () => {
    await instance.kubectl('c2', ['create', 'configmap', 'foreign', '-n', 'tools', '--from-literal=of=somebody']);
    await instance.slipway(['apply', '-f', await instance.write('less.yaml', cluster('c2').replace('1.0.0', '1.3.0'))]);
    const pending = await waitFor(
      async () => {
        const { status } = await instance.get('cluster', 'c2');
        if (!status.approval) throw new Error(status.message);
        return status.approval;
      },
      { what: 'the question for an approval', timeoutMs: 60_000, intervalMs: 500 },
    );
    expect(pending.disruptions).toEqual([expect.stringMatching(/^data-loss: layer tools is removed/)]);
    expect(await text('c2', 'tools', 'settings', 'size'), 'nothing is done before').toBe('2');
    await instance.slipway(['approve', 'cluster', 'c2', '--yes']);
    await waitFor(async () => (await text('c2', 'tools', 'settings', 'size')) === undefined, {
      what: 'the layer to go',
      timeoutMs: 120_000,
      intervalMs: 1000,
    });
    await instance.settled('c2');
    expect(await text('c2', 'tools', 'foreign', 'of')).toBe('somebody');
    const { status } = await instance.get('cluster', 'c2');
    expect(status.kept).toMatchObject([{ layer: 'tools', kept: [{ object: { kind: 'Namespace', name: 'tools' } }] }]);
    expect((await instance.slipway(['describe', 'cluster', 'c2'])).stdout).toMatch(/Namespace tools/);
  }, 400_000);

  it('is deleted', async () => {
    await Promise.all(CLUSTERS.map((name) => instance.slipway(['delete', 'cluster', name, '--yes', '--wait'], { timeoutMs: 400_000 })));
    expect(
      JSON.parse((await instance.slipway(['machine', 'list', '-o', 'json'])).stdout).filter(({ name }: any) => /^c\d-/.test(name)),
    ).toEqual([]);
  }, 420_000);
});

const cluster = (name: string) => `apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: ${name}, namespace: default, labels: {fleet: "yes"}}
spec:
  profile: {name: fleet, version: 1.0.0}
  controlPlane: {replicas: 1}
`;

const rolloutTo = (name: string, version: string) => `apiVersion: slipway.dev/v1
kind: Rollout
metadata: {name: ${name}}
spec:
  target: {name: fleet, version: ${version}}
  selector: {labels: fleet=yes}
  waves:
    - {name: canary, count: 1}
    - {name: rest, percent: 100}
  maxConcurrent: 3
  gates: {readyMinutes: 0.05, timeoutMinutes: 10, failedMinutes: 0.1}
`;

/** One version: a namespace with settings, and what more is given. */
const version = (number: string, size: number | undefined, more = '') => `    - version: ${number}
      layers:
        - {name: os, type: os, namespace: kube-system, builtin: {name: debian, version: "12"}}
        - {name: kubernetes, type: kubernetes, namespace: kube-system, builtin: {name: kubernetes, version: v1.35.4}}
        - {name: cni, type: cni, namespace: kube-system, builtin: {name: routed, version: 1.0.0}}
        - name: base
          type: addon
          namespace: default
          manifests:
            - "{apiVersion: v1, kind: ConfigMap, metadata: {name: base}, data: {version: \\"${number}\\"}}"
${
  size === undefined
    ? ''
    : `        - name: tools
          type: addon
          namespace: tools
          manifests:
            - "{apiVersion: v1, kind: Namespace, metadata: {name: tools}}"
            - "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: tools}, data: {size: \\"${size}\\"}}"
`
}${more}`;

const broken = `        - name: broken
          type: addon
          namespace: default
          timeoutSeconds: 15
          manifests:
            - "{apiVersion: v1, kind: ConfigMap, metadata: {name: never}, data: {ready: \\"no\\"}}"
          readiness:
            - {type: expression, apiVersion: v1, kind: ConfigMap, name: never, expression: "object.data.ready == 'yes'"}
`;

const profile = `apiVersion: slipway.dev/v1
kind: ClusterProfile
metadata: {name: fleet}
spec:
  versions:
${version('1.0.0', 1)}${version('1.1.0', 2)}${version('1.2.0', 3, broken)}${version('1.3.0', undefined)}`;
