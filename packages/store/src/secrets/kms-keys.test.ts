import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { ApiObject } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createStore } from '../store.ts';
import { openBytes, sealBytes } from './aes.ts';
import { type KmsKeys, kmsKeys, withOlderKeys } from './kms-keys.ts';
import { KMS_PROTOCOL, kmsService } from './kms-protocol.ts';
import { fileKeys } from './local-keys.ts';
import { createVault, type Vault } from './vault.ts';

/** A plugin with keys in memory; what a real one answers is tested in kms-plugin.root.test.ts with Kubernetes' own server. */
async function startPlugin(socket: string) {
  const keys = new Map([['key-1', randomBytes(32)]]);
  let made = 1;
  let primary = 'key-1';
  let health = 'ok';
  let server: Server | undefined;
  let silent = false;
  /** Takes the question and never answers. */
  const unlessSilent = (answer: () => void) => void (silent || answer());
  const handlers = {
    Status: (_call: unknown, done: any) => done(null, { version: 'v2', healthz: health, keyId: primary }),
    Encrypt: ({ request }: any, done: any) =>
      unlessSilent(() =>
        done(null, {
          keyId: primary,
          ciphertext: Buffer.from(sealBytes(keys.get(primary) as Buffer, request.plaintext, 'kms')),
          annotations: { 'version.example.org': Buffer.from([1]) },
        }),
      ),
    Decrypt: ({ request }: any, done: any) => {
      if (silent) return;
      const key = keys.get(request.keyId);
      if (!key || request.annotations['version.example.org']?.[0] !== 1)
        return done({ code: status.FAILED_PRECONDITION, details: 'no such key' });
      done(null, { plaintext: openBytes(key, request.ciphertext.toString(), 'kms') });
    },
  } as unknown as UntypedServiceImplementation;
  const start = async () => {
    server = new Server();
    server.addService(kmsService(fromJSON(KMS_PROTOCOL as never, { defaults: true })), handlers);
    const made = server;
    await new Promise<void>((resolve, reject) =>
      made.bindAsync(socket, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())),
    );
  };
  await start();
  return {
    rotate: () => keys.set((primary = `key-${++made}`), randomBytes(32)),
    revoke: (id: string) => keys.delete(id),
    sick: (how: string) => (health = how),
    silence: (how: boolean) => (silent = how),
    start,
    stop: () => server?.forceShutdown(),
  };
}

