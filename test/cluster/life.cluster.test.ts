import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { waitFor } from '@slipway/kit';
import { hostSnapshot, snapshotDifference } from '@slipway/machines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstance, type Instance } from '@slipway/testkit';

/** One cluster's whole life on real machines, driven by the commands a person types. The steps build on each other, in order. */
describe('a cluster from first start to purge', () => {
  let instance: Instance;
  let before: Awaited<ReturnType<typeof hostSnapshot>>;

  beforeAll(async () => {
    before = await hostSnapshot();
    instance = await createInstance({ name: 'life', port: 7551 });
  });
  afterAll(async () => {
    await instance.dispose();
  });

  const nodes = async () => JSON.parse((await instance.kubectl('dev', ['get', 'nodes', '-o', 'json'])).stdout).items;
  const machineCount = async () => JSON.parse((await instance.slipway(['get', 'machines', '-o', 'json'])).stdout).items.length;

  it('comes up from nothing with one command and says what to do next', async () => {
    const said = await instance.slipway(['up'], { timeoutMs: 1_800_000 });
    const all = said.stdout + said.stderr;
    expect(all).toMatch(/slipway kubeconfig dev/);
    const cluster = await instance.settled('dev');
    expect(cluster.status.kubernetesVersion).toBe('v1.35.4');
    expect(cluster.status.layers.map((layer: { name: string }) => layer.name)).toEqual(
      expect.arrayContaining(['storage', 'metrics-server']),
    );
    expect(cluster.status.nodes).toEqual({ total: 2, ready: 2 });
  }, 1_900_000);

  it('is safe to run again: nothing is made twice', async () => {
    const machines = await machineCount();
    const cluster = await instance.get('cluster', 'dev');
    await instance.slipway(['up'], { timeoutMs: 300_000 });
    expect(await machineCount()).toBe(machines);
    expect((await instance.get('cluster', 'dev')).metadata.uid).toBe(cluster.metadata.uid);
  }, 310_000);

  it('answers kubectl through the tunnel as the caller: get, logs -f, exec, port-forward', async () => {
    const ready = (await nodes()).map((node: any) => node.status.conditions.find((condition: any) => condition.type === 'Ready').status);
    expect(ready).toEqual(['True', 'True']);
    const who = await instance.kubectl('dev', ['auth', 'whoami', '-o', 'json']);
    const user = JSON.parse(who.stdout).status.userInfo;
    expect(user.username).toMatch(/^slipway:/);
    expect(user.groups).toContain('slipway:admins');

    await instance.kubectl('dev', ['apply', '-f', '-'], { input: workload });
    await instance.kubectl('dev', ['wait', '--for=condition=Ready', 'pod/web-0', '--timeout=90s'], { timeoutMs: 100_000 });

    const exec = await instance.kubectl('dev', [
      'exec',
      'web-0',
      '--',
      '/bin/busybox',
      'sh',
      '-c',
      'echo kept > /data/note; cat /data/note',
    ]);
    expect(exec.stdout.trim()).toBe('kept');
    const piped = await instance.kubectl('dev', ['exec', '-i', 'web-0', '--', '/bin/busybox', 'wc', '-c'], { input: 'x'.repeat(100_000) });
    expect(piped.stdout.trim()).toBe('100000');

    const logs = await instance.spawnKubectl('dev', ['logs', '-f', 'web-0', '--tail=1']);
    let seen = '';
    logs.stdout?.on('data', (chunk) => (seen += chunk));
    await waitFor(() => seen.split('\n').length > 3, { what: 'three log lines as they are written', timeoutMs: 20_000 });
    logs.kill();

    const forward = await instance.spawnKubectl('dev', ['port-forward', 'pod/web-0', '18551:8080']);
    let forwarded = '';
    forward.stdout?.on('data', (chunk) => (forwarded += chunk));
    await waitFor(() => forwarded.includes('Forwarding from'), { what: 'the port-forward to listen', timeoutMs: 20_000 });
    const page = await waitFor(async () => (await fetch('http://127.0.0.1:18551/note')).text(), {
      what: 'the page through the tunnel',
      timeoutMs: 20_000,
    });
    expect(page.trim()).toBe('kept');
    forward.kill();
    await once(forward, 'close');
  }, 240_000);

  it('serves the add-on: kubectl top knows the nodes', async () => {
    await waitFor(async () => (await instance.kubectl('dev', ['top', 'nodes'])).stdout.includes('dev-'), {
      what: 'kubectl top nodes',
      timeoutMs: 90_000,
      intervalMs: 2000,
    });
  }, 100_000);

  it('resolves names across nodes', async () => {
    const found = await waitFor(
      async () =>
        (await instance.kubectl('dev', ['exec', 'web-0', '--', '/bin/busybox', 'nslookup', 'kubernetes.default.svc.cluster.local'])).stdout,
      { what: 'cluster DNS', timeoutMs: 60_000 },
    );
    expect(found).toContain('10.96.0.1');
  }, 70_000);

  it('puts a changed and a deleted object right within 2 s', async () => {
    const at = async () =>
      Number(
        (await instance.kubectl('dev', ['get', 'deployment', '-n', 'metrics-server', 'metrics-server', '-o', 'jsonpath={.spec.replicas}']))
          .stdout,
      );
    await instance.kubectl('dev', [
      'patch',
      'deployment',
      '-n',
      'metrics-server',
      'metrics-server',
      '--type=merge',
      '-p',
      '{"spec":{"replicas":3}}',
    ]);
    await waitFor(async () => (await at()) === 1, { what: 'the replicas to be healed', timeoutMs: 5_000, intervalMs: 100 });
    await instance.kubectl('dev', ['delete', 'service', '-n', 'metrics-server', 'metrics-server']);
    await waitFor(
      async () =>
        (await instance.kubectl('dev', ['get', 'service', '-n', 'metrics-server', 'metrics-server', '-o', 'name'])).stdout.includes(
          'service/',
        ),
      {
        what: 'the service to come back',
        timeoutMs: 5_000,
        intervalMs: 100,
      },
    );
    const events = await instance.slipway(['events', 'dev']);
    expect(events.stdout + events.stderr).toMatch(/drift/i);
  }, 60_000);

  it('refuses what cannot be, with the path of the field, before anything is stored', async () => {
    const cases: [string, RegExp][] = [
      [
        'apiVersion: slipway.dev/v1\nkind: Cluster\nmetadata: {name: bad, namespace: default}\nspec: {profile: {name: starter, version: 1.0.0}, colour: red}\n',
        /spec\.colour|colour/,
      ],
      [
        'apiVersion: slipway.dev/v1\nkind: Cluster\nmetadata: {name: bad, namespace: default}\nspec: {profile: {name: nothere, version: 1.0.0}}\n',
        /spec\.profile/,
      ],
      [
        'apiVersion: slipway.dev/v1\nkind: MachinePool\nmetadata: {name: dev-huge, namespace: default}\nspec: {cluster: dev, replicas: 100000}\n',
        /spec\.replicas/,
      ],
      [
        'apiVersion: slipway.dev/v1\nkind: Cluster\nmetadata: {name: bad, namespace: default}\nspec: {profile: {name: starter, version: 1.0.0}, controlPlane: {replicas: 2}}\n',
        /spec\.controlPlane\.replicas/,
      ],
      ['apiVersion: slipway.dev/v1\nkind: Cluster\nmetadata: {name: bad\nspec: [', /bad\.yaml/],
    ];
    for (const [yaml, words] of cases) {
      const file = await instance.write('bad.yaml', yaml);
      const said = await instance.slipway(['apply', '-f', file], { allow: [1, 2] });
      expect(said.stdout + said.stderr).toMatch(words);
    }
    await instance.slipway(['get', 'cluster', 'bad'], { allow: [4] });
  }, 60_000);

  it('says in a plan what a change will do, and does not do it', async () => {
    const file = await instance.write('upgrade.yaml', clusterYaml('1.1.0'));
    const plan = await instance.slipway(['plan', '-f', file], { allow: [7] });
    expect(plan.stdout).toMatch(/1\.36\.3/);
    expect(plan.stdout).toMatch(/rolling|repave/i);
    expect((await instance.get('cluster', 'dev')).spec.profile.version).toBe('1.0.0');
  }, 60_000);

  it('keeps what it wants otherwise when its profile changes: a conflict is refused, decided, and undone', async () => {
    /** What the API server does about a rule; undefined when the layer has no such policy. */
    const actions = async (rule: string) => {
      const args = ['get', 'validatingadmissionpolicybinding', `rules-${rule}`, '-o', 'jsonpath={.spec.validationActions[*]}'];
      const said = await instance.kubectl('dev', args, { allow: [0, 1] });
      return said.code === 0 ? said.stdout : undefined;
    };
    const settledWith = (wanted: Record<string, string | undefined>) =>
      waitFor(
        async () => {
          for (const [rule, action] of Object.entries(wanted)) if ((await actions(rule)) !== action) return false;
          return true;
        },
        { what: `the policies to be ${JSON.stringify(wanted)}`, timeoutMs: 90_000, intervalMs: 1000 },
      );
    await instance.slipway(['apply', '-f', await instance.write('rules.yaml', [rulesProfile, withRules].join('---\n'))]);
    await settledWith({ 'privilege-escalation': 'Warn Audit', 'image-tags': undefined, 'resource-requests': undefined });
    const move = (...args: string[]) =>
      instance.slipway(['upgrade', 'cluster', 'dev', '--profile', ...args, '--yes'], { allow: [0, 5], timeoutMs: 60_000 });
    const refused = await move('rules@1.1.0');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('layer rules, rules.imageTags\n  1.0.0 had          "warn"\n  1.1.0 has          "audit"');
    expect(refused.stderr).toContain('rules.rules.imageTags, rules.rules.resourceRequests');
    expect((await instance.get('cluster', 'dev')).spec.addons).toMatchObject([{ version: '1.0.0' }]);
    expect((await move('rules@1.1.0', '--keep', 'rules.imageTags', '--take', 'rules.resourceRequests')).code).toBe(0);
    await settledWith({ 'privilege-escalation': 'Audit', 'image-tags': undefined, 'resource-requests': 'Audit' });
    expect((await move('rules@1.0.0')).code, 'the way back asks nothing').toBe(0);
    await settledWith({ 'privilege-escalation': 'Warn Audit', 'image-tags': undefined, 'resource-requests': undefined });
    await instance.settled('dev');
  }, 400_000);

  it('scales workers 1 → 3 → 1, with a kubelet as the pool wants it', async () => {
    await instance.slipway(['apply', '-f', await instance.write('workers.yaml', workers)]);
    await waitFor(
      async () => {
        const pods = (await nodes()).map((node: any) => [
          node.metadata.labels['node-role.kubernetes.io/control-plane'] === undefined,
          node.status.capacity.pods,
        ]);
        return pods.length === 4 && pods.every(([isWorker, limit]: [boolean, string]) => limit === (isWorker ? '60' : '110'));
      },
      { what: 'three workers with room for 60 pods each', timeoutMs: 240_000, intervalMs: 1000 },
    );
    await instance.settled('dev');
    await instance.slipway(['scale', 'pool', 'workers', '1', '--yes']);
    await waitFor(async () => (await nodes()).length === 2, { what: 'two nodes', timeoutMs: 180_000, intervalMs: 1000 });
    await instance.settled('dev');
  }, 420_000);

  it('upgrades one Kubernetes minor version, control plane then workers', async () => {
    await instance.kubectl('dev', ['delete', '-f', '-', '--wait=true', '--ignore-not-found'], { input: workload, timeoutMs: 90_000 });
    await instance.slipway(['upgrade', 'cluster', 'dev', '--profile', 'starter@1.1.0', '--yes'], { timeoutMs: 60_000 });
    await waitFor(
      async () => {
        const versions = (await nodes()).map((node: any) => node.status.nodeInfo.kubeletVersion);
        return versions.length === 2 && versions.every((version: string) => version === 'v1.36.3');
      },
      { what: 'every kubelet at v1.36.3', timeoutMs: 900_000, intervalMs: 2000 },
    );
    const cluster = await instance.settled('dev', 300_000);
    expect(cluster.status.kubernetesVersion).toBe('v1.36.3');
    const server = JSON.parse((await instance.kubectl('dev', ['version', '-o', 'json'])).stdout).serverVersion.gitVersion;
    expect(server).toBe('v1.36.3');
  }, 1_300_000);

  it('replaces a machine whose init was killed', async () => {
    const worker = (await nodes()).find((node: any) => node.metadata.labels['node-role.kubernetes.io/control-plane'] === undefined).metadata
      .name;
    await instance.slipway(['machine', 'kill', worker, '--yes']);
    await waitFor(async () => (await nodes()).every((node: any) => node.metadata.name !== worker) && (await nodes()).length === 2, {
      what: `${worker} to be replaced`,
      timeoutMs: 300_000,
      intervalMs: 2000,
    });
    await instance.settled('dev');
  }, 560_000);

  it('survives the hub: drift is healed while it is away, and it comes back to the same state', async () => {
    await instance.kubectl('dev', ['get', 'nodes']);
    await instance.slipway(['down', '--hub']);
    const direct = await instance.slipway([
      'machine',
      'exec',
      await controlPlaneOf('dev'),
      '--',
      'kubectl',
      '--kubeconfig',
      '/etc/kubernetes/admin.conf',
      'delete',
      'service',
      '-n',
      'metrics-server',
      'metrics-server',
    ]);
    expect(direct.code).toBe(0);
    await waitFor(
      async () =>
        (
          await instance.slipway(
            [
              'machine',
              'exec',
              await controlPlaneOf('dev'),
              '--',
              'kubectl',
              '--kubeconfig',
              '/etc/kubernetes/admin.conf',
              'get',
              'service',
              '-n',
              'metrics-server',
              'metrics-server',
              '-o',
              'name',
            ],
            { allow: [0, 1] },
          )
        ).stdout.includes('service/'),
      { what: 'healing without the hub', timeoutMs: 10_000, intervalMs: 200 },
    );
    await instance.slipway(['up'], { timeoutMs: 300_000 });
    await instance.settled('dev');
  }, 500_000);

  async function controlPlaneOf(cluster: string): Promise<string> {
    const machines = JSON.parse((await instance.slipway(['machine', 'list', '-o', 'json'])).stdout);
    return machines.find((machine: any) => machine.labels.role === 'control-plane' && machine.name.startsWith(`${cluster}-`)).name;
  }

  it('comes back after down and up with its workloads and volumes', async () => {
    await instance.kubectl('dev', ['apply', '-f', '-'], { input: workload });
    await instance.kubectl('dev', ['wait', '--for=condition=Ready', 'pod/web-0', '--timeout=120s'], { timeoutMs: 130_000 });
    await instance.kubectl('dev', ['exec', 'web-0', '--', '/bin/busybox', 'sh', '-c', 'echo before-down > /data/note; sync']);
    const uid = (await nodes()).map((node: any) => node.metadata.uid).toSorted();
    await instance.slipway(['down'], { timeoutMs: 120_000 });
    await instance.slipway(['up'], { timeoutMs: 300_000 });
    await instance.settled('dev');
    expect((await nodes()).map((node: any) => node.metadata.uid).toSorted()).toEqual(uid);
    await waitFor(
      async () =>
        (await instance.kubectl('dev', ['exec', 'web-0', '--', '/bin/busybox', 'cat', '/data/note'])).stdout.trim() === 'before-down',
      {
        what: 'the volume with its content',
        timeoutMs: 120_000,
        intervalMs: 2000,
      },
    );
  }, 700_000);

  it('deletes the cluster and leaves nothing of it', async () => {
    await instance.slipway(['delete', 'cluster', 'dev', '--yes', '--wait'], { timeoutMs: 180_000 });
    await instance.slipway(['get', 'cluster', 'dev'], { allow: [4] });
    const left = JSON.parse((await instance.slipway(['machine', 'list', '-o', 'json'])).stdout).filter((machine: any) =>
      machine.name.startsWith('dev-'),
    );
    expect(left).toEqual([]);
    expect(JSON.parse((await instance.slipway(['get', 'machinepools', '-o', 'json'])).stdout).items).toEqual([]);
  }, 200_000);

  it('leaves nothing on the host after purge', async () => {
    await instance.slipway(['down', '--purge', '--yes'], { timeoutMs: 120_000 });
    // Processes take a moment to be reaped. What other instances took away meanwhile is not ours to judge.
    const left = async () => snapshotDifference(before, await hostSnapshot()).filter((line) => line.startsWith('+'));
    await waitFor(async () => (await left()).length === 0, { what: 'the host to look as before', timeoutMs: 15_000 }).catch(
      () => undefined,
    );
    expect(await left()).toEqual([]);
    expect(existsSync(instance.home)).toBe(false);
  }, 150_000);
});

