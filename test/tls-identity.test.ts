import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTls, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createCa, issueCertificate, type KeyPairPem, silentLogger, sleep, SlipwayError, systemClock } from '@slipway/kit';
import { createOutbound } from '@slipway/kit/outbound';
import { createProviderClients } from '@slipway/identity';
import { createKubeClient } from '@slipway/kube';
import { createAgentLink, createFileBlobStore, createFileCredentialStore, createKubeTunnelHandler } from '@slipway/link';
import { auditSinkSpecSchema, type AuditSinkSpec, identityProviderSpecSchema, registrySpecSchema } from '@slipway/model';
import { createFilePinStore, createPackResolver, createReach } from '@slipway/packs';
import { openPostgres } from '@slipway/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccountClient } from '../apps/cli/src/account/account-client.ts';
import { signInByDevice } from '../apps/cli/src/account/device-sign-in.ts';
import { connectHub } from '../apps/cli/src/hub/connect.ts';
import { chainOf } from '../apps/hub/src/audit-sinks/records-fixture.ts';
import { targetFor } from '../apps/hub/src/audit-sinks/start.ts';
import { createHubClient } from '../packages/link/src/agent/hub-client.ts';

/** No client may let one byte of what it has to say reach somebody whose certificate does not prove who they are. */
describe('missing TLS or identity check', () => {
  const CANARY = 'CANARY-credential';
  const rules = { allow: ['127.0.0.1'] };
  const stop: (() => Promise<unknown>)[] = [];
  let ca: KeyPairPem;
  let foreign: KeyPairPem;
  let dir: string;
  beforeAll(async () => {
    [ca, foreign] = await Promise.all([createCa('the right authority'), createCa('the right authority')]);
    dir = await mkdtemp(join(tmpdir(), 'slipway-tls-'));
  });
  afterAll(async () => {
    for (const close of stop.toReversed()) await close();
    await rm(dir, { recursive: true, force: true });
  });

  const listen = async (server: Server): Promise<number> => {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stop.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  };
  /** Terminates TLS with a certificate and keeps what it then hears, as whoever sits in the middle would. */
  const listener = async ({ cert, key }: KeyPairPem, starttls = false) => {
    const heard: string[] = [];
    const secure = createTls({ cert, key }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        heard.push(chunk.toString('latin1'));
        socket.end('HTTP/1.1 503 Heard\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      });
    });
    secure.on('tlsClientError', () => undefined);
    if (!starttls) return { port: await listen(secure), heard };
    // PostgreSQL asks for TLS first, and everything after the S is the handshake.
    const plain = createTcp((socket) => {
      socket.once('data', () => {
        socket.write('S');
        secure.emit('connection', socket);
      });
    });
    return { port: await listen(plain), heard };
  };

  /** What presents itself under the right address. */
  const IMPOSTORS: [string, () => Promise<KeyPairPem>][] = [
    ['of another authority of the same name (somebody in the middle)', () => certificate(foreign, {})],
    ['for another host', () => certificate(ca, { ipAddresses: [], dnsNames: ['other.example'] })],
    ['for another address', () => certificate(ca, { ipAddresses: ['127.0.0.2'] })],
    ['that has expired', () => certificate(ca, { validDays: -1 })],
    ['for clients only', () => certificate(ca, { usage: 'client' })],
    ['that signed itself', async () => createCa('127.0.0.1')],
  ];
  const certificate = (by: KeyPairPem, more: object) =>
    issueCertificate(by, { commonName: '127.0.0.1', ipAddresses: ['127.0.0.1'], usage: 'server', ...more });

  const registry = (spec: object) =>
    createPackResolver({
      registries: {
        get: async () =>
          registrySpecSchema.parse({ ca: ca.cert, credentials: { type: 'basic', username: 'u', password: CANARY }, ...spec }),
      },
      blobs: createFileBlobStore(join(dir, 'blobs')),
      reach: createReach(createOutbound({ rules }), { rules }),
      workDir: join(dir, 'work'),
      builtinDir: join(dir, 'packs'),
      pins: createFilePinStore(join(dir, 'pins')),
    }).resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '1.0.0' });
  const sink = (spec: object) =>
    targetFor(
      auditSinkSpecSchema.parse(spec) as AuditSinkSpec,
      { tenant: 'acme', name: 's' },
      { directory: dir, outbound: createOutbound({ rules }), outboundOptions: { rules } },
    ).send({ tenant: 'acme', records: chainOf(1, () => ({ reason: CANARY })) }, AbortSignal.timeout(20_000));
  const context = (port: number) => ({
    name: 'hub',
    server: `https://127.0.0.1:${port}`,
    project: 'default',
    certificateAuthority: ca.cert,
    token: CANARY,
  });
  const hub = (port: number) => createHubClient({ hubUrl: `https://127.0.0.1:${port}`, ca: ca.cert, proxyEnv: {} });

  /** Every way in which something of Slipway connects to something else, with a secret it would tell. */
  const CLIENTS: [string, (port: number) => Promise<unknown>, { starttls?: boolean; purposeUnchecked?: boolean }?][] = [
    ['Helm registries', (port) => registry({ type: 'helm', url: `https://127.0.0.1:${port}` })],
    ['OCI registries', (port) => registry({ type: 'oci', url: `oci://127.0.0.1:${port}/charts` })],
    ['git registries', (port) => registry({ type: 'git', url: `https://127.0.0.1:${port}/packs.git` }), { purposeUnchecked: true }],
    [
      'identity providers',
      (port) => {
        const spec = identityProviderSpecSchema.parse({
          oidc: { issuer: `https://127.0.0.1:${port}`, clientId: 'slipway', caBundle: ca.cert },
        });
        const provider = {
          apiVersion: 'slipway.dev/v1',
          kind: 'IdentityProvider',
          metadata: { name: 'corp', uid: 'u', resourceVersion: '1' },
          spec,
        };
        const clients = createProviderClients({
          outbound: (authorities) => createOutbound({ rules, ca: authorities }),
          secrets: { open: async () => ({ 'oidc/clientSecret': CANARY }) },
          clock: systemClock,
        });
        return clients.authorizationUrl('acme', provider as never, 'https://hub.example/cb', {
          state: 's',
          nonce: 'n',
          verifier: 'v'.repeat(43),
        });
      },
    ],
    [
      'OpenTelemetry sinks',
      (port) => sink({ type: 'otlp', url: `https://127.0.0.1:${port}/v1/logs`, ca: ca.cert, headers: { 'x-key': CANARY } }),
    ],
    [
      'S3 sinks',
      (port) =>
        sink({
          type: 's3',
          endpoint: `https://127.0.0.1:${port}`,
          bucket: 'audit',
          ca: ca.cert,
          accessKeyId: 'a',
          secretAccessKey: CANARY,
        }),
    ],
    ['syslog sinks', (port) => sink({ type: 'syslog', host: '127.0.0.1', port, ca: ca.cert })],
    [
      'PostgreSQL',
      async (port) => {
        const url = `postgres://slipway:${CANARY}@127.0.0.1:${port}/slipway?sslmode=verify-full&sslrootcert=${encodeURIComponent(await authorityFile())}`;
        const database = await openPostgres({ url, logger: silentLogger });
        await database.close();
      },
      { starttls: true },
    ],
    [
      'the agent that joins its hub',
      (port) =>
        hub(port)
          .send('/join', { method: 'POST', json: { token: CANARY }, maxBytes: 1000 })
          .then(answered),
    ],
    [
      'the agent’s standing connection',
      (port) =>
        new Promise((done, reject) => {
          const socket = hub(port).dial('/connect', CANARY, 1000);
          socket.once('open', done);
          socket.once('error', reject);
        }),
    ],
    [
      'the agent and its API server',
      (port) => createKubeClient({ server: `https://127.0.0.1:${port}`, ca: ca.cert, token: CANARY }).request('/version'),
    ],
    ['the agent’s tunnel: requests', (port) => throughTunnel(port, { ':method': 'GET', ':path': '/k8s/version' })],
    ['the agent’s tunnel: watches and logs', (port) => throughTunnel(port, { ':method': 'GET', ':path': '/k8s/api/v1/pods?watch=true' })],
    ['the agent’s tunnel: bodies', (port) => throughTunnel(port, { ':method': 'POST', ':path': '/k8s/api/v1/namespaces' }, CANARY)],
    ...['SPDY/3.1', 'websocket'].map((protocol): (typeof CLIENTS)[number] => [
      `the agent’s tunnel: exec over ${protocol}`,
      (port) =>
        throughTunnel(port, { ...UPGRADE, ':path': '/k8s/api/v1/namespaces/x/pods/p/exec?command=sh', 'x-slipway-upgrade': protocol }),
    ]),
    ['the command line: its requests', (port) => connectHub(context(port)).whoami()],
    [
      'the command line: passwords',
      (port) => createAccountClient(context(port)).login({ tenant: 'default', user: 'ada', password: CANARY }),
    ],
    [
      'the command line: browser sign-in',
      (port) => signInByDevice(context(port), { tenant: CANARY }, { show: () => undefined, signal: AbortSignal.timeout(20_000) }),
    ],
  ];
  const UPGRADE = { ':method': 'CONNECT', ':protocol': 'upgrade', ':scheme': 'http', ':authority': 'agent', 'x-slipway-method': 'POST' };
  /** As the hub asks over a tunnel; the agent has the cluster's authority and a token of its own. */
  const throughTunnel = async (port: number, headers: OutgoingHttpHeaders, body?: string): Promise<unknown> => {
    const tunnel = createHttp2({ settings: { enableConnectProtocol: true } });
    tunnel.on('stream', createKubeTunnelHandler({ server: `https://127.0.0.1:${port}`, ca: ca.cert, token: CANARY }));
    const session = connectHttp2(`http://127.0.0.1:${await listen(tunnel)}`);
    try {
      await once(session, 'remoteSettings');
      const stream = session.request(
        { ...headers, 'x-slipway-user': 'slipway:ada' },
        { endStream: body === undefined && headers[':method'] !== 'CONNECT' },
      );
      if (body !== undefined) stream.end(body);
      const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      if (Number(answer[':status']) >= 400) throw new Error(text);
      return answer;
    } finally {
      session.destroy();
    }
  };
  const authorityFile = async () => {
    const file = join(dir, 'ca.pem');
    await writeFile(file, ca.cert);
    return file;
  };
  /** Any answer at all is one too many. */
  const answered = ({ status }: { status: number }) => {
    if (status === 503) throw new Error('answered 503');
    return status;
  };

  describe.each(CLIENTS)('%s', (_client, connect, { starttls = false, purposeUnchecked = false } = {}) => {
    it('speak to whoever shows the right certificate', async () => {
      const { port, heard } = await listener(await certificate(ca, {}), starttls);
      await connect(port).catch(() => undefined);
      expect(heard.join('')).not.toBe('');
    });

    // Debian's git speaks TLS by GnuTLS, and its curl does not look at what an authority made a certificate for.
    const impostors = IMPOSTORS.filter(([what]) => !(purposeUnchecked && what === 'for clients only'));
    it.each(impostors)('MITM: say nothing to a certificate %s', async (_impostor, make) => {
      const { port, heard } = await listener(await make(), starttls);
      expect(await connect(port).then(() => 'went through', reasonOf)).toMatch(/certificate|altnames/i);
      expect(heard).toEqual([]);
    });
  });

  it('the agent believes no other authority than the one it was given with its join token, whatever its machine believes', async () => {
    const { port, heard } = await listener(await certificate(foreign, {}));
    const believed = getCACertificates('default');
    setDefaultCACertificates([...believed, foreign.cert]);
    try {
      await fetch(`https://127.0.0.1:${port}/`);
      expect(heard.splice(0), 'this machine does').toHaveLength(1);
      const link = createAgentLink({
        hubUrl: `https://127.0.0.1:${port}`,
        ca: ca.cert,
        credentials: createFileCredentialStore(join(dir, 'agent.json')),
        joinToken: async () => CANARY,
        version: '1',
        logger: silentLogger,
        retry: { baseMs: 5, maxMs: 20 },
      });
      const stopping = new AbortController();
      const running = link.start(stopping.signal);
      await sleep(500);
      stopping.abort();
      await running;
      expect(link.subject()).toBeUndefined();
    } finally {
      setDefaultCACertificates(believed);
    }
    expect(heard).toEqual([]);
  });
});

/** What an operator finds: the message, the detail and the causes. */
function reasonOf(error: unknown): string {
  const said: string[] = [];
  for (let at = error; at instanceof Error && said.length < 20; at = at.cause)
    said.push(at.message, at instanceof SlipwayError ? (at.detail ?? '') : '', String((at as { code?: unknown }).code ?? ''));
  return said.join(' ');
}
