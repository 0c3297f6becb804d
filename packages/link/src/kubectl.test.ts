import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, waitFor } from '@slipway/kit';
import { startApiServer, startLinkHub, type TestApiServer, type TestLinkHub } from '@slipway/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAgentLink, createFileCredentialStore, createKubeTunnelHandler, kubeconfigFor } from './index.ts';

const cluster = { kind: 'cluster', uid: 'uid-dev', name: 'dev', project: 'default' } as const;
const stopping = new AbortController();
let api: TestApiServer;
let hub: TestLinkHub;
let kubeconfig: string;
let bobs: string;

/** The real kubectl → the hub's proxy → the tunnel → a real API server. */
beforeAll(async () => {
  [api, hub] = await Promise.all([
    startApiServer(),
    startLinkHub({ clusters: { dev: cluster }, groups: (user) => (user === 'alice' ? ['admins'] : []) }),
  ]);
  await api.kubectl(['create', 'clusterrolebinding', 'slipway-admins', '--clusterrole=cluster-admin', '--group=slipway:admins']);
  const token = await hub.link.joinTokens.issue(cluster, 60_000);
  const agent = createAgentLink({
    hubUrl: hub.url,
    ca: hub.ca,
    credentials: createFileCredentialStore(join(api.dir, 'agent', 'identity.json')),
    joinToken: () => Promise.resolve(token),
    version: '0.1.0',
    logger: silentLogger,
    tunnel: createKubeTunnelHandler({ server: api.server, ca: api.ca, token: api.token }),
  });
  void agent.start(stopping.signal);
  await waitFor(() => hub.link.facts.connection(cluster.uid).connected, { what: 'the agent', timeoutMs: 10_000, intervalMs: 10 });
  const write = async (user: string) => {
    const file = join(api.dir, `${user}.kubeconfig`);
    await writeFile(file, kubeconfigFor({ hubUrl: hub.url, hubCa: hub.ca, project: 'default', cluster: 'dev', user, token: user }), {
      mode: 0o600,
    });
    return file;
  };
  kubeconfig = await write('alice');
  bobs = await write('bob');
}, 90_000);

afterAll(async () => {
  stopping.abort();
  await Promise.all([api?.stop(), hub?.stop()]);
});

test('kubectl discovers, creates, reads, patches and deletes', async () => {
  const kubectl = (...args: string[]) => api.kubectl(args, { kubeconfig });
  expect((await kubectl('api-resources', '-o', 'name')).stdout).toContain('deployments.apps');
  await kubectl('create', 'configmap', 'one', '--from-literal=a=b');
  expect((await kubectl('get', 'configmap', 'one', '-o', 'jsonpath={.data.a}')).stdout).toBe('b');
  await kubectl('patch', 'configmap', 'one', '--type=merge', '-p', '{"data":{"a":"c"}}');
  expect((await api.kubectl(['get', 'configmap', 'one', '-o', 'jsonpath={.data.a}'])).stdout).toBe('c');
  await api.kubectl(['apply', '--server-side', '-f', '-'], {
    kubeconfig,
    stdin: JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'big', namespace: 'default' },
      data: { x: 'y'.repeat(700_000) },
    }),
  });
  expect((await kubectl('get', 'configmap', 'big', '-o', 'jsonpath={.data.x}')).stdout).toHaveLength(700_000);
  await kubectl('delete', 'configmap', 'one', 'big');
  await expect(kubectl('get', 'configmap', 'one')).rejects.toThrow(/NotFound/);
}, 60_000);

test('the caller is who the hub says, in the cluster too', async () => {
  const { stdout } = await api.kubectl(['auth', 'whoami', '-o', 'json'], { kubeconfig });
  const { userInfo } = (JSON.parse(stdout) as { status: { userInfo: { username: string; groups: string[] } } }).status;
  expect(userInfo.username).toBe('slipway:alice');
  expect(userInfo.groups.toSorted()).toEqual(['slipway:admins', 'system:authenticated']);
  await expect(api.kubectl(['get', 'secrets'], { kubeconfig: bobs })).rejects.toThrow(/User "slipway:bob" cannot list resource "secrets"/);
  // Asking for another identity is not passed on: kubectl --as would be an escalation, since the agent may impersonate.
  const as = await api.kubectl(['auth', 'whoami', '-o', 'json', '--as=root', '--as-group=system:masters'], { kubeconfig: bobs });
  expect(as.stdout).toContain('slipway:bob');
  expect(as.stdout).not.toContain('system:masters');
}, 60_000);

test('a watch shows a change at once and ends inside the cluster when kubectl goes', async () => {
  const watch = spawn(api.bin('kubectl'), [`--kubeconfig=${kubeconfig}`, 'get', 'configmaps', '-w', '-o', 'name']);
  let seen = '';
  watch.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  const open = async () => {
    const { stdout } = await api.kubectl(['get', '--raw', '/metrics']);
    return Number(/^apiserver_longrunning_requests\{[^}]*resource="configmaps"[^}]*verb="WATCH"[^}]*\} (\d+)/m.exec(stdout)?.[1] ?? 0);
  };
  await waitFor(async () => (await open()) > 0, { what: 'the watch to arrive', timeoutMs: 10_000, intervalMs: 100 });
  const before = await open();
  await api.kubectl(['create', 'configmap', 'watched']);
  const created = performance.now();
  await waitFor(() => seen.includes('configmap/watched'), { what: 'the event', timeoutMs: 5000, intervalMs: 5 });
  expect(performance.now() - created).toBeLessThan(1000);
  watch.kill('SIGKILL');
  await waitFor(async () => (await open()) < before, { what: 'the watch to end', timeoutMs: 10_000, intervalMs: 100 });
}, 60_000);

test('errors of the API server come as they are', async () => {
  await expect(api.kubectl(['logs', 'nobody'], { kubeconfig })).rejects.toThrow(/pods "nobody" not found/);
  await expect(api.kubectl(['exec', 'nobody', '--', 'true'], { kubeconfig })).rejects.toThrow(/pods "nobody" not found/);
}, 60_000);
