import { hash } from '@node-rs/argon2';
import type { ApiObject, Principal, UserSpec } from '@slipway/model';
import { createStore, type Database, type Store } from '@slipway/store';
import { testDatabase, testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdentity, type Identity } from './identity.ts';

const GOOD = 'violet anchor tundra 7';
const BETTER = 'quartz meadow lantern 9';
const HOME = { address: '192.0.2.1' };

describe.each(testEngines)('local accounts on %s', (engine) => {
  let database: Database;
  let store: Store;
  let identity: Identity;
  let admin: Principal;
  let time = Date.parse('2026-01-01T00:00:00Z');
  const clock = { now: () => time };
  const session = (token: string) => identity.authenticate({ headers: { authorization: `Bearer ${token}` } });
  const signIn = (name: string, password: string, from: object = HOME) =>
    identity.accounts.signIn({ tenant: 'default', name, password }, from);
  const user = async (name: string): Promise<ApiObject<UserSpec>> =>
    (await store.get({ tenant: 'default', kind: 'User', name })) as ApiObject<UserSpec>;
  const addUser = async (name: string, password?: string): Promise<ApiObject<UserSpec>> => {
    const spec = { displayName: '', email: '', disabled: false };
    await store.create({ kind: 'User', metadata: { name }, spec }, { tenant: 'default' });
    identity.directory.changed('User', 'default');
    if (password !== undefined) await identity.accounts.setPassword({ tenant: 'default', name }, password);
    return user(name);
  };
  const fail = async (times: number, name: string, from: object) => {
    for (let n = 0; n < times; n++) await expect(signIn(name, 'wrong', from)).rejects.toMatchObject({ code: 'Unauthorized' });
  };

  beforeAll(async () => {
    database = await testDatabase(engine);
    store = createStore({ database });
    identity = createIdentity({ database, store, clock });
    await identity.start(AbortSignal.timeout(600_000));
    admin = (await session((await identity.resetAdmin()).token)) as Principal;
    await addUser('ada', GOOD);
  }, 180_000);
  beforeEach(() => {
    // A day later nothing is remembered of earlier failures.
    time += 25 * 3_600_000;
  });
  afterAll(() => database?.close());

  it('sign in with their password, and the database holds only its hash', async () => {
    const { token, method } = await signIn('ada', GOOD);
    expect(method).toBe('password');
    expect(await session(token)).toMatchObject({ name: 'ada', tenant: 'default' });
    const { rows } = await sql<{ text: string }>`select row_to_json(p)::text as text from passwords p`.execute(database.db);
    expect(rows.map(({ text }) => text).join()).toContain('$argon2id$');
    expect(rows.map(({ text }) => text).join()).not.toContain('tundra');
  });

  it('who is not there, has no password, or is disabled is refused in the same words as a wrong password (enumeration)', async () => {
    await addUser('nopassword');
    const off = await addUser('off', GOOD);
    await store.update({ ...off, spec: { ...off.spec, disabled: true } }, { tenant: 'default' });
    identity.directory.changed('User', 'default');
    const told = async (attempt: Promise<unknown>) =>
      attempt.then(
        () => 'signed in',
        ({ code, message, hint }) => ({ code, message, hint }),
      );
    const wrong = await told(signIn('ada', 'not the password', { address: '192.0.2.50' }));
    expect(wrong).toMatchObject({ code: 'Unauthorized' });
    for (const [name, password] of [
      ['nobody', GOOD],
      ['nopassword', GOOD],
      ['off', GOOD],
      ['off', 'x'],
      ['ada', 'y'.repeat(10_000)],
    ] as const)
      expect(await told(signIn(name, password, { address: `192.0.2.5${password.length % 10}` })), name).toEqual(wrong);
    expect(await told(identity.accounts.signIn({ tenant: 'nowhere', name: 'ada', password: GOOD }, HOME))).toEqual(wrong);
  });

  it('the same work is done whether there is such a user or not (enumeration by time)', async () => {
    let hashed: (string | undefined)[] = [];
    const { createAccounts } = await import('./accounts.ts');
    const counted = createAccounts({
      database,
      clock,
      sessions: identity.sessions,
      directory: identity.directory,
      authorizer: { grants: async () => [] },
      hasher: { hash: async () => '', verify: async (stored) => (hashed.push(stored), { ok: false, outdated: false }) },
    });
    for (const name of ['ada', 'nobody', 'nopassword']) {
      hashed = [];
      await expect(counted.signIn({ tenant: 'default', name, password: 'x' }, { address: '192.0.2.60' })).rejects.toMatchObject({
        code: 'Unauthorized',
      });
      expect(hashed, name).toHaveLength(1);
    }
  });

  it('five wrong passwords are free, then each doubles the wait; nothing is tried meanwhile (brute force)', async () => {
    for (const name of ['ada', 'nobody']) {
      const from = { address: '198.51.100.7' };
      await fail(6, name, from);
      // Even the right one.
      await expect(signIn(name, GOOD, from)).rejects.toMatchObject({ code: 'TooManyRequests', retryAfter: 1 });
      time += 1000;
      await fail(1, name, from);
      await expect(signIn(name, GOOD, from)).rejects.toMatchObject({ retryAfter: 2 });
      time += 1999;
      await expect(signIn(name, GOOD, from)).rejects.toMatchObject({ retryAfter: 1 });
      time += 1;
      // What was not looked at did not make it longer.
      await fail(1, name, from);
      await expect(signIn(name, GOOD, from)).rejects.toMatchObject({ retryAfter: 4 });
      for (let n = 0; n < 12; n++) {
        time += 15 * 60_000;
        await fail(1, name, from);
      }
      // Never for good: a quarter of an hour.
      await expect(signIn(name, GOOD, from)).rejects.toMatchObject({ retryAfter: 900 });
      time += 900_000;
    }
    await signIn('ada', GOOD, { address: '198.51.100.7' });
  });

  it('a restart and another replica know of the failures', async () => {
    await fail(6, 'ada', { address: '198.51.100.8' });
    const replica = createIdentity({ database, store, clock });
    await expect(
      replica.accounts.signIn({ tenant: 'default', name: 'ada', password: GOOD }, { address: '198.51.100.8' }),
    ).rejects.toMatchObject({
      code: 'TooManyRequests',
    });
  });

  it('many attempts at once get no further than one after the other (race)', async () => {
    const all = await Promise.allSettled(Array.from({ length: 60 }, () => signIn('ada', 'wrong', { address: '198.51.100.9' })));
    const looked = all.filter((one) => one.status === 'rejected' && (one.reason as { code: string }).code === 'Unauthorized');
    expect(looked).toHaveLength(6);
  });

  it('who is attacked from elsewhere still gets in from where they signed in before, and by a new link', async () => {
    await addUser('victim', GOOD);
    await signIn('victim', GOOD);
    for (let n = 0; n < 21; n++) await fail(1, 'victim', { address: `203.0.113.${n}` });
    await expect(signIn('victim', GOOD, { address: '192.0.2.99' })).rejects.toMatchObject({ code: 'TooManyRequests' });
    await signIn('victim', GOOD);
    const { token } = await identity.accounts.invite(admin, await user('victim'));
    await identity.accounts.accept(token, BETTER);
    await signIn('victim', BETTER, { address: '192.0.2.99' });
  });

  it('one address cannot try its way through the accounts', async () => {
    await addUser('colleague', GOOD);
    await signIn('colleague', GOOD, { address: '2001:db8:1:2::1' });
    for (let n = 0; n < 51; n++) await fail(1, `user-${n}`, { address: '2001:db8:1:2::1' });
    // The same network of IPv6, but neither another one nor who signed in from there before.
    await expect(signIn('ada', GOOD, { address: '2001:db8:1:2:ffff::9' })).rejects.toMatchObject({ code: 'TooManyRequests' });
    await signIn('colleague', GOOD, { address: '2001:db8:1:2::1' });
    await signIn('ada', GOOD, { address: '2001:db8:1:3::1' });
  });

  it('a hash with weaker parameters is replaced at the next sign-in', async () => {
    await addUser('early', GOOD);
    const weak = await hash(GOOD, { memoryCost: 8192, timeCost: 1 });
    await sql`update passwords set hash = ${weak} where user_name = 'early'`.execute(database.db);
    await signIn('early', GOOD);
    const { rows } = await sql<{ hash: string }>`select hash from passwords where user_name = 'early'`.execute(database.db);
    expect(rows[0]?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await signIn('early', GOOD);
  });

  it('are invited by a link that works once, until it expires or a newer one takes its place (reuse of a link)', async () => {
    const made = await addUser('invited');
    const first = await identity.accounts.invite(admin, made);
    const second = await identity.accounts.invite(admin, made, 3_600_000);
    const notValid = { code: 'NotFound', message: expect.stringContaining('link is not valid') };
    await expect(identity.accounts.accept(first.token, GOOD)).rejects.toMatchObject(notValid);
    await expect(identity.accounts.accept(second.token, 'short'), 'a weak password does not use it up').rejects.toMatchObject({
      code: 'Invalid',
    });
    const both = await Promise.allSettled([identity.accounts.accept(second.token, GOOD), identity.accounts.accept(second.token, BETTER)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(identity.accounts.accept(second.token, BETTER)).rejects.toMatchObject(notValid);
    const third = await identity.accounts.invite(admin, made, 3_600_000);
    time += 3_600_001;
    await expect(identity.accounts.accept(third.token, GOOD)).rejects.toMatchObject(notValid);
    for (const wrong of ['', 'swi_', third.token.slice(0, -1), `swi_${'0'.repeat(16)}_${'A'.repeat(43)}`])
      await expect(identity.accounts.accept(wrong, GOOD), wrong).rejects.toMatchObject(notValid);
    const { rows } = await sql<{ text: string }>`select row_to_json(i)::text as text from invitations i`.execute(database.db);
    expect(rows.map(({ text }) => text).join()).not.toContain(third.token.slice(-43));
  });

  it('a link is of the very user it was made for', async () => {
    const made = await addUser('replaced');
    const { token } = await identity.accounts.invite(admin, made);
    await store.delete({ tenant: 'default', kind: 'User', name: 'replaced' });
    await addUser('replaced');
    await expect(identity.accounts.accept(token, GOOD)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('a password goes with its user: another of the same name has none of it', async () => {
    const passwords = async () =>
      (await sql<{ user_name: string }>`select user_name from passwords`.execute(database.db)).rows.map((row) => row.user_name);
    await addUser('goner', GOOD);
    await store.delete({ tenant: 'default', kind: 'User', name: 'goner' });
    await addUser('goner');
    await expect(signIn('goner', GOOD)).rejects.toMatchObject({ code: 'Unauthorized' });
    await identity.accounts.prune();
    expect(await passwords()).not.toContain('goner');
    expect(await passwords()).toContain('ada');
  });

  it('nobody makes a link for somebody who may do more than they (escalation)', async () => {
    const helper = { ...admin, name: 'ada' };
    await expect(identity.accounts.invite(helper, await user('admin'))).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('changing or resetting a password ends the other sessions and the links', async () => {
    const made = await addUser('changer', GOOD);
    const [here, elsewhere] = [await signIn('changer', GOOD), await signIn('changer', GOOD)];
    const { token } = await identity.accounts.invite(admin, made);
    const me = (await session(here.token)) as Principal;
    await expect(identity.accounts.changePassword(me, { current: 'wrong', next: BETTER }, HOME)).rejects.toMatchObject({
      code: 'Unauthorized',
    });
    await expect(identity.accounts.changePassword(me, { current: GOOD, next: 'password1234' }, HOME)).rejects.toMatchObject({
      code: 'Invalid',
    });
    await identity.accounts.changePassword(me, { current: GOOD, next: BETTER }, HOME);
    expect(await session(here.token)).toBeDefined();
    expect(await session(elsewhere.token)).toBeUndefined();
    await expect(identity.accounts.accept(token, GOOD)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(signIn('changer', GOOD)).rejects.toMatchObject({ code: 'Unauthorized' });
    const { token: reset } = await identity.accounts.invite(admin, made);
    await identity.accounts.accept(reset, GOOD);
    expect(await session(here.token)).toBeUndefined();
    await expect(
      identity.accounts.changePassword(admin, { current: 'x', next: GOOD }, HOME),
      'a token is not a sign-in',
    ).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });

  it('a tenant says how long passwords are and sessions live', async () => {
    const tenant = (await store.get({ tenant: 'system', kind: 'Tenant', name: 'default' })) as ApiObject<any>;
    const signInSpec = { passwordMinLength: 20, sessionIdleMinutes: 5, sessionHours: 1 };
    await store.update({ ...tenant, spec: { ...tenant.spec, signIn: signInSpec } }, { tenant: 'system' });
    identity.directory.changed('Tenant', 'system');
    await expect(identity.accounts.setPassword({ tenant: 'default', name: 'ada' }, 'anchor tundra 7!')).rejects.toThrow(/shorter than 20/);
    const { token, expiresAt } = await signIn('ada', GOOD);
    expect(expiresAt).toBe(time + 3_600_000);
    time += 300_001;
    expect(await session(token)).toBeUndefined();
  });
});
