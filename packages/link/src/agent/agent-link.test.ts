import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { sha256Hex, silentLogger, waitFor } from '@slipway/kit';
import { emptyClusterFacts, emptyClusterPlan, startLinkHub, type TestLinkHub } from '@slipway/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type AgentIdentity,
  type AgentLink,
  type AgentLinkOptions,
  createAgentLink,
  createFileCredentialStore,
  type CredentialStore,
} from '../index.ts';

let hub: TestLinkHub;
let stopping: AbortController;
let count = 0;
beforeAll(async () => {
  hub = await startLinkHub({ heartbeatSeconds: 1 });
}, 60_000);
afterAll(() => hub?.stop());
afterEach(() => stopping?.abort());

const subjectOf = (uid: string) => ({ kind: 'cluster', uid, name: 'dev', project: 'default' }) as const;

/** An agent with its own uid; started unless told otherwise. */
async function agentFor(uid: string, options: Partial<AgentLinkOptions> = {}, start = true): Promise<AgentLink> {
  stopping = new AbortController();
  const token = options.joinToken ? '' : await hub.link.joinTokens.issue(subjectOf(uid), 60_000);
  const agent = createAgentLink({
    hubUrl: hub.url,
    ca: hub.ca,
    credentials: createFileCredentialStore(join(hub.dir, `${uid}-${(count += 1)}.json`)),
    joinToken: () => Promise.resolve(token),
    version: '1.2.3',
    logger: silentLogger,
    retry: { baseMs: 10, maxMs: 50 },
    ...options,
  });
  if (start) void agent.start(stopping.signal);
  return agent;
}
const within = (what: string, probe: () => unknown, timeoutMs = 10_000) =>
  waitFor(async () => Boolean(await probe()), { what, timeoutMs, intervalMs: 5 });

const plan = (clusterUid: string, profile: string) => emptyClusterPlan(clusterUid, { profile: { name: profile, version: '1.0.0' } });
const facts = (clusterUid: string, planRevision: number) => emptyClusterFacts(clusterUid, { planRevision });

test('joins, connects, learns of a plan at once, pulls and verifies it, and is told when nothing is new', async () => {
  const agent = await agentFor('happy');
  const told: string[] = [];
  agent.onPlanAvailable((hash) => told.push(hash));
  expect(await agent.joined()).toEqual(subjectOf('happy'));
  await within('the connection', () => agent.connected());
  expect(await agent.pullPlan()).toEqual({ state: 'none' });
  const published = await hub.link.plans.publishCluster(plan('happy', 'one'));
  await within('the news', () => told.length === 1);
  expect(told).toEqual([published.hash]);
  const pulled = await agent.pullPlan();
  expect(pulled).toMatchObject({ state: 'new', verified: { ok: true, plan: { revision: 1, clusterUid: 'happy' } } });
  agent.setPlan({ revision: published.revision, hash: published.hash });
  expect(await agent.pullPlan()).toEqual({ state: 'unchanged' });
  await within('the heartbeat', () => hub.link.facts.connection('happy').planRevision === 1);
  expect(hub.link.facts.connection('happy')).toMatchObject({ connected: true, agentVersion: '1.2.3' });
});

test('a plan the hub signed with another key than the pinned one is refused', async () => {
  const credentials = createFileCredentialStore(join(hub.dir, 'pinned.json'));
  const first = await agentFor('pinned', { credentials });
  await first.joined();
  stopping.abort();
  const saved = await credentials.load();
  await credentials.save({ joined: { ...saved!.joined!, planKey: { ...saved!.joined!.planKey, id: 'other' } } });
  const agent = await agentFor('pinned', { credentials });
  await agent.joined();
  await hub.link.plans.publishCluster(plan('pinned', 'one'));
  expect(await agent.pullPlan()).toMatchObject({ state: 'new', verified: { ok: false, reason: 'PlanSignatureInvalid' } });
});

test('the credential is saved before it is proposed, and a kill at any moment of the join leaves a join that works', async () => {
  const token = await hub.link.joinTokens.issue(subjectOf('killed'), 60_000);
  const journal: AgentIdentity[] = [];
  // Saves that fail at the n-th time are the kill: what was saved before is what the next start finds.
  for (const dieAt of [1, 2]) {
    let saves = 0;
    const dying: CredentialStore = {
      load: () => Promise.resolve(journal.at(-1)),
      save: (identity) => {
        saves += 1;
        if (saves >= dieAt) return Promise.reject(new Error('killed'));
        journal.push(identity);
        return Promise.resolve();
      },
    };
    await agentFor('killed', { credentials: dying, joinToken: () => Promise.resolve(token) });
    await within('the kill', () => saves >= dieAt);
    stopping.abort();
  }
  expect(journal).toHaveLength(1);
  expect(journal[0]?.proposed?.credential).toMatch(/^swa_/);
  const agent = await agentFor('killed', {
    joinToken: () => Promise.resolve(token),
    credentials: { load: () => Promise.resolve(journal.at(-1)), save: (identity) => Promise.resolve(void journal.push(identity)) },
  });
  await agent.joined();
  expect(journal.at(-1)?.joined?.credential).toBe(journal[0]?.proposed?.credential);
  await within('the connection', () => agent.connected());
});

