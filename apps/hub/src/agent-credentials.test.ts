import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createApiClient } from '@slipway/api';
import { randomSuffix, sha256Hex, silentLogger, waitFor } from '@slipway/kit';
import { createFileBlobStore, LINK_PREFIX, LINK_UPGRADES } from '@slipway/link';
import { type ApiObject, clusterKind, tenantKind } from '@slipway/model';
import type { Database } from '@slipway/store';
import { emptyClusterFacts, type LinkedAgent, startLinkedAgent, testEngines } from '@slipway/testkit';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { around } from './testing/faults.ts';
import { type RawAnswer, requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

interface Route {
  readonly method: string;
  readonly url: string;
}
const seen = vi.hoisted(() => ({ routes: [] as Route[], database: undefined as Database | undefined }));
/** Every route that the hub serves, as it registers them: nothing is left out because somebody forgot to write it down here. */
vi.mock('./http-app.ts', async (original) => {
  const real = await original<typeof import('./http-app.ts')>();
  return {
    ...real,
    createApp: (...given: Parameters<typeof real.createApp>): FastifyInstance => {
      const app = real.createApp(...given);
      app.addHook('onRoute', ({ method, url }) => void seen.routes.push(...[method].flat().map((one) => ({ method: one, url }))));
      return app;
    },
  };
});
vi.mock('@slipway/store', async (original) => {
  const real = await original<typeof import('@slipway/store')>();
  const kept = <T extends Database>(database: T): T => (seen.database = around(database));
  return {
    ...real,
    openEmbedded: async (options: Parameters<typeof real.openEmbedded>[0]) => kept(await real.openEmbedded(options)),
    openPostgres: async (options: Parameters<typeof real.openPostgres>[0]) => kept(await real.openPostgres(options)),
  };
});

const API = '/apis/slipway.dev/v1';
const newCredential = () => `swa_${randomBytes(32).toString('base64url')}`;

/** What names somebody, wherever an endpoint may look for it. */
interface Named {
  readonly uid: string;
  readonly name: string;
  readonly tenant: string;
  readonly project: string;
  readonly digest: string;
}

describe.each(testEngines)('an agent with the ids of another, on %s', (engine) => {
  let test: TestHub;
  let gateway: LinkedAgent;
  let mine: Named;
  let theirs: Named;
  let credential: string;
  let other: string;
  /** As long as theirs, and nobody's. */
  let nobody: Named;
  const db = () => (seen.database as Database).db;
  const send = (as: string, { method, url }: Route, body?: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    requestOf({ ...test, token: as }, method, url, { headers, ...(body === undefined ? {} : { body }) });
  const joined = async (token: string): Promise<string> => {
    const made = newCredential();
    const answer = await send('', { method: 'POST', url: `${LINK_PREFIX}/join` }, { token, agentVersion: '1', credential: made });
    expect(answer.status, answer.text).toBe(200);
    return made;
  };
  const makeCluster = async (tenant: string, name: string): Promise<{ uid: string; credential: string }> => {
    const client = createApiClient({ server: test.url, ca: test.hub.ca, token: test.token, tenant, userAgent: 'slipway-test' });
    const spec = { profile: { name: 'starter', version: '1.0.0' } };
    const made = await client.create<ApiObject>(clusterKind, { kind: 'Cluster', metadata: { name, namespace: 'default' }, spec });
    client.close();
    const { uid } = made.metadata;
    return { uid, credential: await joined(await gateway.joinToken(uid)) };
  };
  const digestOf = async (as: string): Promise<string> => {
    const found = async () => /sha256:[0-9a-f]{64}/.exec((await send(as, { method: 'GET', url: `${LINK_PREFIX}/plan` })).text)?.[0];
    return waitFor(found, { what: 'a plan with a chart', timeoutMs: 90_000, intervalMs: 500 });
  };

  beforeAll(async () => {
    // Wrong credentials are held back ever longer, which is tested elsewhere; here there are hundreds.
    test = await startTestHub(engine, silentLogger, {
      limits: { failures: { burst: 100_000 } },
      // Its page as it is before a build: what matters here is that it is open.
      consoleDir: join(import.meta.dirname, '../../console'),
    });
    for (const name of ['acme', 'beta']) await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name }, spec: {} });
    const { token } = await test.client.request<{ token: string }>(`${API}/gateways/local/jointoken`, { method: 'POST', body: {} });
    gateway = await startLinkedAgent({ url: test.url, ca: test.hub.ca }, token);
    // Names that are beginnings of each other.
    const [a, b] = [await makeCluster('acme', 'c1'), await makeCluster('beta', 'c10')];
    [credential, other] = [a.credential, b.credential];
    mine = { uid: a.uid, name: 'c1', tenant: 'acme', project: 'default', digest: await digestOf(credential) };
    // What the hub keeps of theirs must not change by itself while it is compared.
    await digestOf(other);
    theirs = {
      uid: b.uid,
      name: 'c10',
      tenant: 'beta',
      project: 'default',
      digest: await createFileBlobStore(join(test.home, 'hub', 'blobs')).put(Buffer.from('a chart that A’s plan does not name')),
    };
    nobody = { uid: randomUUID(), name: 'c99', tenant: 'nope', project: 'default', digest: `sha256:${sha256Hex('nothing')}` };
  }, 240_000);
  afterAll(async () => {
    await gateway?.stop();
    await test?.stop();
  });

  /** Bodies that each endpoint takes as valid, naming somebody. A new endpoint with a body has to be put here, or the test says so. */
  const BODIES: Record<string, (named: Named) => object> = {
    '/join': () => ({ token: `swj_${'x'.repeat(43)}`, agentVersion: '1', credential: newCredential() }),
    '/credential': () => ({ credential: newCredential() }),
    '/facts': ({ uid }) => emptyClusterFacts(uid, { agentVersion: '1' }),
    '/clusters/:uid/join-token': () => ({}),
  };
  const KINDS_OF_ID: Record<string, (named: Named) => string> = {
    ':uid': ({ uid }) => uid,
    ':digest': ({ digest }) => digest,
    ':name': ({ name }) => name,
    ':tenant': ({ tenant }) => tenant,
    ':project': ({ project }) => project,
  };
  const pathOf = (url: string) => url.slice(LINK_PREFIX.length);
  const agentRoutes = () => seen.routes.filter(({ url, method }) => url.startsWith(`${LINK_PREFIX}/`) && method !== 'HEAD');
  const filled = ({ method, url }: Route, named: Named): Route => ({
    method,
    url: url.replaceAll(/:[a-z]+/gi, (parameter) => {
      const value = KINDS_OF_ID[parameter];
      expect(value, `which id is ${parameter} of ${url}?`).toBeDefined();
      return encodeURIComponent(value?.(named) ?? '');
    }),
  });
  const bodyOf = (route: Route, named: Named): object | undefined => {
    if (route.method === 'GET' || route.method === 'DELETE') return undefined;
    const body = BODIES[pathOf(route.url)];
    expect(body, `a valid body for ${route.method} ${route.url}`).toBeDefined();
    return body?.(named);
  };
  /** The answer with whoever was named taken out of it. */
  const shape = ({ status, text, headers }: RawAnswer, named: Named) => ({
    status,
    text: Object.values(named).reduce((left, value) => left.replaceAll(value, '<id>'), text),
    headers: Object.keys(headers).toSorted(),
  });
  /** All that the hub keeps about the link of somebody. */
  const keptOf = async (uid: string): Promise<unknown[]> => {
    const kept: unknown[] = [];
    for (const table of ['link_plans', 'link_facts', 'link_credentials', 'link_join_tokens']) {
      const { rows } = await sql`select * from ${sql.table(table)} where uid = ${uid} order by 1, 2`.execute(db());
      kept.push(rows);
    }
    return kept;
  };
  const dial = (as: string, path: string): Promise<number> =>
    new Promise((resolve) => {
      const url = `${test.url.replace(/^https/, 'wss')}${LINK_PREFIX}${path}`;
      const socket = new WebSocket(url, { ca: test.hub.ca, headers: { authorization: `Bearer ${as}` } });
      socket.on('error', () => undefined);
      socket.once('unexpected-response', (_request, answer) => {
        socket.terminate();
        resolve(answer.statusCode ?? 0);
      });
      socket.once('open', () => {
        socket.terminate();
        resolve(101);
      });
    });
  /** Every way in which an id could be slipped to an endpoint beside its own parameters. */
  const slipped = ({ uid, name, tenant, project }: Named): [Record<string, string>, Record<string, string>, object][] => {
    const ids = { uid, clusterUid: uid, gatewayUid: uid, cluster: name, name, tenant, project, subject: uid };
    const headers = { 'x-slipway-cluster': uid, 'x-slipway-tenant': tenant, 'x-slipway-user': `slipway:${name}`, 'x-forwarded-user': name };
    return [
      [{}, {}, {}],
      [ids, {}, {}],
      [{}, headers, {}],
      [{}, {}, ids],
    ];
  };

  it('finds the endpoints of agents where the hub registers them', () => {
    const table = agentRoutes()
      .map(({ method, url }) => `${method} ${pathOf(url)}`)
      .toSorted();
    // The known ones are among them; what is new is tested below without being named here.
    expect(table).toEqual(
      expect.arrayContaining([
        'GET /blobs/:digest',
        'GET /plan',
        'POST /credential',
        'POST /facts',
        'POST /join',
        'POST /clusters/:uid/join-token',
      ]),
    );
    expect(Object.keys(LINK_UPGRADES).toSorted()).toEqual(['connect', 'tunnel']);
  });

  it('each endpoint answers its own agent: what is refused below is refused for who asks', async () => {
    const own = await Promise.all(
      agentRoutes()
        .filter(({ url }) => !['/join', '/credential'].includes(pathOf(url)))
        .map(
          async (route) =>
            [`${route.method} ${pathOf(route.url)}`, (await send(credential, filled(route, mine), bodyOf(route, mine))).status] as const,
        ),
    );
    expect(Object.fromEntries(own)).toMatchObject({ 'GET /plan': 200, 'GET /blobs/:digest': 200, 'POST /facts': 204 });
    // A cluster's agent is no gateway.
    expect(Object.fromEntries(own)['POST /clusters/:uid/join-token']).toBe(404);
    expect(await dial(credential, '/connect')).toBe(101);
  });

  it('with the ids of a cluster of another tenant in path, query, headers and body: refused to the letter like ids of nobody, and nothing of it changes or is told', async () => {
    const before = await keptOf(theirs.uid);
    for (const route of agentRoutes()) {
      const ownIds = pathOf(route.url) === '/facts' || route.url.includes(':');
      for (const [n, [query, headers, more]] of slipped(theirs).entries()) {
        const asked = async (named: Named) => {
          const [ownQuery, ownHeaders, ownMore] = slipped(named)[n] ?? [query, headers, more];
          const { method, url } = filled(route, named);
          // One that was rotated already may not be again.
          if (pathOf(route.url) === '/credential') credential = await freshCredential();
          const body = bodyOf(route, named);
          const search = new URLSearchParams(ownQuery).toString();
          return send(
            credential,
            { method, url: search === '' ? url : `${url}?${search}` },
            body === undefined ? undefined : { ...body, ...ownMore },
            ownHeaders,
          );
        };
        const [there, absent] = [await asked(theirs), await asked(nobody)];
        const what = `${route.method} ${route.url} (${n})`;
        expect(shape(there, theirs), what).toEqual(shape(absent, nobody));
        if (ownIds) expect([401, 403, 404, 422], what).toContain(there.status);
        expect(there.text, what).not.toContain(theirs.uid);
      }
    }
    expect(await keptOf(theirs.uid)).toEqual(before);
    expect((await send(other, { method: 'GET', url: `${LINK_PREFIX}/plan` })).status, 'and B goes on').toBe(200);
  });
  /** A's agent, joined anew. */
  const freshCredential = async () => joined(await gateway.joinToken(mine.uid));

  it('a credential cannot be made to stand for another agent: not by rotating to one that is theirs, nor by joining with it', async () => {
    const before = await keptOf(theirs.uid);
    const rotate = (next: string) => send(credential, { method: 'POST', url: `${LINK_PREFIX}/credential` }, { credential: next });
    expect((await rotate(other)).status).toBe(409);
    const token = await gateway.joinToken(mine.uid);
    const answer = await send('', { method: 'POST', url: `${LINK_PREFIX}/join` }, { token, agentVersion: '1', credential: other });
    expect(answer.status).toBe(401);
    expect(await keptOf(theirs.uid)).toEqual(before);
    expect((await send(other, { method: 'GET', url: `${LINK_PREFIX}/plan` })).status).toBe(200);
  });

  describe('a credential that is none any more', () => {
    const BAD: [string, () => Promise<string>][] = [
      ['that was made up', async () => newCredential()],
      ['of the right form for nobody', async () => `swa_${'A'.repeat(43)}`],
      ['of another with a character less', async () => other.slice(0, -1)],
      ['of another with a character more', async () => `${other}A`],
      [
        'that was rotated out and has run out',
        async () => {
          const old = await freshCredential();
          const next = newCredential();
          expect((await send(old, { method: 'POST', url: `${LINK_PREFIX}/credential` }, { credential: next })).status).toBe(204);
          // Its hour is over.
          await sql`update link_credentials set expires_at = ${Date.now() - 1000} where hash = ${sha256Hex(old)}`.execute(db());
          return old;
        },
      ],
      [
        'that a later join replaced',
        async () => {
          const old = await freshCredential();
          await freshCredential();
          return old;
        },
      ],
      [
        'of a cluster that was deleted',
        async () => {
          const name = `gone-${randomSuffix(5)}`;
          const gone = await makeCluster('acme', name);
          const path = `/tenants/acme${API}/namespaces/default/clusters/${name}`;
          const force = { metadata: { annotations: { 'slipway.dev/force-delete': 'true' } } };
          const headers = { 'content-type': 'application/merge-patch+json' };
          expect((await requestOf(test, 'PATCH', path, { body: force, headers })).status).toBe(200);
          expect((await requestOf(test, 'DELETE', path)).status).toBe(200);
          await expect.poll(async () => (await requestOf(test, 'GET', path)).status, { timeout: 60_000, interval: 500 }).toBe(404);
          return gone.credential;
        },
      ],
      ['that is a join token', async () => gateway.joinToken(theirs.uid)],
      ['that is a user’s token', async () => test.token],
    ];
    it.each(BAD)('%s is refused at every endpoint in the same words, whatever it names', async (_what, make) => {
      const bad = await make();
      const words = new Set<string>();
      for (const route of agentRoutes().filter(({ url }) => pathOf(url) !== '/join')) {
        for (const named of [mine, theirs, nobody]) {
          const answer = await send(bad, filled(route, named), bodyOf(route, named));
          expect(answer.status, `${route.method} ${route.url}`).toBe(401);
          words.add(answer.text);
        }
      }
      expect([...words]).toHaveLength(1);
      const upgrades = await Promise.all(['/connect', '/tunnel/abcdefgh0123', '/elsewhere'].map((path) => dial(bad, path)));
      expect(upgrades).toEqual([401, 401, 401]);
    });
  });

  it('an agent’s credential opens nothing else of the hub', async () => {
    const agent = await freshCredential();
    const open = new Set<string>();
    for (const { method, url } of seen.routes) {
      if (url.startsWith(`${LINK_PREFIX}/`) || url.startsWith('/auth/') || method === 'HEAD') continue;
      const path = url
        .replaceAll(/:[a-z]+/gi, (parameter) => encodeURIComponent(KINDS_OF_ID[parameter]?.(mine) ?? 'x'))
        .replaceAll('*', 'x');
      const answer = await send(agent, { method, url: path }, method === 'GET' || method === 'DELETE' ? undefined : {});
      if (answer.status < 400) open.add(`${method} ${url}`);
      else expect([400, 401, 404, 405, 415, 429], `${method} ${url} ${answer.text}`).toContain(answer.status);
    }
    // Open to everybody.
    expect([...open].filter((route) => !/^GET \/(?:healthz|livez|readyz|version|console)/.test(route))).toEqual([]);
  });
});