describe.each(testEngines)('keys of a KMS plugin on %s', (engine) => {
  let directory: string;
  let database: Database;
  let plugin: Awaited<ReturnType<typeof startPlugin>>;
  let keys: KmsKeys;
  let vault: Vault;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secret = (name: string, value: string) => ({
    kind: 'Secret',
    metadata: { name, namespace: 'p' },
    spec: { type: 'Opaque', data: { x: base64(value) } },
  });
  const ownerOf = ({ kind, metadata }: ApiObject) => ({ tenant: 'default', kind, project: 'p', name: metadata.name, uid: metadata.uid });
  const valueOf = async (object: ApiObject) => (await vault.open(ownerOf(object)))['data/x'];
  const endpoint = () => `unix://${directory}/kms.sock`;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-kms-'));
    database = await testDatabase(engine);
  }, 60_000);
  afterAll(async () => {
    keys.close();
    plugin.stop();
    await database.close();
    await rm(directory, { recursive: true });
  });

  it('takes over from a file: what was written before is read, then wrapped anew, and the file is needed no more', async () => {
    const file = await fileKeys(join(directory, 'encryption.json'), { create: true });
    const before = createVault({ database, keys: file });
    await before.check();
    const old = await createStore({ database, vault: before }).create(secret('old', 'of the file'));
    plugin = await startPlugin(endpoint());
    keys = await kmsKeys(endpoint());
    vault = createVault({ database, keys: withOlderKeys(keys, file) });
    await vault.check();
    expect(await valueOf(old)).toBe(base64('of the file'));
    expect(await vault.rewrap()).toEqual({ rewrapped: 1, left: 0 });
    vault = createVault({ database, keys });
    await vault.check();
    expect(await valueOf(old)).toBe(base64('of the file'));
    await vault.retire(await file.primary());
  });

  it('follows the service when it makes a new key, while the hub serves', async () => {
    const store = createStore({ database, vault });
    const one = await store.create(secret('one', 'under key 1'));
    plugin.rotate();
    const two = await store.create(secret('two', 'under key 2'));
    expect([await valueOf(one), await valueOf(two)]).toEqual([base64('under key 1'), base64('under key 2')]);
    expect((await vault.keys()).map(({ id, primary, used }) => [id, primary, used]).toSorted()).toEqual([
      ['key-1', false, 2],
      ['key-2', true, 1],
    ]);
    await expect(vault.rotate()).rejects.toMatchObject({ code: 'BadRequest', hint: expect.stringContaining('Rotate it there') });
    await expect(vault.retire('key-1')).rejects.toMatchObject({ code: 'Conflict' });
    expect(await vault.rewrap()).toEqual({ rewrapped: 2, left: 0 });
    await vault.retire('key-1');
    plugin.revoke('key-1');
    expect(await valueOf(one)).toBe(base64('under key 1'));
    // A start after that, with all that is left.
    await createVault({ database, keys }).check();
  });

  it('gives one data key for what is no object, the same to every replica, and wraps it anew with the rest', async () => {
    const replica = createVault({ database, keys });
    const [one, two] = await Promise.all([vault.dataKey('plans'), replica.dataKey('plans')]);
    expect(one).toEqual(two);
    expect(one).toHaveLength(32);
    expect(await vault.dataKey('others')).not.toEqual(one);
    const before = await keys.primary();
    plugin.rotate();
    await expect(vault.retire(before)).rejects.toMatchObject({ code: 'Conflict' });
    expect((await vault.rewrap()).left).toBe(0);
    await vault.retire(before);
    plugin.revoke(before);
    expect(await replica.dataKey('plans')).toEqual(one);
  });

  it('fail open: while the plugin takes questions and answers none, opens and writes nothing, within seconds', async () => {
    const store = createStore({ database, vault });
    const one = (await store.get({ kind: 'Secret', project: 'p', name: 'one' })) as ApiObject;
    plugin.silence(true);
    const from = performance.now();
    await expect(valueOf(one)).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(store.create(secret('never', 'x'))).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(store.update({ ...one, spec: secret('one', 'y').spec })).rejects.toMatchObject({ code: 'Unavailable' });
    expect(performance.now() - from).toBeLessThan(30_000);
    plugin.silence(false);
    expect(await store.get({ kind: 'Secret', project: 'p', name: 'never' })).toBeUndefined();
    expect(await valueOf(one)).toBe(base64('under key 1'));
  });

  it('while the plugin is away opens and writes nothing, says so at once, and goes on when it is back', async () => {
    const store = createStore({ database, vault });
    const one = (await store.get({ kind: 'Secret', project: 'p', name: 'one' })) as ApiObject;
    plugin.stop();
    const away = { code: 'Unavailable', message: expect.stringContaining(`KMS plugin ${endpoint()} does not answer`) };
    await expect(valueOf(one)).rejects.toMatchObject(away);
    await expect(store.create(secret('three', 'x'))).rejects.toMatchObject(away);
    await expect(createVault({ database, keys }).check(), 'a start').rejects.toMatchObject(away);
    expect(await store.get({ kind: 'Secret', project: 'p', name: 'three' })).toBeUndefined();
    // What holds no secrets does not need it.
    await store.create({ kind: 'Project', metadata: { name: 'q' }, spec: {} });
    await plugin.start();
    await expect.poll(() => valueOf(one).catch(() => ''), { timeout: 20_000 }).toBe(base64('under key 1'));
    plugin.sick('the token has expired');
    await expect(createVault({ database, keys }).check()).rejects.toMatchObject({
      message: expect.stringContaining('the token has expired'),
    });
    plugin.sick('ok');
  });

  it('opens no envelope of another object, and nothing without its key', async () => {
    const wrapped = await keys.wrap(randomBytes(32), 'mine');
    await expect(keys.unwrap(wrapped, 'yours')).rejects.toMatchObject({
      code: 'Host',
      message: expect.stringContaining('belongs to something else'),
    });
    await expect(keys.unwrap({ ...wrapped, keyId: 'key-9' }, 'mine')).rejects.toMatchObject({
      code: 'Host',
      message: expect.stringContaining('no such key'),
    });
    await expect(kmsKeys('/run/kms.sock')).rejects.toMatchObject({ code: 'Host', hint: expect.stringContaining('unix:///') });
    const { rows } = await sql<{ text: string }>`select row_to_json(t)::text as text from secret_values t`.execute(database.db);
    expect(rows.length).toBeGreaterThan(2);
    for (const { text } of rows) for (const value of ['under key 1', 'of the file']) expect(text).not.toContain(base64(value));
  });
});
