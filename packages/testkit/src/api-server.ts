import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type RunResult, SlipwayError, waitFor } from '@slipway/kit';
import { testTool } from './tools.ts';

export interface TestApiServer {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  /** PEM of the CA that signed the serving certificate. */
  readonly ca: string;
  /** Bearer token of a member of system:masters. */
  readonly token: string;
  /** A kubeconfig file with that token. */
  readonly kubeconfig: string;
  /** Scratch directory, removed by stop(). */
  readonly dir: string;
  /** Path of a Kubernetes program (`kubectl`) of the same version. */
  bin(name: 'kubectl' | 'kube-apiserver' | 'kube-controller-manager'): string;
  /** Runs kubectl as admin, or with another kubeconfig file. */
  kubectl(args: readonly string[], options?: { kubeconfig?: string; stdin?: string; timeoutMs?: number }): Promise<RunResult>;
  /** kill -9 of the API server, keeping etcd; `restart` brings it back on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Process ids of kube-apiserver, etcd and what else runs. */
  pids(): number[];
  /** Ends everything that was started and removes the scratch directory. */
  stop(): Promise<void>;
}

export interface ApiServerOptions {
  /** Also run kube-controller-manager: garbage collection, namespace deletion, Deployments → Pods (which stay Pending: there are no nodes). Default false. */
  readonly controllers?: boolean;
  /** Path of the hyperkube binary; default from SLIPWAY_TEST_TOOLS. */
  readonly hyperkube?: string;
  readonly extraArgs?: readonly string[];
  /** etcd writes to the disk before it answers, as in production; default false: nothing here has to survive a power failure. */
  readonly durable?: boolean;
}

