import type { ApiObject } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { type Database, createStore, type Store } from '@slipway/store';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdentity, type Identity } from '../identity.ts';
import { csrfTokenOf, refuseForeignPage, refuseForgery, SESSION_COOKIE, sessionCookie, sessionTokenIn } from './cookie.ts';
import { createSessions } from './sessions.ts';

const HOST = 'hub.example:7443';
const OWN = { host: HOST, origin: `https://${HOST}`, 'sec-fetch-site': 'same-origin' };
/** A tenant's defaults. */
const SESSION_TIMES = { idleMs: 8 * 3_600_000, absoluteMs: 24 * 3_600_000 };
const password = { method: 'password' } as const;

describe.each(testEngines)('sessions on %s', (engine) => {
  let database: Database;
  let store: Store;
  let identity: Identity;
  let time = 1_000_000_000_000;
  const clock = { now: () => time };
  const open = (name = 'ada', from = {}) => identity.openSession({ tenant: 'default', name }, password, from);
  const who = (token: string) => identity.authenticate({ method: 'GET', headers: { authorization: `Bearer ${token}` } });
  const addUser = async (name: string): Promise<ApiObject<any, any>> =>
    store.create({ kind: 'User', metadata: { name }, spec: { displayName: '', email: '', disabled: false } }, { tenant: 'default' });
  beforeAll(async () => {
    database = await testDatabase(engine);
    store = createStore({ database });
    identity = createIdentity({ database, store, clock });
    await identity.start(AbortSignal.timeout(600_000));
    await addUser('ada');
  }, 180_000);
  afterAll(() => database?.close());

  it('a session proves its user; its token is nowhere in the database', async () => {
    const { token, id } = await open('ada', { address: '192.0.2.7', userAgent: 'test' });
    expect(await who(token)).toMatchObject({ name: 'ada', tenant: 'default', credential: id, auth: { kind: 'session', id } });
    for (const wrong of [token.slice(0, -1), `${token}x`, token.replace(id, '0'.repeat(16)), token.replace('sws_', 'swt_')])
      expect(await who(wrong), wrong).toBeUndefined();
    const { rows } = await sql<{ text: string }>`select row_to_json(s)::text as text from sessions s`.execute(database.db);
    expect(rows.some(({ text }) => text.includes(token.slice(-43)))).toBe(false);
    expect(rows.some(({ text }) => text.includes(id))).toBe(true);
  });

  it('every sign-in has an id and a token of its own (session fixation)', async () => {
    const [one, two] = [await open(), await open()];
    expect(one.id).not.toBe(two.id);
    expect(one.token).not.toBe(two.token);
  });

  it('ends when it rests too long, and at its absolute end although it is used', async () => {
    const idle = await open();
    time += SESSION_TIMES.idleMs - 1;
    expect(await who(idle.token)).toBeDefined();
    // Noted in the background: the next second must find it.
    await expect.poll(async () => (await identity.sessions.list(idle.user)).find(({ id }) => id === idle.id)?.lastUsedAt).toBe(time);
    time += SESSION_TIMES.idleMs - 1;
    expect(await who(idle.token)).toBeDefined();
    time += SESSION_TIMES.idleMs + 1;
    expect(await who(idle.token)).toBeUndefined();
    expect(await identity.sessions.stands(idle.id)).toBe(false);

    const long = await open();
    for (let used = 0; used < SESSION_TIMES.absoluteMs - 3_600_000; used += 3_600_000) {
      time += 3_600_000;
      await identity.sessions.touch(long.id);
    }
    expect(await who(long.token)).toBeDefined();
    time += 3_600_001;
    expect(await who(long.token)).toBeUndefined();
  });

  it('is listed and ended by its user’s name, at once here and within the cache time in another replica', async () => {
    const replica = createSessions({ database, clock, cacheMs: 2000 });
    const [one, two, three] = [await open('ada', { address: '192.0.2.8' }), await open(), await open()];
    expect(await replica.authenticate(one.token)).toBeDefined();
    expect((await replica.list(one.user)).find(({ id }) => id === one.id)).toMatchObject({ address: '192.0.2.8', method: 'password' });
    expect(await identity.sessions.revoke({ tenant: 'default', name: 'eve', id: one.id }), 'another user’s').toEqual([]);
    expect(await identity.sessions.revoke({ tenant: 'default', name: 'ada', id: one.id })).toEqual([one.id]);
    expect(await who(one.token)).toBeUndefined();
    time += 2001;
    expect(await replica.authenticate(one.token)).toBeUndefined();
    await identity.sessions.revoke({ tenant: 'default', name: 'ada', except: two.id });
    expect(await who(three.token)).toBeUndefined();
    expect(await who(two.token)).toBeDefined();
  });

  it('of a provider end together', async () => {
    const local = await open();
    const vouched = await identity.sessions.create({
      user: local.user,
      how: { method: 'oidc', provider: 'corp', details: { sub: '42' } },
      from: {},
      times: SESSION_TIMES,
    });
    expect(await identity.sessions.authenticate(vouched.token)).toMatchObject({ provider: 'corp', details: { sub: '42' } });
    expect(await who(vouched.token), 'not for a user who does not come through that provider').toBeUndefined();
    expect(await identity.sessions.revoke({ tenant: 'default', provider: 'corp' })).toEqual([vouched.id]);
    expect(await who(vouched.token)).toBeUndefined();
    expect(await who(local.token)).toBeDefined();
  });

  it('a user has a hundred at most, the least used end', async () => {
    await addUser('busy');
    const first = await open('busy');
    for (let count = 0; count < 100; count++) {
      time += 1;
      await open('busy');
    }
    expect(await who(first.token)).toBeUndefined();
    expect(await identity.sessions.list(first.user)).toHaveLength(100);
  });

  it('ends with its user: disabled, removed, and not revived by another of the same name (session after disable)', async () => {
    const made = await addUser('bob');
    const { token } = await open('bob');
    const key = await identity.issueToken({ name: 'bob' });
    const disabled = await store.update({ ...made, spec: { ...made.spec, disabled: true } }, { tenant: 'default' });
    identity.directory.changed('User', 'default');
    expect(await who(token)).toBeUndefined();
    await expect(open('bob')).rejects.toMatchObject({ code: 'Unauthorized' });
    await expect
      .poll(() => identity.sessions.list({ tenant: 'default', name: 'bob', uid: made.metadata.uid }), { timeout: 20_000 })
      .toEqual([]);
    await store.update({ ...disabled, spec: { ...made.spec, disabled: false } }, { tenant: 'default' });
    identity.directory.changed('User', 'default');
    // The row is seen before who ended it hears so: that moment is over soon, and the clock stands, so that it is not the cache's own end.
    await expect.poll(() => who(token), { message: 'ended for good', timeout: 20_000 }).toBeUndefined();
    expect(await who(key.token), 'a token rests').toBeDefined();
    const again = await open('bob');
    await store.delete({ tenant: 'default', kind: 'User', name: 'bob' });
    await addUser('bob');
    identity.directory.changed('User', 'default');
    expect(await who(again.token)).toBeUndefined();
    expect(await who(key.token), 'a token neither').toBeUndefined();
  });

  it('forgets what ended long ago, and nothing that stands', async () => {
    const ended = await open();
    await identity.sessions.revoke({ tenant: 'default', name: 'ada', id: ended.id });
    time += 32 * 86_400_000;
    const stands = await open();
    await identity.sessions.prune();
    const { rows } = await sql<{ id: string }>`select id from sessions`.execute(database.db);
    expect(rows.map(({ id }) => id)).toEqual([stands.id]);
  });
});

