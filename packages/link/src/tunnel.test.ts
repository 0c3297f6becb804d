import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { createCa, issueCertificate, sha256Hex, silentLogger, sleep, waitFor } from '@slipway/kit';
import { startLinkHub, type TestLinkHub } from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AgentLink, createAgentLink, createFileCredentialStore, createKubeTunnelHandler } from './index.ts';

const cluster = { kind: 'cluster', uid: 'uid-dev', name: 'dev', project: 'default' } as const;
const away = { uid: 'uid-away', name: 'away' };
const stopping = new AbortController();
let hub: TestLinkHub;
let agent: AgentLink;
let backend: { server: Server; url: string; ca: string };
/** What the API server's stand-in does with a request; a real API server is in kubectl.test.ts, here the bytes matter. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let upgraded: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
const pool = new Agent({ keepAlive: true, maxSockets: 2000 });

beforeAll(async () => {
  const ca = await createCa('slipway-test-backend');
  const certificate = await issueCertificate(ca, { commonName: 'api', ipAddresses: ['127.0.0.1'], usage: 'server' });
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (incoming, response) => answer(incoming, response));
  server.on('upgrade', (incoming, socket, head) => upgraded(incoming, socket as Socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  backend = { server, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: ca.cert };
  hub = await startLinkHub({
    clusters: { dev: cluster, away },
    groups: () => ['admins', 'team-a'],
    tunnelIdleMs: 300,
    heartbeatSeconds: 5,
  });
  const token = await hub.link.joinTokens.issue(cluster, 60_000);
  agent = createAgentLink({
    hubUrl: hub.url,
    ca: hub.ca,
    credentials: createFileCredentialStore(join(hub.dir, 'agent.json')),
    joinToken: () => Promise.resolve(token),
    version: '1',
    logger: silentLogger,
    tunnel: createKubeTunnelHandler({ server: backend.url, ca: backend.ca, token: () => Promise.resolve('agents-own') }),
    retry: { baseMs: 20, maxMs: 100 },
  });
  void agent.start(stopping.signal);
  await connected();
}, 60_000);
beforeEach(() => {
  answer = (_request, response) => void response.end('ok');
});
afterAll(async () => {
  stopping.abort();
  pool.destroy();
  backend?.server.closeAllConnections();
  backend?.server.close();
  await hub?.stop();
});

const connected = () =>
  waitFor(() => hub.link.facts.connection(cluster.uid).connected, { what: 'the agent', timeoutMs: 10_000, intervalMs: 5 });
const base = '/apis/slipway.dev/v1/namespaces/default/clusters';

function open(path: string, options: { method?: string; headers?: Record<string, string>; name?: string } = {}) {
  return request(`${hub.url}${base}/${options.name ?? 'dev'}/proxy${path}`, {
    agent: pool,
    ca: hub.ca,
    method: options.method ?? 'GET',
    headers: { authorization: 'Bearer alice', ...options.headers },
  });
}
const responseOf = (outgoing: ReturnType<typeof open>) =>
  new Promise<IncomingMessage>((resolve, reject) => outgoing.once('response', resolve).once('error', reject));
async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}
async function get(path: string, options: Parameters<typeof open>[1] & { body?: string | Buffer } = {}) {
  const outgoing = open(path, options);
  const arrived = responseOf(outgoing);
  outgoing.end(options.body);
  const incoming = await arrived;
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text: await textOf(incoming) };
}

test('headers that say who one is, or speak of one hop, do not pass; the identity is the hub’s', async () => {
  let seen: IncomingMessage['headersDistinct'] = {};
  answer = (incoming, response) => {
    seen = incoming.headersDistinct;
    response.writeHead(200, {
      'set-cookie': 'a=b',
      connection: 'x-secret',
      'x-secret': 'hop',
      warning: '299 - "old"',
      'x-up-upgrade': 'h2',
    });
    response.end('ok');
  };
  const { headers } = await get('/api', {
    headers: {
      cookie: 'session=1',
      'impersonate-user': 'system:admin',
      'impersonate-group': 'system:masters',
      'impersonate-extra-scopes': 'x',
      'x-remote-user': 'root',
      'x-remote-group': 'system:masters',
      'x-forwarded-for': '1.2.3.4',
      'x-slipway-user': 'slipway:root',
      'x-slipway-group': 'slipway:gods',
      connection: 'keep-alive, x-evil',
      'x-evil': '1',
      te: 'trailers',
      accept: 'application/json;as=Table',
      'x-keep': 'me',
    },
  });
  expect(seen['authorization']).toEqual(['Bearer agents-own']);
  expect(seen['impersonate-user']).toEqual(['slipway:alice']);
  expect(seen['impersonate-group']).toEqual(['slipway:admins', 'slipway:team-a']);
  expect(seen['accept']).toEqual(['application/json;as=Table']);
  expect(seen['x-keep']).toEqual(['me']);
  const gone = [
    'cookie',
    'impersonate-extra-scopes',
    'x-remote-user',
    'x-remote-group',
    'x-forwarded-for',
    'x-slipway-user',
    'x-slipway-group',
    'x-evil',
    'te',
  ];
  for (const name of gone) expect(seen[name], name).toBeUndefined();
  expect(headers['warning']).toBe('299 - "old"');
  for (const name of ['set-cookie', 'x-secret', 'x-up-upgrade']) expect(headers[name], name).toBeUndefined();
});

const sendRaw = (path: string) =>
  new Promise<number>((resolve, reject) => {
    // Written by hand: Node's client would tidy the path up.
    const socket = tlsConnect({ host: '127.0.0.1', port: hub.port, ca: hub.ca }, () => {
      socket.write(`GET ${base}/dev/proxy${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer alice\r\nconnection: close\r\n\r\n`);
    });
    socket.once('data', (chunk: Buffer) => resolve(Number(chunk.toString().split(' ')[1])));
    socket.once('error', reject);
  });

test('paths that could mean another path are refused; others arrive as they were sent', async () => {
  let url = '';
  answer = (incoming, response) => {
    url = incoming.url ?? '';
    response.end();
  };
  for (const path of [
    '/../x',
    '/api/../../x',
    '/api/%2e%2e/x',
    '/api/%2E%2e%2fx',
    '/api/%252e%252e/x',
    '/api/./x',
    '/a\\..\\b',
    '/a%5c..%5cb',
    '/a%00b',
    '/a%0d%0ax',
  ]) {
    url = '';
    expect([path, await sendRaw(path), url]).toEqual([path, 400, '']);
  }
  for (const path of [
    '/',
    '/api/v1/pods?labelSelector=a%3Db&limit=5',
    '/apis/x/system%3Anode',
    '/api/v1/namespaces/a/services/https:b:c/proxy/d..e/',
  ]) {
    expect([path, await sendRaw(path), url]).toEqual([path, 200, path]);
  }
});

test('a thousand requests at once', async () => {
  answer = (incoming, response) => {
    setTimeout(() => response.end(incoming.url), 5);
  };
  const one = async (n: number): Promise<string> => {
    const stream = await hub.link.tunnels.request(
      cluster,
      { ':path': `/k8s/n/${n}`, 'x-slipway-user': 'slipway:alice' },
      { endStream: true },
    );
    let text = '';
    for await (const chunk of stream as AsyncIterable<Buffer>) text += chunk.toString();
    return text;
  };
  const { ever } = hub.tunnels();
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => one(n)));
  expect(answers).toEqual(answers.map((_, n) => `/n/${n}`));
  // All of them in one tunnel.
  expect(hub.tunnels().ever - ever).toBeLessThanOrEqual(1);
}, 60_000);

test('big bodies pass both ways unchanged, with little held in memory', async () => {
  answer = (incoming, response) => void incoming.pipe(response);
  const block = randomBytes(1024 * 1024);
  const outgoing = open('/echo', { method: 'POST', headers: { 'content-type': 'application/octet-stream' } });
  const arrived = responseOf(outgoing);
  const writing = (async () => {
    for (let n = 0; n < 8; n += 1) if (!outgoing.write(block)) await new Promise((resolve) => outgoing.once('drain', resolve));
    outgoing.end();
  })();
  let size = 0;
  for await (const chunk of (await arrived) as AsyncIterable<Buffer>) size += chunk.length;
  await writing;
  expect(size).toBe(8 * 1024 * 1024);
  const { text } = await get('/echo', { method: 'DELETE', body: 'options', headers: { 'transfer-encoding': 'chunked' } });
  expect(text).toBe('options');
}, 60_000);

test('readers that stop do not stop others, and what they do not read is not held', async () => {
  let written = 0;
  answer = (incoming, response) => {
    if (incoming.url !== '/endless?watch=true') return void response.end('quick');
    const block = Buffer.alloc(256 * 1024);
    const more = () => {
      while (!response.destroyed && response.write(block)) written += block.length;
    };
    response.on('drain', more);
    more();
  };
  const stalled = Array.from({ length: 20 }, () => open('/endless?watch=true', { headers: { accept: '*/*' } }));
  const arrived = await Promise.all(stalled.map((one) => (one.end(), responseOf(one))));
  for (const incoming of arrived) incoming.pause();
  let before = -1;
  await waitFor(() => (before === written ? true : void (before = written)), { what: 'back-pressure', timeoutMs: 20_000, intervalMs: 300 });
  const started = performance.now();
  const quick = await Promise.all(Array.from({ length: 20 }, () => get('/quick')));
  expect(quick.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, () => 'quick'));
  expect(performance.now() - started).toBeLessThan(10_000);
  // Windows and socket buffers on the way, for twenty streams; far from endless.
  expect(written).toBeLessThan(400 * 1024 * 1024);
  for (const one of stalled) one.destroy();
}, 60_000);

