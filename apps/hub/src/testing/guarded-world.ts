import { request } from 'node:https';
import { createApiClient } from '@slipway/api';
import { randomSuffix } from '@slipway/kit';
import { type ApiObject, clusterKind, projectKind, roleBindingKind, secretKind, tenantKind, userKind } from '@slipway/model';
import { type LinkedAgent, startLinkedAgent, startStreamingApi } from '@slipway/testkit';
import { sql } from 'kysely';
import type { Database } from '@slipway/store';
import { requestOf, startTestHub } from './test-hub.ts';

const API = '/apis/slipway.dev/v1';

export interface GuardedAnswer {
  readonly status: number;
  readonly text: string;
}

/** Something that a guard stands before. */
export interface GuardedRequest {
  readonly what: string;
  send(token: string): Promise<GuardedAnswer>;
}

/**
 * A whole hub with somebody who may do everything in their tenant, a cluster whose agent serves tunnels, and one request of every way there is to read, change or reach something.
 * What a request sends is another name each time, so that it succeeds again when the guard is back.
 */
export async function startGuardedWorld(engine: 'pglite' | 'postgres', database: () => Database) {
  const test = await startTestHub(engine);
  const api = await startStreamingApi();
  const agents: LinkedAgent[] = [];
  await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name: 'acme' }, spec: {} });
  const acme = createApiClient({ server: test.url, ca: test.hub.ca, token: test.token, tenant: 'acme', userAgent: 'slipway-test' });
  await acme.create(userKind, { kind: 'User', metadata: { name: 'ada' }, spec: {} });
  await acme.create(userKind, { kind: 'User', metadata: { name: 'ben' }, spec: {} });
  const spec = { role: 'tenant-admin', subjects: [{ kind: 'User', name: 'ada' }] };
  await acme.create(roleBindingKind, { kind: 'RoleBinding', metadata: { name: 'ada' }, spec });
  await acme.create(projectKind, { kind: 'Project', metadata: { name: 'shop' }, spec: {} });
  await acme.create(secretKind, {
    kind: 'Secret',
    metadata: { name: 'db', namespace: 'shop' },
    spec: { data: { password: 'aHVudGVyMg==' } },
  });
  const path = `${API}/gateways/local/jointoken`;
  const { token } = await test.client.request<{ token: string }>(path, { method: 'POST', body: {} });
  const gateway = await startLinkedAgent({ url: test.url, ca: test.hub.ca }, token);
  agents.push(gateway);
  const cluster = await acme.create<ApiObject>(clusterKind, {
    kind: 'Cluster',
    metadata: { name: 'there', namespace: 'shop' },
    spec: { profile: { name: 'starter', version: '1.0.0' } },
  });
  const joinToken = await gateway.joinToken(cluster.metadata.uid);
  agents.push(await startLinkedAgent({ url: test.url, ca: test.hub.ca }, joinToken, { server: api.url, ca: api.ca, token: 'agent' }));

  const plain =
    (method: string, to: string, body?: unknown, headers: Record<string, string> = {}) =>
    (as: string) =>
      requestOf({ ...test, token: as }, method, to, { body, headers });
  const proxy = `${API}/namespaces/shop/clusters/there/proxy`;
  const merge = { 'content-type': 'application/merge-patch+json' };
  const project = (name: string) => ({ apiVersion: 'slipway.dev/v1', kind: 'Project', metadata: { name }, spec: {} });
  const deleted = async (as: string): Promise<GuardedAnswer> => {
    const name = `gone-${randomSuffix(6)}`;
    // Made behind the guards' back: the deletion is what they are to stop.
    await madeBehind(database(), name);
    const answer = await plain('DELETE', `${API}/projects/${name}`)(as);
    await sql`delete from objects where tenant = 'acme' and kind = 'Project' and name = ${name}`.execute(database().db);
    return answer;
  };
  const exec = (as: string): Promise<GuardedAnswer> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${as}`, connection: 'Upgrade', upgrade: 'SPDY/3.1' };
      const outgoing = request(`${test.url}${proxy}/api/v1/namespaces/x/pods/p/exec?command=sh&id=${randomSuffix(8)}`, {
        method: 'POST',
        ca: test.hub.ca,
        agent: false,
        headers,
      });
      outgoing.once('error', reject);
      outgoing.once('upgrade', (_answer, socket) => {
        socket.on('error', () => undefined);
        socket.destroy();
        resolve({ status: 200, text: '' });
      });
      outgoing.once('response', (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      outgoing.end();
    });
  const label = () => ({ metadata: { labels: { touched: randomSuffix(6) } } });
  const requests: GuardedRequest[] = [
    { what: 'a list', send: plain('GET', `${API}/namespaces/shop/clusters`) },
    { what: 'an object', send: plain('GET', `${API}/projects/shop`) },
    { what: 'a watch', send: plain('GET', `${API}/projects?watch=true&timeoutSeconds=1`) },
    { what: 'somebody’s sessions', send: plain('GET', `${API}/users/ada/sessions`) },
    { what: 'a new object', send: (as) => plain('POST', `${API}/projects`, project(`new-${randomSuffix(6)}`))(as) },
    { what: 'a change', send: (as) => plain('PATCH', `${API}/projects/shop`, label(), merge)(as) },
    { what: 'a deletion', send: deleted },
    { what: 'a deletion of many', send: plain('DELETE', `${API}/macros`) },
    { what: 'a secret', send: plain('GET', `${API}/namespaces/shop/secrets/db`) },
    { what: 'a kubeconfig', send: plain('GET', `${API}/namespaces/shop/clusters/there/kubeconfig`) },
    { what: 'a request through the tunnel', send: plain('GET', `${proxy}/version`) },
    { what: 'a shell through the tunnel', send: exec },
  ];

  return {
    test,
    acme,
    requests,
    cluster,
    /** A credential that no cache knows yet. */
    token: async (name = 'ada') => (await test.hub.identity.issueToken({ tenant: 'acme', name })).token,
    session: async (name = 'ada') => (await test.hub.identity.openSession({ tenant: 'acme', name }, { method: 'password' }, {})).token,
    /** What users decide about, as it is stored. */
    async stored(): Promise<unknown[]> {
      const { rows } = await sql`select tenant, kind, project, name, labels, spec, deletion_timestamp from objects
        where tenant = 'acme' and kind in ('Project', 'User', 'Team', 'RoleBinding', 'Secret', 'Cluster', 'Registry') and name not like 'gone-%'
        order by kind, project, name`.execute(database().db);
      return rows;
    },
    /** What is recorded as given to, or done by, somebody. */
    async recorded(name: string): Promise<number> {
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from audit_records
        where body::jsonb -> 'user' ->> 'name' = ${name} and body::jsonb ->> 'outcome' = 'ok'`.execute(database().db);
      return rows[0]?.n ?? 0;
    },
    async stop(): Promise<void> {
      for (const agent of agents.toReversed()) await agent.stop();
      acme.close();
      await test.stop();
      await api.stop();
    },
  };
}
export type GuardedWorld = Awaited<ReturnType<typeof startGuardedWorld>>;

async function madeBehind(database: Database, name: string): Promise<void> {
  await sql`insert into objects (tenant, kind, project, name, uid, resource_version, generation, created_at, labels, metadata, spec)
    select 'acme', 'Project', '', ${name}, gen_random_uuid()::text, value, 1, now(), '{}'::jsonb, '{}'::jsonb, '{}'::jsonb from revision where id = 1`.execute(
    database.db,
  );
}