test('without a token it waits and joins when one comes; a bad token is retried until it is replaced', async () => {
  let token: string | undefined;
  const agent = await agentFor('late', { joinToken: () => Promise.resolve(token) });
  expect(agent.subject()).toBeUndefined();
  await expect(agent.pullPlan()).rejects.toThrow(/has not joined/);
  token = 'swj_wrong';
  token = await hub.link.joinTokens.issue(subjectOf('late'), 60_000);
  expect((await agent.joined()).uid).toBe('late');
});

test('a revoked agent does not hammer, and comes back with a new token as the same cluster only', async () => {
  let token = await hub.link.joinTokens.issue(subjectOf('again'), 60_000);
  const credentials = createFileCredentialStore(join(hub.dir, 'again.json'));
  const start = () => agentFor('again', { credentials, joinToken: () => Promise.resolve(token) });
  const agent = await start();
  await within('the connection', () => agent.connected());
  await hub.link.revoke('again', 'test');
  await within('the goodbye', () => !agent.connected());
  await expect(agent.pullPlan()).rejects.toMatchObject({ code: 'Unauthorized' });
  stopping.abort();

  token = await hub.link.joinTokens.issue(subjectOf('someone-else'), 60_000);
  const wrong = await start();
  await wrong.joined();
  await within('the refused join', async () => (await credentials.load())?.proposed !== undefined);
  expect(wrong.subject()?.uid).toBe('again');
  expect((await credentials.load())?.joined?.subject.uid).toBe('again');
  stopping.abort();

  token = await hub.link.joinTokens.issue(subjectOf('again'), 60_000);
  const right = await start();
  await within('the connection', () => right.connected());
  expect(right.subject()?.uid).toBe('again');
});

test('facts reach the hub, the newest win, and those made while it was away come after', async () => {
  const agent = await agentFor('facts');
  await within('the connection', () => agent.connected());
  for (let revision = 1; revision <= 50; revision += 1) agent.postFacts(facts('facts', revision));
  await within('the newest', async () => (await hub.link.facts.cluster('facts'))?.facts.planRevision === 50);
  await hub.goAway();
  for (let revision = 51; revision <= 60; revision += 1) agent.postFacts(facts('facts', revision));
  await within('the agent to notice', () => !agent.connected());
  await hub.comeBack();
  await within('the newest', async () => (await hub.link.facts.cluster('facts'))?.facts.planRevision === 60);
  // Facts that the hub can never take do not block those that follow.
  agent.postFacts(facts('not-me', 61));
  agent.postFacts(facts('facts', 62));
  await within('the newest', async () => (await hub.link.facts.cluster('facts'))?.facts.planRevision === 62);
});

test('a plan published while the agent was away is known as soon as it is back', async () => {
  const agent = await agentFor('resume');
  const told: string[] = [];
  const greeted: string[] = [];
  agent.onPlanAvailable((hash) => told.push(hash));
  agent.onConnected(() => greeted.push('early'));
  await within('the connection', () => agent.connected());
  agent.onConnected(() => greeted.push('late'));
  expect(greeted).toEqual(['early', 'late']);
  await hub.goAway();
  const published = await hub.link.plans.publishCluster(plan('resume', 'new'));
  expect(told).toEqual([]);
  await hub.comeBack();
  await within('the news', () => told.length > 0);
  expect(told).toEqual([published.hash]);
  expect(greeted).toEqual(['early', 'late', 'early', 'late']);
});

