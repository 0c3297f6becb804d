import { sleep } from '@slipway/kit';
import { createStore, type Database } from '@slipway/store';
import { testEngines } from '@slipway/testkit';
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { around, breakStatements, type Broken, type FaultKind } from './testing/faults.ts';
import { type GuardedAnswer, type GuardedWorld, startGuardedWorld } from './testing/guarded-world.ts';
import { requestOf } from './testing/test-hub.ts';

const opened = vi.hoisted(() => ({ database: undefined as Database | undefined }));
vi.mock('@slipway/store', async (original) => {
  const real = await original<typeof import('@slipway/store')>();
  const kept = <T extends Database>(database: T): T => (opened.database = around(database));
  return {
    ...real,
    openEmbedded: async (options: Parameters<typeof real.openEmbedded>[0]) => kept(await real.openEmbedded(options)),
    openPostgres: async (options: Parameters<typeof real.openPostgres>[0]) => kept(await real.openPostgres(options)),
  };
});
/** While something hangs, the time until that is noticed is a fifth: otherwise this file would wait for minutes. */
vi.mock('@slipway/kit', async (original) => {
  const real = await original<typeof import('@slipway/kit')>();
  const { somethingHangs } = await import('./testing/faults.ts');
  const withDeadline: typeof real.withDeadline = (ms, what, work) => real.withDeadline(somethingHangs() ? ms / 5 : ms, what, work);
  return { ...real, withDeadline };
});
const API = '/apis/slipway.dev/v1';

