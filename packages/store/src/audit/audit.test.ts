import { generateKeyPairSync } from 'node:crypto';
import { AUDIT_GENESIS, type AuditVerdict, chainVerifier, findKind, registryKind } from '@slipway/model';
import { createFakeClock, testDatabase, testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createStore, type Store } from '../store.ts';
import { createAuditContext } from './audit-context.ts';
import { type AuditLog, createAuditLog } from './audit-log.ts';
import { createChangeRecorder } from './change-record.ts';
import { createAuditSigner } from './signer.ts';

const signer = createAuditSigner(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
/** With its defaults, as the API stores it. */
const specOf = (spec: object) => registryKind.spec.parse(spec);
const registry = (name: string) => ({ kind: 'Registry', metadata: { name }, spec: specOf({ type: 'helm', url: 'https://a.example' }) });

describe.each(testEngines)('audit on %s', (engine) => {
  let database: Database;
  let log: AuditLog;
  let store: Store;
  const clock = createFakeClock(Date.parse('2026-11-21T10:00:00Z'));
  const context = createAuditContext();
  const actor = () => ({ user: { kind: 'user' as const, name: 'ada' }, recorded: 0 });
  beforeAll(async () => {
    database = await testDatabase(engine);
    log = createAuditLog({ database, signer, clock });
    store = createStore({ database, clock, record: createChangeRecorder({ context, clock, findKind }) });
  }, 60_000);
  afterAll(() => database.close());

  const verify = async (tenant: string, extra: { seen?: { seq: number; hash: string }[] } = {}): Promise<AuditVerdict> => {
    const verifier = chainVerifier({
      tenant,
      checkpoints: await log.checkpoints(tenant),
      keys: { [signer.keyId]: signer.publicKey },
      ...extra,
    });
    for (let after = 0; ;) {
      const page = await log.list({ tenant, after, limit: 100 });
      for (const record of page) verifier.add(record);
      if (page.length === 0) return verifier.end();
      after = page.at(-1)?.seq ?? after;
    }
  };
  /** As somebody who owns the database would. */
  const tamper = (statement: ReturnType<typeof sql>) =>
    database.db.transaction().execute(async (trx) => {
      await sql`alter table audit_records disable trigger user`.execute(trx);
      await statement.execute(trx);
      await sql`alter table audit_records enable trigger user`.execute(trx);
    });
  const filled = async (tenant: string, count: number) => {
    for (let n = 0; n < count; n++) await store.create(registry(`r${n}`), { tenant });
    await log.anchor();
  };
  const problems = (verdict: AuditVerdict) => verdict.problems.map(({ seq, problem }) => `${seq} ${problem}`);

  it('records every change in its transaction, with who and what, and nothing that did not happen', async () => {
    const made = await context.run(actor(), () => store.create(registry('a'), { tenant: 't1' }));
    await context.run(actor(), () => store.update({ ...made, spec: specOf({ type: 'helm', url: 'https://x.example' }) }, { tenant: 't1' }));
    await expect(context.run(actor(), () => store.create(registry('a'), { tenant: 't1' }))).rejects.toMatchObject({
      code: 'AlreadyExists',
    });
    await context.run(actor(), () => store.create(registry('dry'), { tenant: 't1', dryRun: true }));
    // Slipway's own observations are none; a user's status write is one.
    await store.updateStatus({ ...made, metadata: { ...made.metadata, resourceVersion: '' }, status: { seen: 1 } }, { tenant: 't1' });
    await context.run(actor(), () =>
      store.updateStatus({ ...made, metadata: { ...made.metadata, resourceVersion: '' }, status: { seen: 2 } }, { tenant: 't1' }),
    );
    await store.delete({ kind: 'Registry', name: 'a', tenant: 't1' });
    const records = await log.list({ tenant: 't1', after: 0, limit: 100 });
    const bodies = records.map((record) => JSON.parse(record.body) as any);
    expect(bodies.map((body) => [body.user.name, body.verb, body.object.resource, body.object.name])).toEqual([
      ['ada', 'create', 'registries', 'a'],
      ['ada', 'update', 'registries', 'a'],
      ['ada', 'update', 'registries', 'a'],
      ['slipway', 'remove', 'registries', 'a'],
    ]);
    expect(bodies[1].changes).toEqual([{ path: 'spec.url', from: 'https://a.example', to: 'https://x.example' }]);
    expect(records[0]).toMatchObject({ seq: 1, prev: AUDIT_GENESIS, resourceVersion: made.metadata.resourceVersion });
    expect(await verify('t1')).toMatchObject({ ok: true, records: 4 });
  });

  it('numbers without gaps and chains without forks under 32 concurrent writers of two tenants', { timeout: 120_000 }, async () => {
    const writers = Array.from({ length: 32 }, async (_, writer) => {
      for (let n = 0; n < 8; n++) {
        const tenant = `many-${(writer + n) % 2}`;
        await store.create(registry(`w${writer}-${n}`), { tenant });
        if (n % 4 === 0)
          await log.append(tenant, { time: new Date().toISOString(), user: { kind: 'user', name: 'x' }, verb: 'get', outcome: 'ok' });
        // One that is refused must leave no hole.
        await store.create(registry(`w${writer}-${n}`), { tenant }).catch(() => undefined);
      }
    });
    await Promise.all(writers);
    for (const tenant of ['many-0', 'many-1']) expect(await verify(tenant)).toMatchObject({ ok: true, records: 160, first: 1 });
  });

  it('refuses to change or remove a record, whoever asks through the hub’s own connection', async () => {
    await filled('fixed', 2);
    await expect(sql`update audit_records set body = '{}' where tenant = 'fixed'`.execute(database.db)).rejects.toThrow('append-only');
    await expect(sql`delete from audit_records where tenant = 'fixed'`.execute(database.db)).rejects.toThrow('append-only');
    await expect(sql`truncate audit_records`.execute(database.db)).rejects.toThrow('append-only');
  });

  it.each([
    ['a changed record', sql`update audit_records set body = replace(body, 'r2', 'rX') where tenant = 'bad' and seq = 3`, ['3 changed']],
    ['a removed record', sql`delete from audit_records where tenant = 'bad' and seq = 3`, ['3 removed']],
    [
      'a truncated tail, its head turned back with it',
      sql`with d as (delete from audit_records where tenant = 'bad' and seq > 3) update audit_heads set seq = 3 where tenant = 'bad'`,
      ['4 truncated'],
    ],
    ['a removed beginning', sql`delete from audit_records where tenant = 'bad' and seq < 3`, ['1 removed']],
    [
      'two records that changed places',
      sql`update audit_records set seq = case seq when 2 then 103 else 102 end where tenant = 'bad' and seq in (2, 3)`,
      ['2 removed', '102 changed', '103 changed'],
    ],
  ])('verify finds %s', async (_what, statement, expected) => {
    await sql`delete from audit_checkpoints where tenant = 'bad'`.execute(database.db);
    await tamper(sql`delete from audit_records where tenant = 'bad'`);
    await sql`delete from audit_heads where tenant = 'bad'`.execute(database.db);
    await sql`delete from objects where tenant = 'bad'`.execute(database.db);
    await filled('bad', 6);
    expect(await verify('bad')).toMatchObject({ ok: true, records: 6, anchors: 1 });
    await tamper(statement);
    const verdict = await verify('bad');
    expect(verdict.ok).toBe(false);
    for (const problem of expected) expect(problems(verdict)).toContain(problem);
  });

  it('verify finds a chain that was computed anew from the changed record on: the signed heads do not fit', async () => {
    await filled('forged', 3);
    const seen = await log.head('forged');
    await filled2('forged', 3);
    await tamper(sql`delete from audit_records where tenant = 'forged' and seq > 1`);
    await sql`update audit_heads h set seq = 1, hash = (select hash from audit_records r where r.tenant = h.tenant and r.seq = 1), prev = ${AUDIT_GENESIS}
      where tenant = 'forged'`.execute(database.db);
    for (let n = 0; n < 5; n++)
      await log.append('forged', { time: new Date(n).toISOString(), user: { kind: 'user', name: 'mallory' }, verb: 'get', outcome: 'ok' });
    expect(problems(await verify('forged'))).toEqual(['3 rewritten', '6 rewritten']);
    // Even when the checkpoints go too, whoever remembers a head sees it; and a forged checkpoint is not believed.
    await sql`delete from audit_checkpoints where tenant = 'forged'`.execute(database.db);
    expect(await verify('forged')).toMatchObject({ ok: true });
    expect(problems(await verify('forged', { seen: [seen as { seq: number; hash: string }] }))).toEqual(['3 rewritten']);
    const other = createAuditSigner(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const forged = other.sign({ tenant: 'forged', seq: 3, kind: 'head', hash: 'x', at: 'now' });
    const verdict = chainVerifier({
      tenant: 'forged',
      checkpoints: [forged],
      keys: { [signer.keyId]: signer.publicKey },
      partial: true,
    }).end();
    expect(problems(verdict)).toEqual(['3 signature']);
  });

  it('retention takes a prefix away, leaves a signed receipt, keeps what a sink still needs, and the rest verifies', async () => {
    await filled('old', 5);
    await clock.advance(86_400_000);
    for (let n = 5; n < 8; n++) await store.create(registry(`r${n}`), { tenant: 'old' });
    await log.anchor();
    const limit = new Date(clock.now() - 3_600_000).toISOString();
    const others = new Map((await log.tenants()).filter((tenant) => tenant !== 'old').map((tenant) => [tenant, 0]));
    expect(await log.prune(limit, new Map([...others, ['old', 3]]))).toBe(3);
    expect(await verify('old')).toMatchObject({ ok: true, records: 5, first: 4 });
    expect(await log.prune(limit, others)).toBe(2);
    expect(await verify('old')).toMatchObject({ ok: true, records: 3, first: 6 });
    expect(await log.prune(limit, others)).toBe(0);
    // Without the receipt the same chain is one whose beginning was removed.
    await sql`delete from audit_checkpoints where tenant = 'old' and kind = 'pruned'`.execute(database.db);
    expect(problems(await verify('old'))).toContain('1 removed');
  });

  it('searches by who, what, when and text', async () => {
    await context.run(actor(), () => store.create(registry('needle'), { tenant: 'search' }));
    await filled('search', 3);
    const found = async (query: object) => (await log.list({ tenant: 'search', limit: 10, ...query })).map(({ seq }) => seq);
    expect(await found({ actor: 'ada' })).toEqual([1]);
    expect(await found({ text: 'NEEDLE' })).toEqual([1]);
    expect(await found({ verb: 'create', resource: 'registries' })).toEqual([4, 3, 2, 1]);
    expect(await found({ before: 3 })).toEqual([2, 1]);
    expect(await found({ name: 'r1' })).toEqual([3]);
    expect(await found({ until: '2020-01-01T00:00:00Z' })).toEqual([]);
    expect(await log.list({ tenant: 'nobody', limit: 10 })).toEqual([]);
  });

  const filled2 = async (tenant: string, count: number) => {
    for (let n = 0; n < count; n++) await store.create(registry(`more${n}`), { tenant });
    await log.anchor();
  };
});
