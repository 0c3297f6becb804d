import { mkdtemp, readFile, rm, stat, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type ApiObject, SECRET_DATA_MASK, type SecretSpec } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createStore, type Store } from '../store.ts';
import type { KeyProvider } from './key-provider.ts';
import { environmentKeys, fileKeys } from './local-keys.ts';
import { createVault, hasNoKeys, type Vault } from './vault.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = (name: string, data: Record<string, string>, extra: object = {}) => ({
  kind: 'Secret',
  metadata: { name, namespace: 'p' },
  spec: { type: 'Opaque', data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])), ...extra },
});
const ownerOf = ({ kind, metadata }: ApiObject, tenant = 'default') => ({
  tenant,
  kind,
  project: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid,
});

describe.each(testEngines)('secrets on %s', (engine) => {
  let directory: string;
  let database: Database;
  let keys: KeyProvider;
  let vault: Vault;
  let store: Store;
  const keyFile = () => join(directory, 'encryption.json');
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-keys-'));
    database = await testDatabase(engine);
    expect(await hasNoKeys(database)).toBe(true);
    keys = await fileKeys(keyFile(), { create: true });
    vault = createVault({ database, keys });
    await vault.check();
    store = createStore({ database, vault });
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await rm(directory, { recursive: true });
  });

  const dump = async () => {
    const { rows } = await sql<{ text: string }>`
      select row_to_json(t)::text as text from objects t union all select row_to_json(t)::text from changes t
      union all select row_to_json(t)::text from secret_values t union all select row_to_json(t)::text from encryption_keys t`.execute(
      database.db,
    );
    return rows.map((row) => row.text).join('\n');
  };

  it('shows masks everywhere and keeps the values for who may open them', async () => {
    const made = await store.create(secret('a', { password: 'canary-1', user: 'canary-2' }));
    expect((made.spec as SecretSpec).data).toEqual({ password: SECRET_DATA_MASK, user: SECRET_DATA_MASK });
    expect(await vault.open(ownerOf(made))).toEqual({ 'data/password': base64('canary-1'), 'data/user': base64('canary-2') });
    const text = await dump();
    for (const canary of ['canary-1', 'canary-2', base64('canary-1'), base64('canary-2')]) expect(text.includes(canary)).toBe(false);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    const { primary, keys: all } = JSON.parse(await readFile(keyFile(), 'utf8')) as { primary: string; keys: { key: string }[] };
    expect(text).toContain(primary);
    expect(text.includes(all[0]?.key ?? '?'), 'the key itself is not in the database').toBe(false);
  });

  it('keeps what is masked, changes what is written, and tells watchers of a change nobody can see', async () => {
    const made = await store.create(secret('b', { one: '1', two: '2' }));
    const same = await store.update({ ...made, spec: secret('b', { one: '1', two: '2' }).spec });
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    const changed = await store.update({
      ...made,
      spec: { type: 'Opaque', data: { one: SECRET_DATA_MASK, two: base64('22'), three: base64('3') } },
    });
    expect(changed.metadata.generation).toBe(2);
    expect(await vault.open(ownerOf(made))).toEqual({ 'data/one': base64('1'), 'data/two': base64('22'), 'data/three': base64('3') });
    const masked = await store.update({ ...changed, spec: { type: 'Opaque', data: { one: SECRET_DATA_MASK, two: base64('other') } } });
    const again = await store.update({ ...masked, spec: { type: 'Opaque', data: { one: SECRET_DATA_MASK, two: base64('another') } } });
    expect([again.metadata.generation, again.spec]).toEqual([4, masked.spec]);
    await expect(store.update({ ...again, spec: { type: 'Opaque', data: { never: SECRET_DATA_MASK } } })).rejects.toMatchObject({
      code: 'Invalid',
    });
    await expect(store.create(secret('c', { x: '***' }))).rejects.toMatchObject({ code: 'Invalid' });
    await store.update({ ...again, spec: { type: 'Opaque', data: {} } });
    expect(await vault.open(ownerOf(made))).toEqual({});
  });

  it('an immutable secret takes the same values and no others', async () => {
    const made = await store.create(secret('fixed', { x: '1' }, { immutable: true }));
    await store.update({
      ...made,
      metadata: { ...made.metadata, labels: { a: 'b' } },
      spec: secret('fixed', { x: '1' }, { immutable: true }).spec,
    });
    const other = {
      ...made,
      metadata: { ...made.metadata, resourceVersion: '' },
      spec: secret('fixed', { x: '2' }, { immutable: true }).spec,
    };
    await expect(store.update(other)).rejects.toMatchObject({ code: 'Invalid' });
  });

  it('an envelope is bound to its object: moved to another one, or with one bit changed, it does not open', async () => {
    const [mine, theirs] = [await store.create(secret('mine', { x: 'mine' })), await store.create(secret('theirs', { x: 'theirs' }))];
    await sql`update secret_values set envelope = (select envelope from secret_values where uid = ${theirs.metadata.uid}) where uid = ${mine.metadata.uid}`.execute(
      database.db,
    );
    await expect(vault.open(ownerOf(mine))).rejects.toMatchObject({ code: 'Host' });
    for (const owner of [{ tenant: 'other' }, { name: 'mine' }, { project: 'q' }, { kind: 'Registry' }]) {
      const moved = { ...ownerOf(theirs), ...owner };
      if (owner.tenant !== undefined) expect(await vault.open(moved)).toEqual({});
      else await expect(vault.open(moved)).rejects.toMatchObject({ code: 'Host' });
    }
    await store.delete({ kind: 'Secret', project: 'p', name: 'mine' });
    await store.delete({ kind: 'Secret', project: 'p', name: 'theirs' });
    const { rows } = await sql`select 1 from secret_values where uid in (${mine.metadata.uid}, ${theirs.metadata.uid})`.execute(
      database.db,
    );
    expect(rows).toEqual([]);
  });

  it(
    'rotates while others write: everything opens before, during and after, and the old key goes only when nothing needs it',
    { timeout: 120_000 },
    async () => {
      const made: ApiObject[] = [];
      for (let n = 0; n < 60; n++) made.push(await store.create(secret(`r${n}`, { x: `v${n}` })));
      const old = await keys.primary();
      // Another replica: its own provider on the same file.
      const replicaKeys = await fileKeys(keyFile(), { create: false });
      const replica = createVault({ database, keys: replicaKeys });
      const newest = await vault.rotate();
      expect(newest).not.toBe(old);
      await expect(vault.retire(old)).rejects.toMatchObject({ code: 'Conflict' });
      await expect(vault.retire(newest)).rejects.toMatchObject({ code: 'Conflict' });
      let stop = false;
      let reads = 0;
      const traffic = (async () => {
        for (let n = 0; !stop; n = (n + 7) % made.length) {
          const one = made[n] as ApiObject;
          await store.update({
            ...one,
            metadata: { ...one.metadata, resourceVersion: '' },
            spec: secret(one.metadata.name, { x: `v${n}`, y: String(reads) }).spec,
          });
          expect((await replica.open(ownerOf(one)))['data/x']).toBe(base64(`v${n}`));
          reads++;
          // As requests over a network would: the embedded database never leaves the event loop's turn by itself.
          await setImmediate();
        }
      })();
      await vault.rewrap();
      stop = true;
      await traffic;
      expect(reads).toBeGreaterThan(2);
      const { left } = await vault.rewrap();
      expect(left).toBe(0);
      for (const [n, one] of made.entries()) expect((await replica.open(ownerOf(one)))['data/x']).toBe(base64(`v${n}`));
      // A replica that still thinks the old key is the newest cannot write with it once it is retired: the database refuses.
      const stale = createStore({ database, vault: createVault({ database, keys: await frozen(replicaKeys, old) }) });
      await vault.retire(old);
      await expect(stale.create(secret('late', { x: '1' }))).rejects.toMatchObject({ code: 'Unavailable' });
      expect((await vault.keys()).map((key) => key.id)).toEqual([newest]);
      expect(await readFile(keyFile(), 'utf8')).not.toContain(old);
    },
  );

  /** A provider whose file was read before a rotation. */
  async function frozen(provider: KeyProvider, primary: string): Promise<KeyProvider> {
    return {
      ...provider,
      primary: async () => primary,
      wrap: async (dataKey, context) => ({ ...(await provider.wrap(dataKey, context)), keyId: primary }),
    };
  }

  it('says at start exactly which key is missing or wrong', async () => {
    const id = await keys.primary();
    const right = await readFile(keyFile(), 'utf8');
    const check = async (text: string) => {
      await writeFile(keyFile(), text, { mode: 0o600 });
      return createVault({ database, keys: await fileKeys(keyFile(), { create: true }) })
        .check()
        .catch((error: unknown) => error);
    };
    const other = { id: 'k-other', key: Buffer.alloc(32, 7).toString('base64'), createdAt: '' };
    expect(await check(JSON.stringify({ primary: 'k-other', keys: [other] }))).toMatchObject({
      code: 'Host',
      message: expect.stringMatching(new RegExp(`Encryption key ${id} is missing from file .*: \\d+ stored secrets need it`)),
    });
    expect(await check(JSON.stringify({ primary: id, keys: [{ ...other, id }] }))).toMatchObject({
      code: 'Host',
      message: expect.stringContaining(`Encryption key ${id} of file ${keyFile()} is not the one`),
    });
    expect(await check(right)).toBeUndefined();
    await chmod(keyFile(), 0o644);
    await expect(fileKeys(keyFile(), { create: true })).rejects.toMatchObject({
      code: 'Host',
      message: expect.stringContaining('read by others'),
    });
    await chmod(keyFile(), 0o600);
    await expect(fileKeys(join(directory, 'none.json'), { create: false })).rejects.toMatchObject({
      code: 'Host',
      message: expect.stringContaining('missing'),
    });
    for (const broken of ['{', '{"primary":"a","keys":[]}', '{"primary":"a","keys":[{"id":"a","key":"c2hvcnQ=","createdAt":""}]}']) {
      await writeFile(join(directory, 'broken.json'), broken, { mode: 0o600 });
      await expect(fileKeys(join(directory, 'broken.json'), { create: true })).rejects.toMatchObject({ code: 'Host' });
    }
  });

  it('takes keys from the environment, the first one for new secrets, and says what is wrong with them', async () => {
    const [a, b] = [`a:${Buffer.alloc(32, 1).toString('base64')}`, `b:${Buffer.alloc(32, 2).toString('base64')}`];
    const before = environmentKeys(a);
    const wrapped = await before.wrap(Buffer.alloc(32, 9), 'x');
    const after = environmentKeys(`${b}, ${a}`);
    expect(await after.primary()).toBe('b');
    expect(await after.unwrap(wrapped, 'x')).toEqual(Buffer.alloc(32, 9));
    await expect(after.unwrap(wrapped, 'y')).rejects.toMatchObject({ code: 'Host' });
    await expect(environmentKeys(b).unwrap(wrapped, 'x')).rejects.toMatchObject({
      message: expect.stringContaining('key a is missing from SLIPWAY_ENCRYPTION_KEYS'),
    });
    expect(() => environmentKeys('a:short')).toThrow('32 bytes');
    expect(() => environmentKeys('')).toThrow('not usable');
    expect(after.addKey).toBeUndefined();
  });
});