/**
 * A real kube-apiserver on a real etcd, as processes on loopback; about 2 s to ready. Nothing is shared, so tests may run side by side.
 *
 * @example
 * const api = await startApiServer();
 * afterAll(() => api.stop());
 * createKubeClient({ server: api.server, ca: api.ca, token: api.token })
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<TestApiServer> {
  const hyperkube = options.hyperkube ?? testTool('hyperkube');
  const etcd = testTool('etcd');
  const dir = await mkdtemp(join(tmpdir(), 'slipway-api-'));
  const processes = new Map<string, ChildProcess>();
  const killAll = () => {
    for (const child of processes.values()) child.kill('SIGKILL');
  };
  process.once('exit', killAll);
  const stop = async () => {
    process.off('exit', killAll);
    await Promise.all([...processes.values()].map(end));
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
  try {
    await mkdir(join(dir, 'bin'));
    for (const name of ['kube-apiserver', 'kube-controller-manager', 'kubectl']) await symlink(hyperkube, join(dir, 'bin', name));
    const [etcdPort, peerPort, port, managerPort] = await freePorts(4);
    const { ca, token } = await writeCredentials(dir);
    const server = `https://127.0.0.1:${port}`;
    const kubeconfig = join(dir, 'kubeconfig');
    await writeFile(kubeconfig, adminKubeconfig(server, ca, token), { mode: 0o600 });
    const start = (name: string, command: string, args: readonly string[]) => processes.set(name, launch(dir, name, command, args));
    start('etcd', etcd, [...etcdArgs(dir, etcdPort!, peerPort!), ...(options.durable ? [] : ['--unsafe-no-fsync'])]);
    const startServer = async () => {
      start('kube-apiserver', join(dir, 'bin', 'kube-apiserver'), [
        ...serverArgs(dir, etcdPort!, port!, options),
        ...(options.extraArgs ?? []),
      ]);
      await ready(server, ca, token, dir, processes);
    };
    await startServer();
    if (options.controllers) start('kube-controller-manager', join(dir, 'bin', 'kube-controller-manager'), managerArgs(dir, managerPort!));
    return {
      server,
      ca,
      token,
      kubeconfig,
      dir,
      bin: (name) => join(dir, 'bin', name),
      kubectl: (args, { kubeconfig: file = kubeconfig, stdin, timeoutMs = 60_000 } = {}) =>
        run(join(dir, 'bin', 'kubectl'), [`--kubeconfig=${file}`, `--cache-dir=${join(dir, 'kubectl-cache')}`, ...args], {
          timeoutMs,
          ...(stdin === undefined ? {} : { stdin }),
        }),
      kill: () => end(processes.get('kube-apiserver')),
      restart: startServer,
      pids: () => [...processes.values()].flatMap(({ pid }) => pid ?? []),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function launch(dir: string, name: string, command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: dir });
  const log = createWriteStream(join(dir, `${name}.log`), { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.once('close', () => log.end());
  child.once('error', () => undefined);
  return child;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
}

/** Ports nobody listens on now; asked for together, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer().once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function writeCredentials(dir: string): Promise<{ ca: string; token: string }> {
  const file = (name: string) => join(dir, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await run('openssl', ['req', '-x509', ...key, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-subj', '/CN=slipway-test-ca']);
  await run('openssl', [
    'req',
    '-x509',
    ...key,
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-keyout',
    file('server.key'),
    '-out',
    file('server.pem'),
    '-subj',
    '/CN=kube-apiserver',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc',
  ]);
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(file('sa.key'), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(file('sa.pub'), pair.publicKey.export({ type: 'spki', format: 'pem' }));
  const token = randomBytes(24).toString('hex');
  await writeFile(file('tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  return { ca: await readFile(file('ca.pem'), 'utf8'), token };
}

const etcdArgs = (dir: string, port: number, peerPort: number): string[] => [
  `--data-dir=${join(dir, 'etcd')}`,
  `--listen-client-urls=http://127.0.0.1:${port}`,
  `--advertise-client-urls=http://127.0.0.1:${port}`,
  `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
  `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
  `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
  '--log-level=warn',
];

const serverArgs = (dir: string, etcdPort: number, port: number, options: ApiServerOptions): string[] => [
  `--etcd-servers=http://127.0.0.1:${etcdPort}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  `--tls-cert-file=${join(dir, 'server.pem')}`,
  `--tls-private-key-file=${join(dir, 'server.key')}`,
  `--client-ca-file=${join(dir, 'ca.pem')}`,
  `--token-auth-file=${join(dir, 'tokens.csv')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${join(dir, 'sa.pub')}`,
  `--service-account-signing-key-file=${join(dir, 'sa.key')}`,
  '--authorization-mode=RBAC',
  '--service-cluster-ip-range=10.96.0.0/24',
  // A loopback address may not become an endpoint of the kubernetes service, and nobody here asks for it.
  '--endpoint-reconciler-type=none',
  '--enable-priority-and-fairness=false',
  // Without the controller manager no service account is ever made, and Pods would be refused for want of one.
  ...(options.controllers ? [] : ['--disable-admission-plugins=ServiceAccount']),
];

const managerArgs = (dir: string, port: number): string[] => [
  `--kubeconfig=${join(dir, 'kubeconfig')}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  '--leader-elect=false',
  `--service-account-private-key-file=${join(dir, 'sa.key')}`,
  `--root-ca-file=${join(dir, 'ca.pem')}`,
  '--use-service-account-credentials=false',
];

function adminKubeconfig(server: string, ca: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  });
}

async function ready(server: string, ca: string, token: string, dir: string, processes: ReadonlyMap<string, ChildProcess>): Promise<void> {
  const status = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const outgoing = request(`${server}${path}`, { ca, headers: { authorization: `Bearer ${token}` }, timeout: 2000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      outgoing.once('error', reject);
      outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in 2 s')));
      outgoing.end();
    });
  await waitFor(
    async () => {
      for (const [name, child] of processes) {
        if (child.exitCode === null && child.signalCode === null) continue;
        if (name === 'kube-apiserver' || name === 'etcd') throw new SlipwayError('Internal', await lastWords(dir, name));
      }
      return (await status('/readyz')) === 200 && (await status('/api/v1/namespaces/default')) === 200;
    },
    { what: 'the API server of the test', timeoutMs: 60_000, intervalMs: 50 },
  );
}

async function lastWords(dir: string, name: string): Promise<string> {
  const path = join(dir, `${name}.log`);
  const text = existsSync(path) ? await readFile(path, 'utf8') : '';
  return `${name} ended: ${text.trim().split('\n').slice(-5).join('\n')}`;
}
