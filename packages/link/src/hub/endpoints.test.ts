import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { waitFor } from '@slipway/kit';
import type { GatewayFacts } from '@slipway/model';
import { emptyClusterFacts, emptyClusterPlan, startLinkHub, type TestLinkHub } from '@slipway/testkit';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { JoinResponse, LinkSubject } from '../index.ts';

let hub: TestLinkHub;
let now = Date.now();
beforeAll(async () => {
  hub = await startLinkHub({ clock: { now: () => now } });
}, 60_000);
afterAll(() => hub?.stop());

interface Answer {
  status: number;
  body: string;
  json: Record<string, unknown>;
  headers: Record<string, unknown>;
}

function send(
  method: string,
  path: string,
  options: { credential?: string; json?: unknown; raw?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const body = options.raw ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
  return new Promise((resolve, reject) => {
    const outgoing = request(`${hub.url}/link/v1${path}`, {
      method,
      ca: hub.ca,
      headers: {
        ...(options.credential ? { authorization: `Bearer ${options.credential}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.once('end', () => {
        const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
        resolve({ status: answer.statusCode ?? 0, body: text, json, headers: answer.headers });
      });
    });
    outgoing.end(body);
  });
}

const newCredential = () => `swa_${randomBytes(32).toString('base64url')}`;
const clusterSubject = (uid: string): LinkSubject => ({ kind: 'cluster', uid, name: 'dev', project: 'default' });

async function join(subject: LinkSubject): Promise<string> {
  const token = await hub.link.joinTokens.issue(subject, 60_000);
  const credential = newCredential();
  const answer = await send('POST', '/join', { json: { token, agentVersion: '1', credential } });
  expect(answer.status).toBe(200);
  return credential;
}

const planFor = (clusterUid: string, digest?: string) =>
  emptyClusterPlan(clusterUid, {
    layers: digest
      ? [
          {
            name: 'web',
            type: 'addon',
            namespace: 'web',
            dependsOn: [],
            drift: 'heal',
            timeoutSeconds: 60,
            content: { type: 'chart', release: 'web', name: 'web', version: '1', digest, values: {} },
          },
        ]
      : [],
  });
const factsOf = (clusterUid: string) => emptyClusterFacts(clusterUid, { agentVersion: '1' });
const gatewayFacts = (gatewayUid: string): GatewayFacts => ({
  kind: 'GatewayFacts',
  gatewayUid,
  agentVersion: '1',
  planRevision: 1,
  clusters: [],
  health: { healthy: true, conditions: [] },
  tombstonesDone: [],
});

test('a join token works once, can be repeated with the same credential, and expires', async () => {
  const token = await hub.link.joinTokens.issue(clusterSubject('join-1'), 60_000);
  const credential = newCredential();
  const joinWith = (proposed: string, t = token) => send('POST', '/join', { json: { token: t, agentVersion: '1', credential: proposed } });
  const first = await joinWith(credential);
  expect(first.status).toBe(200);
  expect((first.json as unknown as JoinResponse).subject).toEqual(clusterSubject('join-1'));
  expect((first.json as unknown as JoinResponse).planKey).toEqual(hub.signer.key);
  expect((await joinWith(credential)).json).toEqual(first.json);
  const thief = await joinWith(newCredential());
  expect(thief.status).toBe(401);
  expect(thief.json['message']).toMatch(/used already/);
  // The credential of another agent cannot be bound to a second uid.
  const other = await hub.link.joinTokens.issue(clusterSubject('join-2'), 60_000);
  expect((await joinWith(credential, other)).status).toBe(401);
  now += 61_000;
  expect((await joinWith(credential)).status).toBe(401);
  expect((await joinWith(newCredential(), other)).status).toBe(401);
  // What was joined keeps working.
  expect((await send('GET', '/plan', { credential })).status).toBe(404);
  for (const bad of [{}, { token: 'x' }, { token, agentVersion: '1', credential: 'swa_short' }, []]) {
    expect((await send('POST', '/join', { json: bad })).status).toBe(422);
  }
  expect((await send('POST', '/join', { json: { token: `swj_${'x'.repeat(20_000)}` } })).status).toBe(413);
  expect((await send('POST', '/join', { raw: '{"token":' })).status).toBe(400);
});

test('of many who use one token at once, one wins', async () => {
  const token = await hub.link.joinTokens.issue(clusterSubject('race'), 60_000);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => send('POST', '/join', { json: { token, agentVersion: '1', credential: newCredential() } })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 401)]);
});

test('secrets are stored as hashes only', async () => {
  const token = await hub.link.joinTokens.issue(clusterSubject('hashed'), 60_000);
  const credential = newCredential();
  await send('POST', '/join', { json: { token, agentVersion: '1', credential } });
  expect(await hub.store.credentialSubject(credential, Date.now())).toBeUndefined();
  expect((await hub.store.redeemJoinToken({ tokenHash: token, credentialHash: 'x', now })).result).toBe('unknown');
});

/** `uid-1` and `uid-10` share a prefix, as do many names: nothing may compare by prefix. */
test('an agent reaches only what is its own, at every endpoint', async () => {
  const mine = await join(clusterSubject('uid-1'));
  const other = await join(clusterSubject('uid-10'));
  const gateway = await join({ kind: 'gateway', uid: 'gw-1', name: 'local' });
  const digest = await hub.blobs.put(Buffer.from('my chart'));
  const secret = await hub.blobs.put(Buffer.from('their chart'));
  await hub.link.plans.publishCluster(planFor('uid-1', digest));
  await hub.link.plans.publishCluster(planFor('uid-10', secret));
  await hub.link.plans.publishGateway({
    kind: 'GatewayPlan',
    gatewayUid: 'gw-1',
    gateway: 'local',
    clusters: [
      {
        clusterUid: 'uid-1',
        name: 'dev',
        project: 'default',
        namespace: 'slipway-1',
        cloud: 'local',
        kubernetesVersion: 'v1',
        objects: [],
      },
    ],
    tombstones: [],
  });

  const plan = await send('GET', '/plan', { credential: mine });
  expect(JSON.parse(String(plan.json['payload']))).toMatchObject({ clusterUid: 'uid-1' });
  const notModified = await send('GET', '/plan', { credential: mine, headers: { 'if-none-match': String(plan.headers['etag']) } });
  expect(notModified.status).toBe(304);

  expect((await send('GET', `/blobs/${digest}`, { credential: mine })).body).toBe('my chart');
  expect((await send('GET', `/blobs/${secret}`, { credential: mine })).status).toBe(404);
  expect((await send('GET', `/blobs/${digest}`, { credential: other })).status).toBe(404);
  expect((await send('GET', `/blobs/${digest}`, { credential: gateway })).status).toBe(404);
  expect((await send('GET', '/blobs/..%2f..%2fkeys', { credential: mine })).status).toBe(404);

  expect((await send('POST', '/facts', { credential: mine, json: factsOf('uid-1') })).status).toBe(204);
  expect((await send('POST', '/facts', { credential: mine, json: factsOf('uid-10') })).status).toBe(403);
  expect((await send('POST', '/facts', { credential: other, json: factsOf('uid-1') })).status).toBe(403);
  expect((await send('POST', '/facts', { credential: mine, json: gatewayFacts('uid-1') })).status).toBe(403);
  expect((await send('POST', '/facts', { credential: gateway, json: gatewayFacts('gw-1') })).status).toBe(204);
  expect((await hub.link.facts.cluster('uid-1'))?.facts.clusterUid).toBe('uid-1');
  expect(await hub.link.facts.cluster('uid-10')).toBeUndefined();
  expect(await hub.link.facts.cluster('gw-1')).toBeUndefined();

  const fresh = await send('POST', '/clusters/uid-1/join-token', { credential: gateway, json: {} });
  expect(fresh.json['token']).toMatch(/^swj_/);
  for (const [uid, credential] of [
    ['uid-10', gateway],
    ['uid-', gateway],
    ['gw-1', gateway],
    ['uid-1', mine],
    ['uid-1', other],
  ] as const) {
    expect((await send('POST', `/clusters/${uid}/join-token`, { credential, json: {} })).status).toBe(404);
  }

  for (const [method, path] of [
    ['GET', '/plan'],
    ['POST', '/facts'],
    ['GET', `/blobs/${digest}`],
    ['POST', '/clusters/uid-1/join-token'],
  ] as const) {
    for (const credential of [undefined, 'swa_', mine.slice(0, -1), `${mine}x`, String(fresh.json['token'])]) {
      const answer = await send(method, path, {
        ...(credential === undefined ? {} : { credential }),
        ...(method === 'POST' ? { json: {} } : {}),
      });
      expect([answer.status, answer.json['reason']]).toEqual([401, 'Unauthorized']);
    }
  }
});

test('facts that are too large or of a wrong shape are refused, with the field', async () => {
  const credential = await join(clusterSubject('facts-1'));
  const wrong = await send('POST', '/facts', { credential, json: { ...factsOf('facts-1'), planRevision: 'one' } });
  expect(wrong.status).toBe(422);
  expect(wrong.json['message']).toMatch(/planRevision/);
  const large = await send('POST', '/facts', {
    credential,
    json: { ...factsOf('facts-1'), agentVersion: 'x'.repeat(9 * 1024 * 1024) },
  }).catch(() => ({ status: 413 }));
  expect(large.status).toBe(413);
  expect(await hub.link.facts.cluster('facts-1')).toBeUndefined();
});

function dial(path: string, credential: string): Promise<{ socket?: WebSocket; status?: number | undefined }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`wss://127.0.0.1:${hub.port}/link/v1${path}`, {
      ca: hub.ca,
      headers: { authorization: `Bearer ${credential}` },
    });
    socket.on('error', () => undefined);
    socket.once('open', () => resolve({ socket }));
    socket.once('unexpected-response', (_request, response) => {
      resolve({ status: response.statusCode });
      socket.terminate();
    });
  });
}
const closed = (socket: WebSocket) =>
  new Promise<[number, string]>((resolve) => socket.once('close', (code, reason) => resolve([code, reason.toString()])));
const message = (socket: WebSocket) =>
  new Promise<Record<string, unknown>>((resolve) =>
    socket.once('message', (data) => resolve(JSON.parse(String(data)) as Record<string, unknown>)),
  );
const hello = (planRevision = 0) => JSON.stringify({ type: 'hello', agentVersion: '1', planRevision, planHash: '' });

test('a WebSocket needs a credential, and a tunnel one that was asked for', async () => {
  const credential = await join(clusterSubject('ws-1'));
  expect((await dial('/connect', 'swa_nobody')).status).toBe(401);
  expect((await dial('/tunnel/0123456789abcdef', credential)).status).toBe(404);
  expect((await dial('/elsewhere', credential)).status).toBe(404);
  const { socket } = await dial('/connect', credential);
  socket?.send(hello());
  await message(socket!);
  expect(hub.link.facts.connection('ws-1').connected).toBe(true);
  // Another agent learns of the tunnel's id and comes first: it is not let in.
  const asked = message(socket!);
  const waiting = hub.link.tunnels.request({ uid: 'ws-1', name: 'dev' }, { ':path': '/k8s/version' });
  waiting.catch(() => undefined);
  const id = String((await asked)['id']);
  const thief = await join(clusterSubject('ws-10'));
  expect((await dial(`/tunnel/${id}`, thief)).status).toBe(404);
  expect((await dial(`/tunnel/${id}`, credential)).socket).toBeDefined();
  socket?.close();
});

test.each([
  ['binary', (socket: WebSocket) => socket.send(Buffer.from([1, 2, 3])), 4400],
  ['not JSON', (socket: WebSocket) => socket.send('{'), 4400],
  ['an unknown type', (socket: WebSocket) => socket.send('{"type":"delete"}'), 4400],
  ['a heartbeat before hello', (socket: WebSocket) => socket.send('{"type":"heartbeat","planRevision":0,"planHash":""}'), 4400],
  ['hello twice', (socket: WebSocket) => [hello(), hello()].forEach((frame) => socket.send(frame)), 4400],
  ['a frame too large', (socket: WebSocket) => socket.send(hello().padEnd(70_000)), 1009],
  [
    'a flood',
    (socket: WebSocket) =>
      [hello(), ...Array.from({ length: 30 }, () => '{"type":"heartbeat","planRevision":0,"planHash":""}')].forEach((frame) =>
        socket.send(frame),
      ),
    4429,
  ],
])('a connection that sends %s is closed with a reason', async (what, misbehave, code) => {
  const credential = await join(clusterSubject(`frames-${what}`));
  const { socket } = await dial('/connect', credential);
  const end = closed(socket!);
  misbehave(socket!);
  expect((await end)[0]).toBe(code);
  await waitFor(() => !hub.link.facts.connection(`frames-${what}`).connected, { what: 'the end', timeoutMs: 2000, intervalMs: 5 });
});

test('a second connection of an agent takes over; the first is told so', async () => {
  const credential = await join(clusterSubject('twice'));
  const first = (await dial('/connect', credential)).socket!;
  const end = closed(first);
  first.send(hello());
  await message(first);
  const second = (await dial('/connect', credential)).socket!;
  second.send(hello());
  await message(second);
  expect((await end)[0]).toBe(4409);
  expect(hub.link.facts.connection('twice').connected).toBe(true);
  second.close();
});

test('forget and revoke say goodbye, close, and the credential is worth nothing', async () => {
  const seen: string[] = [];
  const listening = new AbortController();
  hub.link.facts.onChange((subject) => seen.push(subject.uid), listening.signal);
  for (const uid of ['gone-1', 'gone-2']) {
    const credential = await join(clusterSubject(uid));
    await hub.link.plans.publishCluster(planFor(uid));
    const token = await hub.link.joinTokens.issue(clusterSubject(uid), 60_000);
    const socket = (await dial('/connect', credential)).socket!;
    socket.send(hello());
    await message(socket);
    const goodbye = message(socket);
    const end = closed(socket);
    if (uid === 'gone-1') await hub.link.plans.forget(uid);
    else await hub.link.revoke(uid, 'revoked by an administrator');
    expect(await goodbye).toMatchObject({ type: 'goodbye', retryAfterSeconds: expect.any(Number) });
    expect((await end)[0]).toBe(4401);
    expect((await send('GET', '/plan', { credential })).status).toBe(401);
    expect((await dial('/connect', credential)).status).toBe(401);
    expect((await send('POST', '/join', { json: { token, agentVersion: '1', credential: newCredential() } })).status).toBe(401);
    expect(seen).toContain(uid);
  }
  expect(await hub.link.plans.latestCluster('gone-1')).toBeUndefined();
  expect(await hub.link.plans.latestCluster('gone-2')).toBeDefined();
  listening.abort();
  seen.length = 0;
  await join(clusterSubject('gone-3'));
  expect(seen).toEqual([]);
});

test('a published plan wakes the agent at once; equal content wakes nobody and writes nothing', async () => {
  const credential = await join(clusterSubject('wake'));
  const socket = (await dial('/connect', credential)).socket!;
  socket.send(hello());
  expect(await message(socket)).toEqual({ type: 'welcome', heartbeatSeconds: 15 });
  const frames: unknown[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  const first = await hub.link.plans.publishCluster(planFor('wake'));
  expect(first).toMatchObject({ revision: 1, changed: true });
  expect(await hub.link.plans.publishCluster(planFor('wake'))).toEqual({ ...first, changed: false });
  const second = await hub.link.plans.publishCluster(planFor('wake', 'sha256:x'));
  expect(second).toMatchObject({ revision: 2, changed: true });
  await waitFor(() => frames.length === 2, { what: 'two frames', timeoutMs: 2000, intervalMs: 2 });
  expect(frames).toEqual([first, second].map(({ hash }) => ({ type: 'plan', hash })));
  expect((await hub.link.plans.latestCluster('wake'))?.plan.revision).toBe(2);
  socket.close();
});

test('after a restore the hub goes above what the agent holds; an absurd number is not believed', async () => {
  const credential = await join(clusterSubject('restored'));
  await hub.link.plans.publishCluster(planFor('restored'));
  for (const held of [41, 2 ** 52]) {
    const socket = (await dial('/connect', credential)).socket!;
    socket.send(hello(held));
    await message(socket);
    socket.close();
  }
  expect(await hub.link.plans.publishCluster(planFor('restored'))).toMatchObject({ revision: 1, changed: false });
  expect(await hub.link.plans.publishCluster(planFor('restored', 'sha256:y'))).toMatchObject({ revision: 42, changed: true });
});

test('however many publish at once, revisions grow by one and each has one content', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 }), async (contents) => {
      const uid = `many-${(run += 1)}`;
      const published = await Promise.all(contents.map((content) => hub.link.plans.publishCluster(planFor(uid, content))));
      const hashes = new Map<number, string>();
      for (const { revision, hash } of published) {
        expect(hashes.get(revision) ?? hash).toBe(hash);
        hashes.set(revision, hash);
      }
      const changed = published.filter((one) => one.changed).map(({ revision }) => revision);
      expect(changed.toSorted((a, b) => a - b)).toEqual(Array.from({ length: changed.length }, (_, n) => n + 1));
      const latest = await hub.link.plans.latestCluster(uid);
      expect(latest?.plan.revision).toBe(changed.length);
      expect(latest?.signed.hash).toBe(hashes.get(changed.length));
    }),
    { numRuns: 25 },
  );
});