test('a watch is not buffered, and ends at the far side when the client goes', async () => {
  let far: ServerResponse | undefined;
  answer = (_incoming, response) => {
    far = response;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"type":"ADDED"}\n');
  };
  const outgoing = open('/api/v1/pods?watch=true');
  outgoing.end();
  const incoming = await responseOf(outgoing);
  const lines: string[] = [];
  incoming.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  incoming.on('error', () => undefined);
  await waitFor(() => lines.length === 1, { what: 'the first event', timeoutMs: 1000, intervalMs: 1 });
  const closed = new Promise((resolve) => far?.once('close', resolve));
  far?.write('{"type":"MODIFIED"}\n');
  await waitFor(() => lines.length === 2, { what: 'the second event', timeoutMs: 1000, intervalMs: 1 });
  outgoing.on('error', () => undefined);
  outgoing.destroy();
  await closed;
});

/** Speaks the client's side of an upgrade by hand and gives the socket after the head of the answer. */
function upgrade(path: string, headers: readonly string[], name = 'dev'): Promise<{ socket: TLSSocket; head: string; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: '127.0.0.1', port: hub.port, ca: hub.ca }, () => {
      socket.write(
        [
          `POST ${base}/${name}/proxy${path} HTTP/1.1`,
          'host: hub',
          'authorization: Bearer alice',
          'connection: Upgrade',
          ...headers,
          '',
          '',
        ].join('\r\n'),
      );
    });
    let seen = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onData);
      socket.pause();
      resolve({ socket, head: seen.subarray(0, end).toString(), rest: seen.subarray(end + 4) });
    };
    socket.on('data', onData);
    socket.once('error', reject);
  });
}
const spdy = ['upgrade: SPDY/3.1', 'x-stream-protocol-version: v5.channel.k8s.io', 'x-stream-protocol-version: v4.channel.k8s.io'];