test('an agent that stops answering is disconnected after three heartbeats, and its last sign of life stays known', async () => {
  const changes: string[] = [];
  hub.link.facts.onChange((subject) => changes.push(subject.uid), AbortSignal.timeout(60_000));
  const gate = await tcpGate(hub.port);
  const agent = await agentFor('silent', { hubUrl: `https://127.0.0.1:${gate.port}` });
  // The agent's view: the hub counts it as connected a moment before its welcome arrives, and would have the agent wait for that.
  await within('the connection', () => agent.connected());
  gate.freeze();
  changes.length = 0;
  await within('the end', () => !hub.link.facts.connection('silent').connected);
  expect(changes).toContain('silent');
  expect(Date.parse(hub.link.facts.connection('silent').lastSeen ?? '')).toBeGreaterThan(Date.now() - 10_000);
  // The agent notices as well, although nobody told it, and comes back once the way is free.
  await within('the agent to notice', () => !agent.connected());
  gate.thaw();
  await within('the reconnection', () => hub.link.facts.connection('silent').connected);
  gate.close();
}, 60_000);

test('charts are fetched by digest and checked', async () => {
  const agent = await agentFor('charts');
  await agent.joined();
  const digest = await hub.blobs.put(Buffer.from('chart'));
  await expect(agent.fetchBlob(digest)).rejects.toMatchObject({ code: 'NotFound' });
  await hub.link.plans.publishCluster({
    ...plan('charts', 'x'),
    layers: [
      {
        name: 'web',
        type: 'addon',
        namespace: 'web',
        dependsOn: [],
        drift: 'heal',
        timeoutSeconds: 60,
        content: { type: 'chart', release: 'web', name: 'web', version: '1', digest, values: {} },
      },
    ],
  });
  expect((await agent.fetchBlob(digest)).toString()).toBe('chart');
  expect(`sha256:${sha256Hex('chart')}`).toBe(digest);
  await expect(agent.requestJoinToken('charts')).rejects.toMatchObject({ code: 'NotFound' });
});

test('a hub with another CA is not talked to', async () => {
  const other = await startLinkHub();
  const agent = await agentFor('mitm', { ca: other.ca });
  await expect(Promise.race([agent.joined(), agent.joined(AbortSignal.timeout(500))])).rejects.toThrow();
  expect(hub.link.facts.connection('mitm').connected).toBe(false);
  await other.stop();
}, 60_000);

