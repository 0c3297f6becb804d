import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ApiClient, createApiClient } from '@slipway/api';
import { randomSuffix, waitFor } from '@slipway/kit';
import { type ApiObject, clusterKind, projectKind } from '@slipway/model';
import { type LinkedAgent, startLinkedAgent, startStreamingApi, type StreamingApi } from '@slipway/testkit';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { type SingleSignOnWorld, startSingleSignOn } from './single-sign-on.ts';
import { requestOf, type TestHub } from './test-hub.ts';

/** One way into a cluster: the replica that its agent is connected to. */
export interface Site {
  readonly hub: Pick<TestHub, 'hub' | 'url' | 'token'>;
  readonly cluster: string;
  /** The admin, in the tenant, at this replica. */
  readonly admin: ApiClient;
}

/** Something that lasts. */
export interface Lasting {
  readonly what: string;
  /** Resolves when it has ended at the client's side and in the cluster. */
  ended(): Promise<unknown>;
  isOpen(): boolean;
  /** As a client does that has had enough. */
  close(): void;
}

const PROJECT = 'shop';
/** What kubectl holds open: exec, attach and port-forward over both protocols, a followed log, a watch, and a body that goes on. */
const WAYS = [
  ['exec over WebSocket', 'websocket', 'GET', '/api/v1/namespaces/x/pods/p/exec?command=sh&stdin=true'],
  ['exec over SPDY', 'SPDY/3.1', 'POST', '/api/v1/namespaces/x/pods/p/exec?command=sh'],
  ['attach over SPDY', 'SPDY/3.1', 'POST', '/api/v1/namespaces/x/pods/p/attach?stdout=true'],
  ['port-forward over SPDY', 'SPDY/3.1', 'POST', '/api/v1/namespaces/x/pods/p/portforward?x=1'],
  ['a followed log', undefined, 'GET', '/api/v1/namespaces/x/pods/p/log?follow=true'],
  ['a watch in the cluster', undefined, 'GET', '/api/v1/pods?watch=true'],
  ['an upload that goes on', undefined, 'POST', '/api/v1/namespaces/x/services/s/proxy/upload?x=1'],
] as const;
export const WAYS_IN = WAYS.map(([what]) => what);

/**
 * A hub with people, a certified identity provider and a cluster whose agent has joined over the real link; on PostgreSQL two replicas over one database, with a cluster at each, since
 * a tunnel must reach the replica its agent is connected to.
 */
