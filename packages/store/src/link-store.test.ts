import { sha256Hex } from '@slipway/kit';
import { sql } from 'kysely';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LinkStore, LinkSubject } from '@slipway/link';
import type { Database } from './database.ts';
import { sealLinkData } from './link-cipher.ts';
import { createLinkStore } from './link-store.ts';

const subject = (uid: string): LinkSubject => ({ kind: 'cluster', uid, name: 'dev', project: 'default' });

describe.each(testEngines)('the link’s store on %s', (engine) => {
  let database: Database;
  let store: LinkStore;
  beforeAll(async () => {
    database = await testDatabase(engine);
    store = createLinkStore(database);
  }, 120_000);
  afterAll(() => database?.close());

  const publish = (uid: string, content: string) =>
    store.publishPlan({
      uid,
      contentHash: content,
      sign: (revision) => ({ payload: `${content}@${revision}`, hash: `${content}@${revision}`, signature: 's', keyId: 'k' }),
    });

  test('publishers at once get revisions without gaps or repeats, and what they signed is what is stored', async () => {
    const published = await Promise.all(Array.from({ length: 20 }, (_, n) => publish('plans', `content-${n}`)));
    expect(published.map(({ revision }) => revision).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    for (const { revision, signed } of published) expect(signed.hash).toMatch(new RegExp(`@${revision}$`));
    const latest = await store.latestPlan('plans');
    expect(latest?.revision).toBe(20);
    expect(await publish('plans', latest?.signed.hash.split('@')[0] ?? '')).toMatchObject({ revision: 20, changed: false });
    await store.raiseRevisionFloor('plans', 100);
    await store.raiseRevisionFloor('plans', 50);
    expect(await publish('plans', 'next')).toMatchObject({ revision: 101, changed: true });
    // A floor for a uid without a plan is not a plan.
    await store.raiseRevisionFloor('floor-only', 7);
    expect(await store.latestPlan('floor-only')).toBeUndefined();
    expect(await publish('floor-only', 'first')).toMatchObject({ revision: 8, changed: true });
  });

  test('plans in the database are encrypted, also those from before there was a key, and none opens in the place of another', async () => {
    const planKey = Buffer.alloc(32, 7);
    const sealing = createLinkStore({ db: database.db }, { planKey });
    const give = (to: LinkStore, uid: string, content: string) =>
      to.publishPlan({
        uid,
        contentHash: sha256Hex(content),
        sign: (revision) => ({ payload: `{"password":"${content}"}`, hash: `h${revision}`, signature: 's', keyId: 'k' }),
      });
    const dump = async () =>
      (await sql<{ text: string }>`select row_to_json(t)::text as text from link_plans t`.execute(database.db)).rows
        .map(({ text }) => text)
        .join();
    const payload = async (uid: string) => (await sealing.latestPlan(uid))?.signed.payload;
    await give(createLinkStore({ db: database.db }), 'before', 'CANARY-before');
    expect(await dump()).toContain('CANARY-before');
    expect(await payload('before'), 'still read').toContain('CANARY-before');
    await sealLinkData(database, planKey);
    for (const round of ['CANARY-1', 'CANARY-2']) await give(sealing, 'after', round);
    expect(await dump()).not.toContain('CANARY');
    expect([await payload('before'), await payload('after')]).toEqual(['{"password":"CANARY-before"}', '{"password":"CANARY-2"}']);
    expect(await give(sealing, 'after', 'CANARY-2')).toMatchObject({ revision: 2, changed: false });
    await expect(createLinkStore({ db: database.db }, { planKey: Buffer.alloc(32, 8) }).latestPlan('after')).rejects.toThrow();
    await sql`update link_plans set payload = (select payload from link_plans where uid = 'before') where uid = 'after'`.execute(
      database.db,
    );
    await expect(payload('after')).rejects.toThrow();
    await sql`delete from link_plans where uid in ('before', 'after')`.execute(database.db);
  });

  test('so are the facts that agents report', async () => {
    const planKey = Buffer.alloc(32, 7);
    const sealing = createLinkStore({ db: database.db }, { planKey });
    await createLinkStore({ db: database.db }).putFacts('before', '{"node":"CANARY-before"}', 1);
    expect(await sealing.facts('before'), 'still read').toEqual({ body: '{"node":"CANARY-before"}', at: 1 });
    await sealLinkData(database, planKey);
    await sealing.putFacts('after', '{"node":"CANARY-1"}', 2);
    await sealing.putFacts('after', '{"node":"CANARY-2"}', 3);
    const rows = await sql<{ body: string }>`select body from link_facts where uid in ('before', 'after')`.execute(database.db);
    expect(rows.rows).toHaveLength(2);
    expect(JSON.stringify(rows.rows)).not.toContain('CANARY');
    expect([await sealing.facts('before'), await sealing.facts('after')]).toEqual([
      { body: '{"node":"CANARY-before"}', at: 1 },
      { body: '{"node":"CANARY-2"}', at: 3 },
    ]);
    await expect(createLinkStore({ db: database.db }, { planKey: Buffer.alloc(32, 8) }).facts('after')).rejects.toThrow();
    await sql`update link_facts set body = (select body from link_facts where uid = 'before') where uid = 'after'`.execute(database.db);
    await expect(sealing.facts('after'), 'of another agent').rejects.toThrow();
    await sql`delete from link_facts where uid in ('before', 'after')`.execute(database.db);
  });

  test('a token is taken by exactly one of many, and a new join takes the place of the one before', async () => {
    await store.addJoinToken({ hash: 'token-1', subject: subject('agents'), expiresAt: 1000 });
    const tries = await Promise.all(
      Array.from({ length: 10 }, (_, n) => store.redeemJoinToken({ tokenHash: 'token-1', credentialHash: `cred-${n}`, now: 10 })),
    );
    const winner = tries.findIndex(({ result }) => result === 'ok');
    expect(tries.filter(({ result }) => result === 'ok')).toEqual([{ result: 'ok', subject: subject('agents') }]);
    expect(await store.credentialSubject(`cred-${winner}`, 0)).toEqual(subject('agents'));
    const again = { tokenHash: 'token-1', credentialHash: `cred-${winner}` };
    expect((await store.redeemJoinToken({ ...again, now: 999 })).result).toBe('ok');
    expect((await store.redeemJoinToken({ ...again, now: 1000 })).result).toBe('expired');

    await store.addJoinToken({ hash: 'token-2', subject: subject('agents'), expiresAt: 1000 });
    expect((await store.redeemJoinToken({ tokenHash: 'token-2', credentialHash: 'newer', now: 20 })).result).toBe('ok');
    expect(await store.credentialSubject(`cred-${winner}`, 0)).toBeUndefined();
    // The older join may not bring its credential back.
    expect((await store.redeemJoinToken({ ...again, now: 30 })).result).toBe('used');
    await store.revokeCredentials('agents');
    expect((await store.redeemJoinToken({ tokenHash: 'token-2', credentialHash: 'newer', now: 40 })).result).toBe('unknown');
    expect(await store.credentialSubject('newer', 0)).toBeUndefined();
  });

  test('expired tokens go, liveness is written in bulk, and forgetting one uid leaves the others', async () => {
    await store.addJoinToken({ hash: 'old', subject: subject('x'), expiresAt: 10 });
    await store.removeExpired(11);
    expect((await store.redeemJoinToken({ tokenHash: 'old', credentialHash: 'c', now: 5 })).result).toBe('unknown');
    const agents = Array.from({ length: 2500 }, (_, n) => ({
      uid: `seen-${n}`,
      lastSeen: 1_700_000_000_000 + n,
      agentVersion: '1',
      planRevision: n,
    }));
    await store.putSeen(agents);
    await store.putSeen([{ ...agents[0]!, planRevision: 99 }]);
    const seen = new Map((await store.allSeen()).map((agent) => [agent.uid, agent]));
    expect(seen.size).toBe(2500);
    expect(seen.get('seen-0')).toEqual({ ...agents[0], planRevision: 99 });
    await store.putFacts('seen-1', '{"a":"ü"}', 1_700_000_000_001);
    await store.putFacts('seen-10', '{}', 2);
    expect(await store.facts('seen-1')).toEqual({ body: '{"a":"ü"}', at: 1_700_000_000_001 });
    await store.forget('seen-1');
    expect(await store.facts('seen-1')).toBeUndefined();
    expect(await store.facts('seen-10')).toEqual({ body: '{}', at: 2 });
    expect((await store.allSeen()).length).toBe(2499);
  });
});
