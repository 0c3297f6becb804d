import { readFile } from 'node:fs/promises';
import { createCa, issueCertificate, type KeyPairPem, waitFor } from '@slipway/kit';
import { createInstance, type Instance } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cluster, page, web } from './shop.ts';

/** The packs of the starter library on real clusters, all at once, and each does what it is for. The steps build on each other, in order. */
describe('the starter library', () => {
  let instance: Instance;
  const kubectl = (args: readonly string[], options: Parameters<Instance['kubectl']>[2] = {}) => instance.kubectl('shop', args, options);
  const apply = (text: string, options: Parameters<Instance['kubectl']>[2] = {}) =>
    kubectl(['apply', '-f', '-'], { ...options, input: text });
  const json = async (args: readonly string[]) => JSON.parse((await kubectl([...args, '-o', 'json'])).stdout);

  beforeAll(async () => {
    instance = await createInstance({ name: 'library', port: 7571 });
    await instance.slipway(['up', '--no-cluster'], { timeoutMs: 1_800_000 });
  }, 1_900_000);
  afterAll(async () => {
    await instance.dispose();
  });

  it('is a profile away: rules, metrics, an ingress and a database are Ready', async () => {
    // The worked example of docs/library.md, as it stands there.
    const documentation = await readFile(new URL('../../docs/library.md', import.meta.url), 'utf8');
    const example = /```yaml\n([\s\S]*?)```/.exec(documentation)?.[1] ?? '';
    const file = await instance.write('shop.yaml', example);
    expect((await instance.slipway(['plan', '-f', file], { allow: [7] })).stdout).toMatch(
      /Install layer database \(chart postgresql 1\.0\.0\)/,
    );
    await instance.slipway(['apply', '-f', file]);
    // The database waits for its passwords, which are nobody's but the cluster's.
    const secret = `apiVersion: v1
kind: Secret
metadata: {name: database-auth, namespace: database}
stringData: {password: "it's a long one", postgres-password: another-long-one}
`;
    await waitFor(() => apply(`apiVersion: v1\nkind: Namespace\nmetadata: {name: database}\n---\n${secret}`), {
      what: 'the cluster to take the secret',
      timeoutMs: 300_000,
      intervalMs: 2000,
    });
    const { status } = await instance.settled('shop', 600_000);
    expect(status.layers.map((layer: { name: string }) => layer.name)).toEqual(
      expect.arrayContaining(['storage', 'metrics-server', 'policy', 'ingress', 'monitoring', 'database']),
    );
  }, 900_000);

  it('refuses a pod that reaches for its node, says why, and takes one that does not', async () => {
    await apply('apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n');
    const bad = web('bad', 'hostNetwork: true').split('---')[0] ?? '';
    const refused = await apply(bad, { allow: [1] });
    expect(refused.stderr).toMatch(/hostNetwork, hostPID and hostIPC are not allowed.*\(rule hostNamespaces of policy\)/);
    // The author of a Deployment is told, not left with a Deployment without pods.
    const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: bad, namespace: shop}
spec:
  selector: {matchLabels: {app: bad}}
  template:
    metadata: {labels: {app: bad}}
    spec:
      containers: [{name: a, image: 'slipway.dev/busybox:1', securityContext: {privileged: true}}]
`;
    const told = await apply(deployment, { allow: [1] });
    expect(told.stderr).toMatch(/privileged containers are not allowed.*\(rule privileged of policy\)/);
    const sloppy = await apply(
      deployment.replace('privileged: true', 'privileged: false').replace('metadata: {name: bad', 'metadata: {name: sloppy'),
    );
    expect(sloppy.stderr).toMatch(/Warning: .*allowPrivilegeEscalation/);
    await kubectl(['delete', 'deployment', '-n', 'shop', 'sloppy', '--wait=false']);
    const good = await apply(`${web('one')}${web('two')}`);
    expect(good.stderr).not.toContain('Warning');
    await kubectl(['wait', '--for=condition=Ready', '-n', 'shop', 'pod/one', 'pod/two', '--timeout=90s'], { timeoutMs: 100_000 });
  }, 200_000);

  it('keeps what was written to the database over the loss of its pod', async () => {
    const psql = async (sql: string) =>
      (
        await kubectl(
          [
            'exec',
            '-i',
            '-n',
            'database',
            'database-0',
            '-c',
            'postgresql',
            '--',
            '/bin/sh',
            '-c',
            'PGPASSWORD="it\'s a long one" psql -h 127.0.0.1 -U app -At app',
          ],
          { input: sql },
        )
      ).stdout.trim();
    expect(await psql("create table notes (text text); insert into notes values ('kept'); select text from notes;")).toContain('kept');
    const before = (await json(['get', 'pod', '-n', 'database', 'database-0'])).metadata.uid;
    await kubectl(['delete', 'pod', '-n', 'database', 'database-0'], { timeoutMs: 130_000 });
    await waitFor(async () => (await json(['get', 'pod', '-n', 'database', 'database-0'])).metadata.uid !== before, {
      what: 'another pod of the database',
      timeoutMs: 60_000,
    });
    await kubectl(['wait', '--for=condition=Ready', '-n', 'database', 'pod/database-0', '--timeout=120s'], { timeoutMs: 130_000 });
    expect(await psql('select text from notes;')).toBe('kept');
    // It was stopped, not killed: everything was on disk, and nothing had to be replayed.
    const log = (await kubectl(['logs', '-n', 'database', 'database-0', '-c', 'postgresql'])).stdout;
    expect(log).toContain('database system was shut down at');
    expect(log).not.toContain('not properly shut down');
  }, 400_000);

  it('answers questions about nodes, kubelets, pods and its own ingress', async () => {
    const value = async (query: string) => {
      const path = `/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query?query=${encodeURIComponent(query)}`;
      const { data } = JSON.parse((await kubectl(['get', '--raw', path])).stdout);
      return Number(data.result[0]?.value[1] ?? Number.NaN);
    };
    // What is counted over time (a container's memory, an alert) is there a scrape or two later than its target is up.
    const becomes = (query: string, wanted: number) =>
      waitFor(async () => ((await value(query)) === wanted ? true : undefined), {
        what: `${query} to be ${wanted}`,
        timeoutMs: 150_000,
        intervalMs: 3000,
      });
    await becomes('count(up{job=~"node|kubelet|cadvisor"} == 1)', 6);
    await becomes('count(up{job="apiserver"} == 1)', 1);
    await becomes('count(up{job="ingress/ingress-metrics"} == 1)', 1);
    await becomes('count(count by (pod) (container_memory_working_set_bytes{namespace="database",container="postgresql"}))', 1);
    await becomes('min(node_memory_MemTotal_bytes) > bool 2^28', 1);
    await becomes('sum(kubelet_running_pods) > bool 5', 1);
    await becomes('count(ALERTS{alertstate="firing"}) or vector(0)', 0);
  }, 400_000);

  it('lets clients outside in by host and path, over TLS with the certificate of the host', async () => {
    const ca: KeyPairPem = await createCa('test');
    const own = await issueCertificate(ca, { commonName: 'shop.test', dnsNames: ['shop.test'] });
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const rule = (path: string, service: string) =>
      `{path: ${path}, pathType: Prefix, backend: {service: {name: ${service}, port: {name: http}}}}`;
    await apply(`apiVersion: v1
kind: Secret
type: kubernetes.io/tls
metadata: {name: shop-tls, namespace: shop}
data: {tls.crt: ${base64(own.cert)}, tls.key: ${base64(own.key)}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  tls: [{hosts: [shop.test], secretName: shop-tls}]
  rules:
    - {host: shop.test, http: {paths: [${rule('/', 'one')}, ${rule('/cart', 'two')}]}}
    - {host: plain.test, http: {paths: [${rule('/', 'two')}]}}
`);
    const nodes = (await json(['get', 'nodes', '-l', '!node-role.kubernetes.io/control-plane'])).items;
    const address: string = nodes[0].status.addresses.find((one: { type: string }) => one.type === 'InternalIP').address;
    const at = (host: string, path: string, tls = true) => page(address, host, path, tls ? ca.cert : undefined);
    await waitFor(async () => ((await at('shop.test', '/')).status === 200 ? true : undefined), {
      what: 'the shop to be served',
      timeoutMs: 30_000,
    });
    expect(await at('shop.test', '/')).toMatchObject({ status: 200, body: 'one' });
    expect(await at('shop.test', '/cart/')).toMatchObject({ status: 200, body: 'two cart' });
    expect(await at('shop.test', '/cartoon/'), 'a prefix ends at a slash').toMatchObject({ status: 200, body: 'one cartoon' });
    expect(await at('shop.test', '/cart/', false)).toMatchObject({ status: 308, location: 'https://shop.test/cart/' });
    expect(await at('plain.test', '/', false)).toMatchObject({ status: 200, body: 'two' });
    expect(await at('nobody.test', '/', false)).toMatchObject({ status: 404 });
    await waitFor(async () => (await json(['get', 'ingress', '-n', 'shop', 'shop'])).status.loadBalancer.ingress?.[0]?.ip === address, {
      what: 'the address in the status of the Ingress',
      timeoutMs: 20_000,
    });
    // A host is its namespace's.
    await apply(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: thief, namespace: default}
spec: {rules: [{host: shop.test, http: {paths: [${rule('/steal', 'kubernetes')}]}}]}
`);
    const events = await waitFor(
      async () => {
        const { stdout } = await kubectl(['get', 'events', '-n', 'default', '--field-selector', 'reason=HostTaken']);
        return stdout.includes('HostTaken') ? stdout : undefined;
      },
      { what: 'the event on the other Ingress', timeoutMs: 20_000 },
    );
    expect(events).toContain('shop.test is served for namespace shop');
    expect(await at('shop.test', '/steal')).toMatchObject({ status: 404, body: expect.not.stringContaining('No Ingress') });
    // One pod goes, another comes: in force without anybody's doing.
    await kubectl(['delete', 'pod', '-n', 'shop', 'one']);
    await waitFor(async () => ((await at('shop.test', '/')).status === 503 ? true : undefined), {
      what: 'no pod to answer',
      timeoutMs: 30_000,
    });
    await apply(web('one'));
    await waitFor(async () => ((await at('shop.test', '/')).body === 'one' ? true : undefined), {
      what: 'the new pod to answer',
      timeoutMs: 60_000,
    });
  }, 300_000);

  it('leaves a cluster on the pod network it was made with', async () => {
    const file = await instance.write('swap.yaml', cluster('shop', 'starter-flannel').split('---')[0] ?? '');
    const refused = await instance.slipway(['apply', '-f', file], { allow: [1, 2] });
    expect(refused.stdout + refused.stderr).toMatch(
      /spec\.profile\.version.*pod network of a running cluster cannot be changed in place, from routed to flannel/s,
    );
    await instance.slipway(['delete', 'cluster', 'shop', '--yes']);
  }, 120_000);

  describe.each(['vxlan', 'host-gw'])('a pod network from a pack (flannel, %s)', (backend) => {
    const name = `net-${backend}`;
    const inside = (args: readonly string[], options: Parameters<Instance['kubectl']>[2] = {}) => instance.kubectl(name, args, options);

    it('makes nodes Ready, carries packets between nodes, to services and names, also for nodes that come later', async () => {
      const text = cluster(name, 'starter-flannel', { networkBackend: backend });
      await instance.slipway(['apply', '-f', await instance.write(`${name}.yaml`, text)]);
      await instance.settled(name, 900_000);
      if (backend === 'vxlan') {
        await instance.slipway(['scale', 'pool', `${name}-workers`, '2', '--yes']);
        await waitFor(async () => JSON.parse((await inside(['get', 'nodes', '-o', 'json'])).stdout).items.length === 3, {
          what: 'three nodes',
          timeoutMs: 180_000,
          intervalMs: 1000,
        });
        await instance.settled(name, 300_000);
      }
      const nodes: { metadata: { name: string }; spec: { podCIDR: string } }[] = JSON.parse(
        (await inside(['get', 'nodes', '-o', 'json'])).stdout,
      ).items;
      // A client beside each server: the agent's image is in every machine and has Node.
      const agent = (
        await inside([
          'get',
          'deployment',
          '-n',
          'slipway-system',
          'slipway-agent',
          '-o',
          'jsonpath={.spec.template.spec.containers[0].image}',
        ])
      ).stdout;
      const client = `    - name: client
      image: ${agent}
      command: [/usr/local/bin/node, -e, 'setInterval(() => {}, 1000000)']
      resources: {requests: {cpu: 10m, memory: 32Mi}}
  volumes:`;
      const pods = nodes
        .map((node, index) =>
          web(`w${index}`, `tolerations: [{operator: Exists}]\n  nodeName: ${node.metadata.name}`).replace('  volumes:', client),
        )
        .join('');
      await inside(['apply', '-f', '-'], { input: `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n${pods}` });
      const names = nodes.map((_, index) => `w${index}`);
      await inside(['wait', '--for=condition=Ready', '-n', 'shop', ...names.map((pod) => `pod/${pod}`), '--timeout=120s'], {
        timeoutMs: 130_000,
      });
      const found = JSON.parse((await inside(['get', 'pods', '-n', 'shop', '-o', 'json'])).stdout).items as {
        metadata: { name: string };
        spec: { nodeName: string };
        status: { podIP: string };
      }[];
      // Each pod has an address of its node's range.
      for (const pod of found) {
        const range = nodes.find((node) => node.metadata.name === pod.spec.nodeName)?.spec.podCIDR ?? '';
        expect(pod.status.podIP.split('.').slice(0, 3)).toEqual(range.split('.').slice(0, 3));
      }
      const program =
        'fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then(async (a) => console.log((await a.text()).trim()))';
      const fetched = async (from: string, url: string) =>
        (await inside(['exec', '-n', 'shop', from, '-c', 'client', '--', '/usr/local/bin/node', '-e', program, url])).stdout.trim();
      for (const from of names)
        for (const to of found) {
          const reached = await waitFor(() => fetched(from, `http://${to.status.podIP}:8080/`), {
            what: `${from} to reach ${to.metadata.name}`,
            timeoutMs: 30_000,
          });
          expect(reached).toBe(to.metadata.name);
          // By name and service: to itself too, on its own node.
          expect(
            await waitFor(() => fetched(from, `http://${to.metadata.name}.shop/`), { what: 'a service by name', timeoutMs: 30_000 }),
          ).toBe(to.metadata.name);
        }
      await instance.slipway(['delete', 'cluster', name, '--yes']);
    }, 1_500_000);
  });
});