/** Every guard of the hub with what it stands on broken: nothing is allowed, nothing is stored, nothing goes unrecorded, and all is well again when it is mended. */
describe.each(testEngines)('no guard fails open, on %s', (engine) => {
  let world: GuardedWorld;
  let broken: Broken | undefined;
  beforeAll(async () => {
    world = await startGuardedWorld(engine, () => opened.database as Database);
  }, 180_000);
  afterEach(() => broken?.mend());
  afterAll(() => world?.stop());

  /** Nothing that identity remembers answers in the database's place. */
  const forget = () => {
    for (const tenant of ['acme', 'default', 'system']) world.test.hub.identity.directory.changed('Tenant', tenant);
  };
  const all = async (token: string, requests = world.requests) => {
    const answers = await Promise.all(requests.map(async ({ what, send }) => [what, await send(token)] as const));
    return Object.fromEntries(answers.map(([what, answer]) => [what, answer]));
  };
  const codes = (answers: Record<string, GuardedAnswer>) =>
    Object.fromEntries(Object.entries(answers).map(([what, { status }]) => [what, status]));
  const every = (status: number, requests = world.requests) => Object.fromEntries(requests.map(({ what }) => [what, status]));
  const good = () => ({ ...every(200), 'a new object': 201 });

  /** Breaks what a guard asks, sends everything, and mends it. */
  const refusedWhile = async (fault: RegExp | ((statement: string) => boolean), kind: FaultKind, token: string) => {
    const before = { stored: await world.stored(), recorded: await world.recorded('ada') };
    forget();
    broken = breakStatements(fault, kind);
    const answers = await all(token);
    expect(broken.hits(), 'the guard met the fault').toBeGreaterThan(0);
    const expected = kind === 'throws' ? 500 : 503;
    expect(codes(answers)).toEqual(every(expected));
    for (const { text } of Object.values(answers)) {
      const status = JSON.parse(text);
      expect(status).toMatchObject({ kind: 'Status', status: 'Failure', code: expected });
      expect(status.message, 'a next step').toMatch(/Try again/);
      expect(status.message, 'nothing of the inside').not.toMatch(/select|broke this statement|api_tokens/);
    }
    broken.mend();
    // What hung goes on now: late, for a request that was refused.
    await sleep(1000);
    expect(await world.stored()).toEqual(before.stored);
    expect(await world.recorded('ada'), 'nothing is recorded as given').toBe(before.recorded);
    await expect.poll(async () => codes(await all(token)), { timeout: 30_000, interval: 500 }).toEqual(good());
  };

  it('everything is allowed while every guard stands', async () => {
    expect(codes(await all(await world.token()))).toEqual(good());
    expect(codes(await all(await world.session()))).toEqual(good());
  });

  describe.each(['throws', 'hangs'] as const)('fail open: a database that %s', (kind) => {
    it('the lookup of tokens', async () => refusedWhile(/from api_tokens where id/, kind, await world.token()));
    it('the lookup of sessions', async () => refusedWhile(/from sessions where id/, kind, await world.session()));
    it('whether the user is still there', async () => refusedWhile(/^select o\.\* from objects[^]*"User"/, kind, await world.token()));
    it('whether the tenant is suspended', async () => refusedWhile(/^select o\.\* from objects[^]*"Tenant"/, kind, await world.token()));
    it('the authorizer: roles and bindings', async () => {
      const token = await world.token();
      await refusedWhile((text) => text.includes('"RoleBinding"') && !text.includes('distinct tenant, kind'), kind, token);
    });
    it('the authorizer: teams', async () => {
      const token = await world.token();
      await refusedWhile(
        (text) => text.includes('"Team"') && !text.includes('distinct tenant, kind') && !text.includes('"acme","Team",""'),
        kind,
        token,
      );
    });
  });

  const send = (token: string, method: string, path: string, body?: unknown, headers = {}) =>
    requestOf({ ...world.test, token }, method, path, { body, headers });
  const create = (token: string, plural: string, kind: string, name: string, spec: object = {}) =>
    send(token, 'POST', `${API}/${plural}`, { apiVersion: 'slipway.dev/v1', kind, metadata: { name }, spec });
  const named = (what: string) => `${what}-${randomBytes(4).toString('hex')}`;
  const db = () => (opened.database as Database).db;
  /** A real fault: the table is not there. */
  const without = async <T>(table: string, work: () => Promise<T>): Promise<T> => {
    await sql`alter table ${sql.id(table)} rename to ${sql.id(`${table}_away`)}`.execute(db());
    try {
      return await work();
    } finally {
      await sql`alter table ${sql.id(`${table}_away`)} rename to ${sql.id(table)}`.execute(db());
    }
  };

  describe.each(['throws', 'hangs'] as const)('fail open: what a write asks first %s', (kind) => {
    const expected = kind === 'throws' ? 500 : 503;
    it('admission', async () => {
      const token = await world.token();
      const spec = { profile: { name: 'starter', version: '1.0.0' } };
      const cluster = () => create(token, 'namespaces/shop/clusters', 'Cluster', named('c'), spec);
      const before = await world.stored();
      broken = breakStatements((text) => /"ClusterProfile"/.test(text) && text.includes('"acme"'), kind);
      expect((await cluster()).status).toBe(expected);
      expect(broken.hits()).toBeGreaterThan(0);
      broken.mend();
      await sleep(500);
      expect(await world.stored()).toEqual(before);
      expect((await cluster()).status).toBe(201);
    });
    it.each([
      ['quotas: which there are', /kind = 'TenantQuota'/],
      ['quotas: the turn of a write', /pg_advisory_xact_lock/],
      ['quotas: what is used', /jsonb_agg\(spec\) filter/],
    ] as const)('%s', async (_what, fault) => {
      const token = await world.token();
      const quota = named('q');
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from objects where tenant = 'acme' and kind = 'Team'`.execute(
        db(),
      );
      // One more and no further.
      const hard = { teams: (rows[0]?.n ?? 0) + 1 };
      expect((await create(token, 'quotas', 'Quota', quota, { hard })).status).toBe(201);
      const before = await world.stored();
      broken = breakStatements(fault, kind);
      expect((await create(token, 'teams', 'Team', named('t'))).status).toBe(expected);
      expect(broken.hits()).toBeGreaterThan(0);
      broken.mend();
      await sleep(500);
      expect(await world.stored()).toEqual(before);
      expect((await create(token, 'teams', 'Team', named('t'))).status).toBe(201);
      expect((await create(token, 'teams', 'Team', named('t'))).status, 'the limit holds').toBe(403);
      expect((await send(token, 'DELETE', `${API}/quotas/${quota}`)).status).toBe(200);
    });
  });

  describe('fail open: the audit cannot be written', () => {
    /** What changes something, and what shows something worth a record. */
    const CHANGES = new Set(['a new object', 'a change', 'a deletion']);
    const ACCESSES = new Set([
      'a secret',
      'a kubeconfig',
      'a request through the tunnel',
      'a shell through the tunnel',
      'somebody’s sessions',
    ]);
    it('what changes or shows something sensitive is refused; the rest goes on', async () => {
      const token = await world.token();
      const before = await world.stored();
      const answers = codes(await without('audit_records', () => all(token)));
      const expected = world.requests.map(({ what }) => [what, CHANGES.has(what) ? 500 : ACCESSES.has(what) ? 503 : 200]);
      expect(answers).toEqual(Object.fromEntries(expected));
      expect(await world.stored()).toEqual(before);
      expect(codes(await all(token))).toEqual(good());
    });
    it('a record that does not come in time is none', async () => {
      const token = await world.token();
      broken = breakStatements(/with one as .*audit_records/s, 'hangs');
      const asked = world.requests.filter(({ what }) => ACCESSES.has(what));
      expect(codes(await all(token, asked))).toEqual(every(503, asked));
    });
    it('who is refused stays refused', async () => {
      const ben = await world.token('ben');
      const answers = await without('audit_records', () => all(ben));
      expect([...new Set(Object.values(answers).map(({ status }) => status))].toSorted()).toEqual([403]);
    });
    it('nobody signs in, out, or gets another password without its record', async () => {
      const { accounts } = world.test.hub.identity;
      const [first, second] = ['violet anchor tundra 7', 'quartz meadow lantern 9'];
      await accounts.setPassword({ tenant: 'acme', name: 'ben' }, first);
      const login = (password: string) => send('', 'POST', '/auth/login', { tenant: 'acme', user: 'ben', password, session: 'token' }, {});
      const signedIn = JSON.parse((await login(first)).text) as { token: string };
      const sessions = async () =>
        (await sql`select id from sessions where tenant = 'acme' and user_name = 'ben' and ended_at is null`.execute(db())).rows.length;
      const invited = JSON.parse((await send(await world.token(), 'POST', `${API}/users/ben/invitation`, {})).text) as { link: string };
      const accept = () => send('', 'POST', '/auth/invitation', { token: invited.link.split('#')[1], newPassword: second });
      const standing = await sessions();
      await without('audit_records', async () => {
        expect((await login(first)).status).toBe(503);
        expect((await accept()).status).toBe(503);
        expect((await send(signedIn.token, 'POST', '/auth/password', { currentPassword: first, newPassword: second })).status).toBe(503);
        expect((await send(signedIn.token, 'POST', '/auth/logout')).status).toBe(503);
      });
      expect(await sessions()).toBe(standing);
      expect((await login(first)).status, 'the password is as it was').toBe(200);
      expect((await accept()).status, 'and the link as good').toBe(200);
      expect((await login(second)).status).toBe(200);
    });
  });

  describe('fail open: the key store', () => {
    it('a secret whose envelope cannot be stored is not stored at all', async () => {
      const token = await world.token();
      const secret = (name: string) => create(token, 'namespaces/shop/secrets', 'Secret', name, { data: { password: 'aHVudGVyMw==' } });
      const before = await world.stored();
      expect((await without('secret_values', () => secret(named('s')))).status).toBe(500);
      const patch = { spec: { data: { password: 'aHVudGVyNA==' } } };
      const merge = { 'content-type': 'application/merge-patch+json' };
      expect((await without('secret_values', () => send(token, 'PATCH', `${API}/namespaces/shop/secrets/db`, patch, merge))).status).toBe(
        500,
      );
      expect(await world.stored()).toEqual(before);
      expect((await secret(named('s'))).status).toBe(201);
    });
  });

  describe('fail open: limits', () => {
    it('the lockout cannot count: not even the right password is looked at', async () => {
      const password = 'violet anchor tundra 7';
      await world.test.hub.identity.accounts.setPassword({ tenant: 'acme', name: 'ben' }, password);
      const login = () => send('', 'POST', '/auth/login', { tenant: 'acme', user: 'ben', password, session: 'token' });
      const answer = await without('sign_in_failures', login);
      expect([answer.status, answer.text]).toEqual([500, expect.not.stringContaining('sws_')]);
      expect((await login()).status).toBe(200);
    });
  });

  describe('fail open: rights in use', () => {
    /** How long a watch goes on. */
    const watchEnds = async (token: string) => {
      const watch = send(token, 'GET', `${API}/projects?watch=true&timeoutSeconds=120`);
      await sleep(1000);
      return { ended: watch.then(() => performance.now()) };
    };
    it.each([
      ['throws', 5000],
      ['hangs', 15_000],
    ] as const)('a watch whose right cannot be looked up any more ends: %s', async (kind, withinMs) => {
      const { ended } = await watchEnds(await world.token());
      broken = breakStatements(/from api_tokens where id/, kind);
      const from = performance.now();
      expect((await ended) - from).toBeLessThan(withinMs);
    });
    it('another replica takes a right away while what tells of it hangs', async () => {
      const token = await world.token('ben');
      const granted = named('ben');
      const spec = { role: 'tenant-viewer', subjects: [{ kind: 'User', name: 'ben' }] };
      expect((await create(await world.token(), 'rolebindings', 'RoleBinding', granted, spec)).status).toBe(201);
      const list = async () => (await send(token, 'GET', `${API}/projects`)).status;
      await expect.poll(list, { timeout: 10_000 }).toBe(200);
      broken = breakStatements(/distinct tenant, kind/, 'hangs');
      await sleep(2500);
      // Another replica: a store of its own over the same database.
      await createStore({ database: opened.database as Database }).delete({ tenant: 'acme', kind: 'RoleBinding', name: granted });
      await expect.poll(list, { timeout: 20_000, interval: 500 }).toBe(403);
    });
  });

  describe.each(['throws', 'hangs'] as const)('fail open: the credentials of agents %s', (kind) => {
    it('no endpoint of the link answers, and no tunnel is taken', async () => {
      const credential = `swa_${randomBytes(32).toString('base64url')}`;
      const { token } = JSON.parse((await send(world.test.token, 'POST', `${API}/gateways/local/jointoken`, {})).text) as { token: string };
      const join = (one: string) => send('', 'POST', '/link/v1/join', { token: one, agentVersion: '1', credential });
      expect((await join(token)).status).toBe(200);
      const { uid } = world.cluster.metadata;
      const asked = () =>
        Promise.all([
          send(credential, 'GET', '/link/v1/plan'),
          send(credential, 'POST', '/link/v1/facts', {}),
          send(credential, 'GET', `/link/v1/blobs/sha256:${'0'.repeat(64)}`),
          send(credential, 'POST', `/link/v1/clusters/${uid}/join-token`, {}),
        ]).then((answers) => answers.map(({ status }) => status));
      const connect = (path: string) =>
        new Promise<number>((resolve) => {
          const socket = new WebSocket(`${world.test.url.replace(/^https/, 'wss')}/link/v1${path}`, {
            ca: world.test.hub.ca,
            headers: { authorization: `Bearer ${credential}` },
          });
          socket.once('unexpected-response', (_request, answer) => resolve(answer.statusCode ?? 0));
          socket.once('error', () => resolve(0));
          socket.once('open', () => {
            socket.terminate();
            resolve(101);
          });
        });
      const standing = await asked();
      expect(standing.every((status) => status < 500)).toBe(true);
      broken = breakStatements(/link_credentials/, kind);
      const expected = kind === 'throws' ? 500 : 503;
      expect(await asked()).toEqual([expected, expected, expected, expected]);
      expect(await Promise.all([connect('/connect'), connect('/tunnel/abcdefgh')])).toEqual([expected, expected]);
      broken.mend();
      expect(await asked()).toEqual(standing);
      expect(await connect('/connect')).toBe(101);
    });
  });
});