const clusterYaml = (version: string) => `apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: dev, namespace: default}
spec:
  profile: {name: starter, version: ${version}}
`;

const workers = `apiVersion: slipway.dev/v1
kind: MachinePool
metadata: {name: dev-workers, namespace: default}
spec:
  cluster: dev
  replicas: 3
  overrides: {kubernetes: {values: {kubelet: {maxPods: 60}}}}
`;

/** Policies of the API server: a layer that is there at once, and whose values can be read off the cluster. */
const rulesVersion = (version: string, action: string) => `    - version: ${version}
      layers:
        - name: rules
          type: addon
          namespace: rules
          chart: {registry: builtin, name: admission-baseline, version: 1.0.0}
          values:
            rules: {hostNamespaces: "off", privileged: "off", hostPath: "off", hostPorts: "off", capabilities: "off", runAsNonRoot: "off", seccomp: "off",
              privilegeEscalation: ${action}, resourceRequests: ${action}, imageTags: ${action}}
`;
const rulesProfile = `apiVersion: slipway.dev/v1
kind: ClusterProfile
metadata: {name: rules}
spec:
  type: addon
  versions:
${rulesVersion('1.0.0', 'warn')}${rulesVersion('1.1.0', 'audit')}`;
const withRules = `${clusterYaml('1.0.0')}  addons: [{name: rules, version: 1.0.0}]
  overrides: {rules: {values: {rules: {resourceRequests: "off", imageTags: "off"}}}}
`;

/** A pod with a volume, a page of it on port 8080 and a line of log each second, from the image that the storage layer already brought. */
const workload = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 16Mi}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: default}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: web
      image: slipway.dev/busybox:1
      imagePullPolicy: IfNotPresent
      command: [/bin/busybox, sh, -c, "/bin/busybox httpd -p 8080 -h /data; while true; do /bin/busybox date; /bin/busybox sleep 1; done"]
      volumeMounts: [{name: data, mountPath: /data}]
  volumes:
    - name: data
      persistentVolumeClaim: {claimName: data}
`;