test('an upgrade carries any bytes both ways, with its negotiation, and ends with either side', async () => {
  let seen: IncomingMessage | undefined;
  let far: Socket | undefined;
  upgraded = (incoming, socket, head) => {
    seen = incoming;
    far = socket;
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream-protocol-version: v5.channel.k8s.io\r\n\r\nfirst',
    );
    socket.write(head);
    socket.pipe(socket);
  };
  const { socket, head, rest } = await upgrade('/api/v1/namespaces/a/pods/b/exec?command=sh', spdy);
  expect(head).toMatch(/^HTTP\/1.1 101 /);
  expect(head.toLowerCase()).toContain('upgrade: spdy/3.1');
  expect(head).toContain('x-stream-protocol-version: v5.channel.k8s.io');
  expect(seen?.method).toBe('POST');
  expect(seen?.headersDistinct['x-stream-protocol-version']).toEqual(['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  expect(seen?.headers['impersonate-user']).toBe('slipway:alice');
  const sent = randomBytes(2 * 1024 * 1024);
  let got = rest;
  socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
  socket.resume();
  socket.write(sent);
  await waitFor(() => got.length === sent.length + 5, { what: 'the echo', timeoutMs: 20_000, intervalMs: 10 });
  expect(got.subarray(0, 5).toString()).toBe('first');
  expect(sha256Hex(got.subarray(5))).toBe(sha256Hex(sent));
  const gone = new Promise((resolve) => socket.once('close', resolve));
  far?.end();
  await gone;

  const second = await upgrade('/api/v1/namespaces/a/pods/b/exec', spdy);
  const farGone = new Promise((resolve) => far?.once('close', resolve));
  second.socket.destroy();
  await farGone;
}, 60_000);

test('a browser’s token does not travel to the cluster; the subprotocol it wants does', async () => {
  let offered: string | undefined;
  upgraded = (incoming, socket) => {
    offered = incoming.headers['sec-websocket-protocol'];
    socket.end(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-protocol: v5.channel.k8s.io\r\n\r\n',
    );
  };
  const { head, socket } = await upgrade('/api/v1/namespaces/a/pods/b/exec', [
    'upgrade: websocket',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version: 13',
    'sec-websocket-protocol: v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.c2VjcmV0',
  ]);
  socket.destroy();
  expect(offered).toBe('v5.channel.k8s.io');
  expect(head).toMatch(/^HTTP\/1.1 101 /);
});

test('an upgrade that is refused brings the refusal; only SPDY and WebSocket pass', async () => {
  upgraded = (_incoming, socket) =>
    void socket.end(
      'HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{"reason":"no"}',
    );
  const refusal = await upgrade('/api/v1/namespaces/a/pods/b/exec', spdy);
  let text = refusal.rest.toString();
  for await (const chunk of refusal.socket as AsyncIterable<Buffer>) text += chunk.toString();
  expect([refusal.head.split('\r\n')[0], text]).toEqual(['HTTP/1.1 403 Refused', '{"reason":"no"}']);
  expect((await upgrade('/api', ['upgrade: h2c'])).head).toMatch(/^HTTP\/1.1 400 /);
  expect((await upgrade('/api/%2e%2e/x', spdy)).head).toMatch(/^HTTP\/1.1 400 /);
  expect((await upgrade('/api', spdy, 'away')).head).toMatch(/^HTTP\/1.1 503 /);
});

test('a cluster whose agent is away answers 503 as a Status, with words', async () => {
  const { status, text, headers } = await get('/api', { name: 'away' });
  expect(status).toBe(503);
  expect(JSON.parse(text)).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'ServiceUnavailable', code: 503 });
  expect((JSON.parse(text) as { message: string }).message).toMatch(/^The agent of cluster away is not connected/);
  expect(headers['retry-after']).toBe('15');
});

