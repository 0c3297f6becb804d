import { createHash } from 'node:crypto';
import { sha256Hex } from '@slipway/kit';
import type { Principal } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, type Database, type Store } from '@slipway/store';
import { createIdentity, type Identity } from './identity.ts';

const bearer = (authorization: string | undefined) => ({ headers: { authorization } });

describe.each(testEngines)('identity on %s', (engine) => {
  let database: Database;
  let store: Store;
  let identity: Identity;
  let time = 1_000_000_000_000;
  const clock = { now: () => time };
  beforeAll(async () => {
    database = await testDatabase(engine);
    store = createStore({ database });
    identity = createIdentity({ database, store, clock });
    await identity.start(AbortSignal.timeout(600_000));
  }, 60_000);
  afterAll(() => database.close());

  it('makes the first admin once and believes its token only', async () => {
    expect(await identity.hasAdmin()).toBe(false);
    const { token, name } = await identity.resetAdmin();
    expect(await identity.hasAdmin()).toBe(true);
    const principal = await identity.authenticate(bearer(`Bearer ${token}`));
    expect(principal).toEqual({
      name,
      groups: ['authenticated'],
      tenant: 'default',
      home: 'default',
      credential: token.slice(4, 16),
      auth: { kind: 'token', id: token.slice(4, 16) },
    });
    const other = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    for (const wrong of [
      undefined,
      '',
      'Bearer',
      `Bearer ${other}`,
      `Basic ${token}`,
      `Bearer ${token}x`,
      `Bearer swt_000000000000_${token.slice(17)}`,
    ]) {
      expect(await identity.authenticate(bearer(wrong)), String(wrong)).toBeUndefined();
    }
    const { rows } = await sql<{ text: string }>`select row_to_json(t)::text as text from api_tokens t`.execute(database.db);
    expect(
      rows.some((row) => row.text.includes(token.slice(17))),
      'the secret is not in the database',
    ).toBe(false);
  });

  it('a reset ends the tokens before it at once', async () => {
    const first = await identity.resetAdmin();
    expect(await identity.authenticate(bearer(`Bearer ${first.token}`))).toBeDefined();
    const second = await identity.resetAdmin();
    expect(await identity.authenticate(bearer(`Bearer ${first.token}`))).toBeUndefined();
    expect(await identity.authenticate(bearer(`Bearer ${second.token}`))).toBeDefined();
  });

  it('tokens expire, can be revoked, and another replica learns of it within the cache time', async () => {
    const replica = createIdentity({ database, store, clock });
    const short = await identity.issueToken({ name: 'admin' }, { ttlMs: 1000 });
    const long = await identity.issueToken({ name: 'admin' });
    expect(await replica.authenticate(bearer(`Bearer ${short.token}`))).toBeDefined();
    expect(await replica.authenticate(bearer(`Bearer ${long.token}`))).toBeDefined();
    await identity.revoke(long.id);
    expect(await identity.authenticate(bearer(`Bearer ${long.token}`))).toBeUndefined();
    time += 2001;
    expect(await replica.authenticate(bearer(`Bearer ${long.token}`))).toBeUndefined();
    expect(await replica.authenticate(bearer(`Bearer ${short.token}`))).toBeUndefined();
    await expect(identity.issueToken({ name: 'nobody' })).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('an object with the name of a built-in role gives nothing beyond that role', async () => {
    const everything = { level: 'tenant', description: '', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };
    const binding = { role: 'tenant-viewer', subjects: [{ kind: 'User', name: 'reader' }] };
    // As somebody would write it who has the database.
    await store.create({ kind: 'Role', metadata: { name: 'tenant-viewer' }, spec: everything }, { tenant: 'default' });
    await store.create({ kind: 'RoleBinding', metadata: { name: 'reading' }, spec: binding }, { tenant: 'default' });
    identity.directory.changed('RoleBinding', 'default');
    const reader = { name: 'reader', groups: [], tenant: 'default', home: 'default' };
    const about = { group: 'slipway.dev', resource: 'clusters', project: 'shop', name: 'x' };
    expect((await identity.authorizer.authorize(reader, { ...about, verb: 'get' })).allowed).toBe(true);
    expect((await identity.authorizer.authorize(reader, { ...about, verb: 'delete' })).allowed).toBe(false);
  });

  it('takes over the users of an earlier version, their tokens and their rights', async () => {
    await sql`insert into users (tenant, name, groups, disabled_at) values ('default', 'old-admin', '["admins"]', null), ('default', 'old-user', '[]', null),
      ('default', 'old-off', '["admins"]', now())`.execute(database.db);
    for (const name of ['old-admin', 'old-user', 'old-off']) {
      await sql`insert into api_tokens (id, tenant, user_name, hash, description)
        values (${sha256Hex(name).slice(0, 12)}, 'default', ${name}, ${createHash('sha256').update('s'.repeat(43)).digest()}, '')`.execute(
        database.db,
      );
    }
    const token = (name: string) => `Bearer swt_${sha256Hex(name).slice(0, 12)}_${'s'.repeat(43)}`;
    const next = createIdentity({ database, store, clock });
    await next.start(AbortSignal.timeout(600_000));
    expect(await next.authenticate(bearer(token('old-off')))).toBeUndefined();
    const request = { verb: 'delete', group: 'slipway.dev', resource: 'tenants', name: 'x' };
    for (const [name, allowed] of [
      ['old-admin', true],
      ['old-user', false],
    ] as const) {
      const principal = await next.authenticate(bearer(token(name)));
      expect(principal?.name).toBe(name);
      expect((await next.authorizer.authorize(principal as Principal, request)).allowed, name).toBe(allowed);
    }
    expect((await sql`select * from users`.execute(database.db)).rows).toEqual([]);
  });
});