test('everything goes through HTTPS_PROXY when it is set', async () => {
  const connects: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    connects.push(request.url ?? '');
    const upstream = connect(hub.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream]) end.on('error', () => undefined);
    socket.once('close', () => upstream.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const agent = await agentFor('proxied', { proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` } });
  await within('the connection', () => agent.connected());
  expect(await agent.pullPlan()).toEqual({ state: 'none' });
  // The join and the WebSocket at least.
  expect(connects.length).toBeGreaterThanOrEqual(2);
  expect(new Set(connects)).toEqual(new Set([`127.0.0.1:${hub.port}`]));
  stopping.abort();
  await within('the end', () => !agent.connected());
  proxy.close();
});

/** A TCP relay that can stop relaying without closing anything, as a NAT that forgot a connection does. */
async function tcpGate(target: number): Promise<{ port: number; freeze(): void; thaw(): void; close(): void }> {
  const { createServer: createTcpServer } = await import('node:net');
  const pairs = new Set<[Socket, Socket]>();
  let frozen = false;
  const server = createTcpServer((socket) => {
    const upstream = connect(target, '127.0.0.1');
    const pair: [Socket, Socket] = [socket, upstream];
    pairs.add(pair);
    for (const end of pair) {
      end.on('error', () => undefined);
      end.once('close', () => pairs.delete(pair));
    }
    if (frozen) return;
    socket.pipe(upstream);
    upstream.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      frozen = true;
      for (const [a, b] of pairs) {
        a.unpipe();
        b.unpipe();
        // Read and thrown away: the peers' sends succeed.
        a.resume();
        b.resume();
      }
    },
    thaw: () => {
      frozen = false;
      for (const [a, b] of pairs) [a, b].forEach((end) => end.destroy());
    },
    close: () => {
      server.close();
      for (const [a, b] of pairs) [a, b].forEach((end) => end.destroy());
    },
  };
}

test('the credential is replaced by itself; the old one works for an hour more, then and for others never', async () => {
  const journal: AgentIdentity[] = [];
  const credentials = {
    load: () => Promise.resolve(journal.at(-1)),
    save: (identity: AgentIdentity) => Promise.resolve(void journal.push(identity)),
  };
  const agent = await agentFor('rotating', { credentials });
  await agent.joined();
  const first = journal.at(-1)?.joined?.credential ?? '';
  stopping.abort();
  const again = await agentFor('rotating', { credentials, rotateEveryMs: 50 });
  await within('a new credential', () => journal.at(-1)?.joined?.credential !== first && journal.at(-1)?.next === undefined);
  await within('the connection', () => again.connected());
  stopping.abort();
  const { credential = '' } = journal.at(-1)?.joined ?? {};
  expect(await hub.store.credentialSubject(sha256Hex(credential), Date.now())).toEqual(subjectOf('rotating'));
  expect(
    await hub.store.credentialSubject(sha256Hex(credential), Date.now() + 365 * 86_400_000),
    'the one in force does not run out',
  ).toEqual(subjectOf('rotating'));
  expect(await hub.store.credentialSubject(sha256Hex(first), Date.now())).toEqual(subjectOf('rotating'));
  expect(await hub.store.credentialSubject(sha256Hex(first), Date.now() + 3_601_000)).toBeUndefined();
  const rotate = (from: string, to: string) =>
    hub.store.rotateCredential({ credentialHash: sha256Hex(from), nextHash: sha256Hex(to), now: Date.now(), overlapMs: 1 });
  expect(await rotate(first, 'swa_thief'), 'what was replaced replaces nothing').toBe('taken');
  await hub.link.revoke('rotating', 'test');
  for (const one of [first, credential]) expect(await hub.store.credentialSubject(sha256Hex(one), Date.now())).toBeUndefined();
  expect(await rotate(credential, 'swa_other')).toBe('unknown');
});

test.each(['before the hub hears of it', 'after the hub took it', 'long after the hub took it'])(
  'a kill %s leaves an agent that goes on with the new credential',
  async (when) => {
    const uid = `rotation killed ${when}`.replaceAll(' ', '-');
    const journal: AgentIdentity[] = [];
    const store = (dieAt: number): CredentialStore => ({
      load: () => Promise.resolve(journal.at(-1)),
      save: (identity) => {
        dieAt -= 1;
        if (dieAt < 0) return Promise.reject(new Error('killed'));
        journal.push(identity);
        return Promise.resolve();
      },
    });
    await (await agentFor(uid, { credentials: store(9) })).joined();
    stopping.abort();
    const old = journal.at(-1)?.joined?.credential ?? '';
    const next = `swa_${'n'.repeat(43)}${count}`;
    journal.push({ ...journal.at(-1), next } as AgentIdentity);
    if (when !== 'before the hub hears of it') {
      const overlapMs = when.startsWith('long') ? -1 : 60_000;
      expect(
        await hub.store.rotateCredential({ credentialHash: sha256Hex(old), nextHash: sha256Hex(next), now: Date.now(), overlapMs }),
      ).toBe('ok');
    }
    const agent = await agentFor(uid, { credentials: store(9), joinToken: () => Promise.resolve(undefined) });
    await within('the new credential', () => journal.at(-1)?.joined?.credential === next);
    expect(journal.at(-1)?.next).toBeUndefined();
    await within('the connection', () => agent.connected());
    expect(await agent.pullPlan()).toEqual({ state: 'none' });
  },
);

test('a hub that was restored from before the rotation still knows its agent', async () => {
  const journal: AgentIdentity[] = [];
  const credentials = {
    load: () => Promise.resolve(journal.at(-1)),
    save: (identity: AgentIdentity) => Promise.resolve(void journal.push(identity)),
  };
  await (await agentFor('restored', { credentials })).joined();
  stopping.abort();
  const joined = journal.at(-1)?.joined;
  journal.push({
    joined: { ...joined!, credential: `swa_${'l'.repeat(43)}`, previous: [`swa_${'k'.repeat(43)}`, joined!.credential], since: Date.now() },
  });
  const agent = await agentFor('restored', { credentials, joinToken: () => Promise.resolve(undefined) });
  await within('the connection', () => agent.connected());
  await within(
    'a new credential',
    () => (journal.at(-1)?.joined?.since ?? 0) > 0 && journal.at(-1)?.joined?.credential !== `swa_${'l'.repeat(43)}`,
  );
});

test('one agent cannot rotate, nor take over, the credential of another', async () => {
  const credentialOf = async (uid: string) => {
    const credentials = createFileCredentialStore(join(hub.dir, `${uid}.json`));
    await (await agentFor(uid, { credentials })).joined();
    stopping.abort();
    return (await credentials.load())?.joined?.credential ?? '';
  };
  const [mine, theirs] = [await credentialOf('c1'), await credentialOf('c10')];
  const rotate = (from: string, to: string) =>
    hub.store.rotateCredential({ credentialHash: sha256Hex(from), nextHash: sha256Hex(to), now: Date.now(), overlapMs: 1000 });
  expect(await rotate(mine, theirs)).toBe('taken');
  expect(await hub.store.credentialSubject(sha256Hex(theirs), Date.now())).toEqual(subjectOf('c10'));
  expect(await rotate('swa_guessed', 'swa_new')).toBe('unknown');
});