test('an API server that is away or breaks off is told apart from a hub that is', async () => {
  answer = (incoming) => void incoming.socket.destroy();
  const { status, text } = await get('/api');
  expect(status).toBe(503);
  expect((JSON.parse(text) as { message: string }).message).toMatch(/^The agent cannot reach its API server: /);
  answer = (incoming, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('half', () => incoming.socket.destroy());
  };
  await expect(get('/api')).rejects.toThrow(/aborted|hang up|ECONNRESET|socket/i);
  answer = (_incoming, response) => void response.end('fine');
  expect((await get('/api')).text).toBe('fine');
});

test('an early answer to a body that is still coming is not lost', async () => {
  answer = (_incoming, response) => void response.writeHead(413).end('too large');
  const outgoing = open('/upload', { method: 'POST', headers: { 'content-length': String(512 * 1024 * 1024) } });
  outgoing.on('error', () => undefined);
  const arrived = responseOf(outgoing);
  outgoing.write(Buffer.alloc(64 * 1024));
  const incoming = await arrived;
  expect(incoming.statusCode).toBe(413);
  expect(await textOf(incoming)).toBe('too large');
  outgoing.destroy();
});

test('an idle tunnel closes and the next request opens another; one in use stays, and is shared', async () => {
  await waitFor(() => hub.tunnels().open === 0, { what: 'the tunnel of earlier tests to close', timeoutMs: 30_000, intervalMs: 10 });
  const { ever } = hub.tunnels();
  let release: (() => void) | undefined;
  answer = (incoming, response) => {
    if (incoming.url !== '/slow?watch=true') return void response.end('ok');
    response.write('a');
    release = () => response.end('b');
  };
  const outgoing = open('/slow?watch=true');
  outgoing.end();
  const incoming = await responseOf(outgoing);
  // Twice the idle time: only time can show that nothing happens.
  await sleep(600);
  await Promise.all(Array.from({ length: 10 }, () => get('/meanwhile')));
  release?.();
  expect(await textOf(incoming)).toBe('ab');
  expect(hub.tunnels()).toEqual({ open: 1, ever: ever + 1 });
  await waitFor(() => hub.tunnels().open === 0, { what: 'the idle tunnel to close', timeoutMs: 30_000, intervalMs: 10 });
  expect((await get('/again')).text).toBe('ok');
  expect(hub.tunnels()).toEqual({ open: 1, ever: ever + 2 });
}, 90_000);

test('after the hub went away and came back, the agent is there by itself and requests pass', async () => {
  expect(await get('/before')).toMatchObject({ status: 200, text: 'ok' });
  await hub.goAway();
  await waitFor(() => !agent.connected(), { what: 'the agent to notice', timeoutMs: 5000, intervalMs: 5 });
  await expect(get('/during')).rejects.toThrow(/ECONNREFUSED/);
  await hub.comeBack();
  await connected();
  expect((await get('/after')).text).toBe('ok');
}, 30_000);