describe('a session’s cookie', () => {
  const token = `sws_${'0'.repeat(16)}_${'A'.repeat(43)}`;
  const cookie = `${SESSION_COOKIE}=${token}`;
  const csrf = csrfTokenOf(token);

  it('is __Host-, HttpOnly, Secure, SameSite, for every path and no domain', () => {
    expect(sessionCookie(token, 60_000)).toBe(`__Host-slipway-session=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60`);
  });

  it('is read once only: beside another of the same name it proves nothing', () => {
    expect(sessionTokenIn({ cookie: `a=b; ${cookie}; c=d` })).toBe(token);
    for (const wrong of [undefined, '', `${cookie}; ${cookie}`, `x${cookie}`, `${SESSION_COOKIE}=swt_x`, `${cookie}x`])
      expect(sessionTokenIn({ cookie: wrong }), wrong).toBeUndefined();
  });

  it('counts in requests of the hub’s own pages only (CSRF, stolen over cross-site)', () => {
    const allowed: [string, Record<string, string>][] = [
      ['GET', { host: HOST }],
      ['GET', { host: HOST, 'sec-fetch-site': 'none' }],
      ['GET', OWN],
      ['POST', { ...OWN, 'x-slipway-csrf': csrf }],
      ['DELETE', { host: HOST, 'sec-fetch-site': 'same-origin', 'x-slipway-csrf': csrf }],
      ['PATCH', { host: HOST, origin: OWN.origin, 'x-slipway-csrf': csrf }],
      ['GET', { ...OWN, upgrade: 'websocket' }],
    ];
    for (const [method, headers] of allowed) expect(() => refuseForgery({ method, headers }, token), JSON.stringify(headers)).not.toThrow();
    const refused: [string, Record<string, string>][] = [
      ['GET', { ...OWN, 'sec-fetch-site': 'cross-site' }],
      ['GET', { ...OWN, 'sec-fetch-site': 'same-site' }],
      ['GET', { host: HOST, origin: 'https://evil.example' }],
      ['GET', { host: HOST, origin: 'null' }],
      ['GET', { host: HOST, upgrade: 'websocket' }],
      ['GET', { host: HOST, origin: 'https://evil.example', upgrade: 'websocket' }],
      ['POST', { host: HOST, 'x-slipway-csrf': csrf }],
      ['POST', { host: HOST, 'sec-fetch-site': 'none', 'x-slipway-csrf': csrf }],
      ['POST', OWN],
      ['POST', { ...OWN, 'x-slipway-csrf': 'x'.repeat(csrf.length) }],
      ['POST', { ...OWN, 'x-slipway-csrf': csrfTokenOf(`${token}x`) }],
      ['POST', { ...OWN, origin: `http://${HOST}`, 'x-slipway-csrf': csrf }],
      ['DELETE', { ...OWN, origin: 'https://evil.example', 'x-slipway-csrf': csrf }],
    ];
    for (const [method, headers] of refused)
      expect(() => refuseForgery({ method, headers }, token), JSON.stringify(headers)).toThrow(/cookie counts only|CSRF/);
  });

  it('is not set for a visitor by another site’s page (login CSRF)', () => {
    expect(() => refuseForeignPage({ method: 'POST', headers: { host: HOST } })).not.toThrow();
    expect(() => refuseForeignPage({ method: 'POST', headers: OWN })).not.toThrow();
    expect(() => refuseForeignPage({ method: 'POST', headers: { host: HOST, origin: 'https://evil.example' } })).toThrow(/Another site/);
  });
});