export async function startLastingWorld(engine: 'pglite' | 'postgres') {
  const sso: SingleSignOnWorld = await startSingleSignOn(engine);
  const { test } = sso;
  const api: StreamingApi = await startStreamingApi();
  const replica = engine === 'postgres' ? await test.replica() : undefined;
  const hubs = [test, ...(replica === undefined ? [] : [replica])];
  const agents: LinkedAgent[] = [];
  await sso.acme.create(projectKind, { kind: 'Project', metadata: { name: PROJECT }, spec: {} });
  const path = '/apis/slipway.dev/v1/gateways/local/jointoken';
  const { token: gatewayToken } = await test.client.request<{ token: string }>(path, { method: 'POST', body: {} });
  const gateway = await startLinkedAgent({ url: test.url, ca: test.hub.ca }, gatewayToken);
  agents.push(gateway);
  const sites: Site[] = [];
  for (const hub of hubs) {
    const cluster = `c${sites.length + 1}`;
    const made = await sso.acme.create<ApiObject>(clusterKind, {
      kind: 'Cluster',
      metadata: { name: cluster, namespace: PROJECT, labels: { env: 'dev' } },
      spec: { profile: { name: 'starter', version: '1.0.0' } },
    });
    const joinToken = await gateway.joinToken(made.metadata.uid);
    agents.push(await startLinkedAgent({ url: hub.url, ca: hub.hub.ca }, joinToken, { server: api.url, ca: api.ca, token: 'agent' }));
    const admin = createApiClient({ server: hub.url, ca: hub.hub.ca, token: hub.token, tenant: 'acme', userAgent: 'slipway-test' });
    sites.push({ hub, cluster, admin });
  }

  const pathTo = ({ cluster }: Site, behind: string, tenant?: string) =>
    `${tenant === undefined ? '' : `/tenants/${tenant}`}/apis/slipway.dev/v1/namespaces/${PROJECT}/clusters/${cluster}/proxy${behind}`;

  const hold = async (site: Site, token: string, way: (typeof WAYS)[number], tenant?: string): Promise<Lasting> => {
    const [what, protocol, method, behind] = way;
    const id = randomSuffix(12);
    const url = `${site.hub.url}${pathTo(site, `${behind}&id=${id}`, tenant)}`;
    const connection = { ca: site.hub.hub.ca, token, method };
    const held = protocol === 'websocket' ? await openWebSocket(url, connection) : await openRequest(url, connection, protocol);
    await waitFor(() => api.open.has(id), { what: `${what} to arrive`, timeoutMs: 20_000, intervalMs: 10 });
    const far = () => waitFor(() => !api.open.has(id), { what: `${what} to end in the cluster`, timeoutMs: 60_000, intervalMs: 10 });
    return { ...held, what, ended: () => Promise.all([held.ended(), far()]), isOpen: () => held.isOpen() && api.open.has(id) };
  };

  const statusOf = (token: string, tenant?: string): Promise<number[]> =>
    Promise.all(sites.map(async (site) => (await requestOf({ ...site.hub, token }, 'GET', pathTo(site, '/version', tenant))).status));

  return {
    sso,
    sites,
    api,
    /** Everything that lasts, at every site, with one credential. */
    async holdAll(token: string, tenant?: string): Promise<Lasting[]> {
      // Every replica must have heard of the right first.
      await expect.poll(async () => new Set(await statusOf(token, tenant)), { timeout: 10_000 }).toEqual(new Set([200]));
      const held: Lasting[] = [];
      for (const site of sites) for (const way of WAYS) held.push(await hold(site, token, way, tenant));
      return held;
    },
    /** What a new request with it is answered at each site. */
    statusOf,
    async stop(): Promise<void> {
      for (const agent of agents.toReversed()) await agent.stop();
      for (const { admin } of sites) admin.close();
      await replica?.stop();
      await sso.stop();
      await api.stop();
    },
  };
}
export type LastingWorld = Awaited<ReturnType<typeof startLastingWorld>>;

interface Connection {
  readonly ca: string;
  readonly token: string;
  readonly method: string;
}
type Held = Omit<Lasting, 'what'>;

async function openWebSocket(url: string, { ca, token }: Connection): Promise<Held> {
  const socket = new WebSocket(url.replace(/^https/, 'wss'), ['v5.channel.k8s.io'], { ca, headers: { authorization: `Bearer ${token}` } });
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const echoed = new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => socket.send('typed'));
    socket.once('message', (data) => resolve(String(data)));
  });
  expect(await echoed).toBe('typed');
  return { ended: () => ended, isOpen: () => socket.readyState === WebSocket.OPEN, close: () => socket.terminate() };
}

/** An upgrade that was answered, or a request whose answer has begun. */
function openRequest(url: string, { ca, token, method }: Connection, protocol: string | undefined): Promise<Held> {
  const upgrade = protocol === undefined ? {} : { connection: 'Upgrade', upgrade: protocol };
  const outgoing = request(url, { ca, agent: false, method, headers: { authorization: `Bearer ${token}`, ...upgrade } });
  const held = (stream: Duplex | IncomingMessage): Held => {
    stream.on('error', () => undefined);
    stream.resume();
    const ended = new Promise((resolve) => stream.once('close', resolve));
    return { ended: () => ended, isOpen: () => !stream.destroyed, close: () => outgoing.destroy() };
  };
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('upgrade', (_answer, socket) => resolve(held(socket)));
    outgoing.once('response', (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`${method} ${url} was answered ${answer.statusCode}`));
      // Breaking it off is the far side's; what is still to be sent fails then.
      outgoing.on('error', () => undefined);
      answer.once('data', () => resolve(held(answer)));
    });
    if (method === 'GET' || protocol !== undefined) return void outgoing.end();
    const typing = setInterval(() => outgoing.destroyed || outgoing.write('x'), 50);
    outgoing.once('close', () => clearInterval(typing));
    outgoing.write('x');
  });
}
