import { waitFor } from '@slipway/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstance, type Instance } from '@slipway/testkit';

const url = process.env['SLIPWAY_TEST_DATABASE_URL'];

/** The same spine on PostgreSQL and with stock Cluster API binaries: three control planes, one lost and replaced. */
describe.skipIf(!url)('three control planes, hub on PostgreSQL, stock Cluster API', () => {
  let instance: Instance;

  beforeAll(async () => {
    instance = await createInstance({ name: 'pg', port: 7571, env: { DATABASE_URL: url ?? '' } });
    await instance.slipway(['up', '--no-cluster', '--stock-cluster-api'], { timeoutMs: 1_800_000 });
  }, 1_900_000);
  afterAll(async () => {
    await instance.dispose();
  });

  const nodes = async () => JSON.parse((await instance.kubectl('ha', ['get', 'nodes', '-o', 'json'])).stdout).items;

  it('creates a cluster', async () => {
    await instance.slipway(['apply', '-f', await instance.write('ha.yaml', ha)]);
    const cluster = await instance.settled('ha', 600_000);
    expect(cluster.status.controlPlane).toEqual({ replicas: 1, ready: 1 });
  }, 700_000);

  it('creates one of the same name in another tenant, for the people of that tenant and nobody else', async () => {
    await instance.slipway(['apply', '-f', await instance.write('tenant.yaml', tenant)]);
    await instance.slipway(['apply', '--tenant', 'acme', '-f', await instance.write('acme.yaml', acme)]);
    await instance.slipway(['apply', '-f', await instance.write('outsider.yaml', accounts)]);
    const keyOf = async (name: string, of: readonly string[]) => {
      const args = ['apikey', 'create', 'key', '--service-account', name, '--ttl', '1d', ...of];
      return { SLIPWAY_TOKEN: (await instance.slipway(args)).stdout.trim() };
    };
    const insider = await keyOf('ci', ['--tenant', 'acme']);
    const outsider = await keyOf('ci', []);
    const theirs = async (args: readonly string[], env: Record<string, string>) => instance.slipway(args, { env, allow: [0, 1, 3, 4] });
    await waitFor(
      async () => {
        const { status } = JSON.parse((await theirs(['get', 'cluster', 'ha', '-o', 'json'], insider)).stdout);
        if (status?.phase !== 'Running') throw new Error(`${status?.phase}: ${status?.message}`);
        return true;
      },
      { what: 'the cluster of acme', timeoutMs: 600_000, intervalMs: 1000 },
    );
    const kubeconfig = `${instance.scratch}/acme.kubeconfig`;
    await theirs(['kubeconfig', 'ha', '-o', kubeconfig], insider);
    const inside = ['kubectl', '--', '--kubeconfig', kubeconfig, 'get', 'nodes', '-o', 'json'];
    const own = JSON.parse((await theirs(inside, insider)).stdout).items.map(({ metadata }: any) => metadata.name);
    expect(own).toHaveLength(1);
    expect((await nodes()).map((node: any) => node.metadata.name)).not.toContain(own[0]);
    // To somebody of `default` there is neither the cluster nor the tenant: the same answer as for one that never was.
    const asked = async (name: string) => {
      const { code, stdout, stderr } = await theirs(['get', 'clusters', '--tenant', name], outsider);
      return { code, said: `${stdout}${stderr}`.replaceAll(name, 'NAME').replace(/request [0-9a-f-]{36}/, 'request ID') };
    };
    const answer = await asked('acme');
    expect(answer.code).not.toBe(0);
    expect(answer).toEqual(await asked('never-was'));
    expect((await theirs(['get', 'clusters', '-o', 'json'], outsider)).stdout).not.toContain('acme');
    const mine = await instance.get('cluster', 'ha');
    expect(mine.metadata.uid).not.toBe(JSON.parse((await theirs(['get', 'cluster', 'ha', '-o', 'json'], insider)).stdout).metadata.uid);
    await instance.slipway(['delete', 'cluster', 'ha', '--tenant', 'acme', '--yes', '--wait'], { timeoutMs: 300_000 });
    expect((await nodes()).length, 'and this one never noticed').toBe(2);
  }, 900_000);

  it('grows the control plane 1 → 3 behind the same endpoint', async () => {
    const endpoint = (await instance.get('cluster', 'ha')).status.endpoint;
    await instance.slipway(['scale', 'control-plane', 'ha', '3', '--yes']);
    await waitFor(async () => (await instance.get('cluster', 'ha')).status.controlPlane.ready === 3, {
      what: 'three control planes',
      timeoutMs: 600_000,
      intervalMs: 2000,
    });
    expect((await instance.get('cluster', 'ha')).status.endpoint).toBe(endpoint);
    await instance.settled('ha', 300_000);
  }, 1_000_000);

  it('loses one control plane without losing the API, and replaces it', async () => {
    const [victim, survivor] = (await nodes())
      .filter((node: any) => 'node-role.kubernetes.io/control-plane' in node.metadata.labels)
      .map((node: any) => node.metadata.name);
    // By the cluster's own endpoint: the agent, and with it the tunnel, may have been on the machine that dies.
    const { stdout } = await instance.slipway(['machine', 'exec', survivor, '--', 'cat', '/etc/kubernetes/admin.conf']);
    const admin = await instance.write('admin.conf', stdout);
    const directly = async () => {
      const args = ['kubectl', '--', '--kubeconfig', admin, '--request-timeout', '5s', 'get', 'nodes', '-o', 'json'];
      return JSON.parse((await instance.slipway(args, { timeoutMs: 20_000 })).stdout).items;
    };
    await instance.slipway(['machine', 'kill', victim, '--yes']);
    await waitFor(async () => (await directly()).length > 0, {
      what: 'the API to answer through another control plane',
      timeoutMs: 30_000,
      intervalMs: 500,
    });
    await waitFor(
      async () => {
        const names = (await directly())
          .filter((node: any) => 'node-role.kubernetes.io/control-plane' in node.metadata.labels)
          .map((node: any) => node.metadata.name);
        return names.length === 3 && !names.includes(victim);
      },
      { what: `${victim} to be replaced`, timeoutMs: 600_000, intervalMs: 3000 },
    );
    await waitFor(async () => (await nodes()).length > 0, { what: 'the tunnel', timeoutMs: 180_000, intervalMs: 1000 });
    await instance.settled('ha', 300_000);
  }, 1_000_000);

  it('deletes all of it', async () => {
    await instance.slipway(['delete', 'cluster', 'ha', '--yes', '--wait'], { timeoutMs: 300_000 });
    const left = JSON.parse((await instance.slipway(['machine', 'list', '-o', 'json'])).stdout).filter((machine: any) =>
      machine.name.startsWith('ha-'),
    );
    expect(left).toEqual([]);
  }, 320_000);
});

const tenant = `apiVersion: slipway.dev/v1
kind: Tenant
metadata: {name: acme}
spec: {}
`;

const accounts = `apiVersion: slipway.dev/v1
kind: ServiceAccount
metadata: {name: ci, namespace: default}
spec: {}
---
apiVersion: slipway.dev/v1
kind: RoleBinding
metadata: {name: ci}
spec:
  role: tenant-admin
  subjects: [{kind: ServiceAccount, name: ci, project: default}]
`;

const acme = `${accounts}---
apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: ha, namespace: default}
spec:
  profile: {name: starter, version: 1.0.0}
`;

const ha = `apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: ha, namespace: default}
spec:
  profile: {name: starter, version: 1.0.0}
---
apiVersion: slipway.dev/v1
kind: MachinePool
metadata: {name: ha-workers, namespace: default}
spec: {cluster: ha, replicas: 1}
`;
