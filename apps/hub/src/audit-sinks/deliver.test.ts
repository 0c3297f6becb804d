import { generateKeyPairSync } from 'node:crypto';
import { type AuditBody, type AuditFilter, chainVerifier, type ChainedRecord } from '@slipway/model';
import { type AuditBookmarks, type AuditLog, createAuditBookmarks, createAuditLog, createAuditSigner, type Database } from '@slipway/store';
import { createFakeClock, testDatabase, testEngines } from '@slipway/testkit';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Delivery, deliverNext, isWanted, type Place } from './deliver.ts';
import { chainOf } from './records-fixture.ts';
import type { SinkBatch } from './target.ts';

const signer = createAuditSigner(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
const signal = AbortSignal.timeout(120_000);

describe.each(testEngines)('delivery on %s', (engine) => {
  let database: Database;
  let log: AuditLog;
  let bookmarks: AuditBookmarks;
  let count = 0;
  const clock = createFakeClock(Date.parse('2026-11-21T10:00:00Z'));
  beforeAll(async () => {
    database = await testDatabase(engine);
    log = createAuditLog({ database, signer, clock });
    bookmarks = createAuditBookmarks(database);
  }, 60_000);
  afterAll(() => database.close());

  const append = async (tenant: string, many: number, body: Partial<AuditBody> = {}) => {
    for (let n = 0; n < many; n++) {
      const time = new Date(clock.now()).toISOString();
      await log.append(tenant, { time, user: { kind: 'user', name: 'ada' }, verb: 'get', outcome: 'ok', ...body });
    }
  };
  /** As `append`, all at once. */
  const fill = async (tenant: string, upTo: number, from = 1) => {
    const rows = chainOf(upTo)
      .slice(from - 1)
      .map((record) => ({ ...record, tenant, at: (JSON.parse(record.body) as AuditBody).time }));
    await sql`insert into audit_records (tenant, seq, prev, hash, body, at)
      select tenant, seq, prev, hash, body, at from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(tenant text, seq bigint, prev text, hash text, body text, at timestamptz)`.execute(database.db);
    await sql`insert into audit_heads (tenant, seq, prev, hash) values (${tenant}, ${upTo}, '', ${rows.at(-1)?.hash})
      on conflict (tenant) do update set seq = excluded.seq, hash = excluded.hash`.execute(database.db);
  };
  /** A sink that keeps what it got. */
  function sink(options: Partial<Delivery> = {}) {
    const tenant = options.key?.tenant ?? `t${count++}`;
    const got: SinkBatch[] = [];
    const places: Place[] = [];
    const delivery: Delivery = {
      key: { sink: `sink-of-${tenant}`, tenant },
      filter: {},
      start: 'beginning',
      lingerMs: 0,
      onPlace: (place) => void places.push(place),
      target: { send: async (batch) => (got.push(batch), { rejected: 0 }) },
      ...options,
    };
    const next = (deps: Partial<Parameters<typeof deliverNext>[0]> = {}) =>
      deliverNext({ log, bookmarks, clock, ...deps }, delivery, signal);
    const all = async (): Promise<Place> => {
      for (;;) {
        const place = await next();
        if (place.dueInMs !== 0) return place;
      }
    };
    return { tenant, got, places, next, all, delivery, seqs: () => got.flatMap(({ records }) => records.map(({ seq }) => seq)) };
  }
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

  it('gives every record once and in order, a bounded number at a time', async () => {
    const one = sink();
    await fill(one.tenant, 1203);
    expect(await one.all()).toMatchObject({ seq: 1203, lag: 0, delivered: 1203, lost: 0 });
    expect(one.seqs()).toEqual(numbers(1, 1203));
    expect(one.got.map(({ records }) => records.length)).toEqual([500, 500, 203]);
    await append(one.tenant, 2);
    await one.all();
    expect(one.seqs()).toEqual(numbers(1, 1205));
    // Large records: what is in memory is bounded too, and one that is larger than the bound goes alone.
    await append(one.tenant, 4, { reason: 'x'.repeat(400_000) });
    await append(one.tenant, 1, { reason: 'x'.repeat(1_500_000) });
    await one.all();
    expect(one.got.slice(4).map(({ records }) => records.length)).toEqual([2, 2, 1]);
  });

  it('leaves no gap and changes no batch, whatever crashes and whenever', { timeout: 120_000 }, async () => {
    const crash = () => Promise.reject(new Error('killed'));
    const step = fc.constantFrom('append', 'fine', 'before announce', 'before send', 'after send', 'after confirm');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const one = sink();
        for (const what of [...steps, 'fine' as const]) {
          if (what === 'append') {
            await append(one.tenant, 3);
            continue;
          }
          const dying: AuditBookmarks = {
            ...bookmarks,
            announce: what === 'before announce' ? crash : bookmarks.announce,
            confirm: async (...given) => {
              if (what === 'after send') return crash();
              const done = await bookmarks.confirm(...given);
              return what === 'after confirm' ? crash() : done;
            },
          };
          const send = what === 'before send' ? crash : one.delivery.target.send;
          const turn = deliverNext({ log, bookmarks: dying, clock }, { ...one.delivery, target: { send } }, signal);
          await turn.catch((error: unknown) => expect(String(error)).toContain('killed'));
        }
        await one.all();
        const sent = steps.filter((what) => what === 'append').length * 3;
        expect([...new Set(one.seqs())]).toEqual(numbers(1, sent));
        // What came twice is the very same batch: same first, same last.
        const ends = new Map<number, number>();
        for (const { records } of one.got) {
          const [first, last] = [records[0]?.seq ?? 0, records.at(-1)?.seq ?? 0];
          expect(ends.get(first) ?? last).toBe(last);
          ends.set(first, last);
        }
        expect((await one.next()).delivered).toBe(sent);
      }),
      { numRuns: 60 },
    );
  });

  it('lets only one of two replicas go on, should both believe that it is their turn', async () => {
    const one = sink();
    await append(one.tenant, 5);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = deliverNext(
      { log, bookmarks, clock },
      { ...one.delivery, target: { send: () => held.then(() => ({ rejected: 0 })) } },
      signal,
    );
    await expect.poll(() => one.places.length).toBeGreaterThan(0);
    await append(one.tenant, 5);
    await one.all();
    expect(
      one.got.map(({ records }) => records.length),
      'the batch of the other, then the rest',
    ).toEqual([5, 5]);
    release();
    await expect(slow).rejects.toMatchObject({ code: 'Conflict' });
    expect((await one.next()).delivered).toBe(10);
  });

  it('waits for more when that is wanted, but no longer than that', async () => {
    const one = sink({ lingerMs: 60_000 });
    await append(one.tenant, 2);
    await clock.advance(20_000);
    await append(one.tenant, 1);
    expect((await one.next()).dueInMs).toBe(40_000);
    expect(one.got).toEqual([]);
    await clock.advance(40_000);
    await one.all();
    expect(one.seqs()).toEqual([1, 2, 3]);
    await fill(one.tenant, 503, 4);
    expect((await one.next()).seq, 'a full batch does not wait').toBe(503);
  });

  it('begins where it was told to, leaves out what the filter does not want, and counts only the rest', async () => {
    const tenant = `t${count++}`;
    await append(tenant, 3);
    const one = sink({ key: { sink: 'filtered', tenant }, start: 'now', filter: { outcomes: ['denied'], resources: ['secrets'] } });
    await one.all();
    await append(tenant, 2, { outcome: 'denied', object: { resource: 'clusters' } });
    await append(tenant, 1, { outcome: 'denied', object: { resource: 'secrets' } });
    await append(tenant, 2);
    expect(await one.all()).toMatchObject({ seq: 8, lag: 0, delivered: 1 });
    expect(one.seqs()).toEqual([6]);
  });

  it('keeps retention from what is still to be sent, and says how much was lost when it is taken all the same', async () => {
    const one = sink();
    await append(one.tenant, 6);
    await sql`insert into objects (tenant, kind, project, name, uid, resource_version, generation, created_at, labels, metadata, spec)
      values (${one.tenant}, 'AuditSink', '', 's', ${one.delivery.key.sink}, 1, 1, '', '{}', '{}', '{"start":"beginning"}')`.execute(
      database.db,
    );
    expect((await bookmarks.delivered()).get(one.tenant), 'a sink that has not begun needs all').toBe(0);
    await expect(one.next({ bookmarks: { ...bookmarks, confirm: () => Promise.reject(new Error('killed')) } })).rejects.toThrow('killed');
    expect((await bookmarks.delivered()).get(one.tenant)).toBe(0);
    await clock.advance(86_400_000);
    await append(one.tenant, 2);
    await log.prune(new Date(clock.now() - 1000).toISOString());
    const place = await one.all();
    expect(one.seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(place, 'sent, but never confirmed').toMatchObject({ lost: 6, delivered: 2 });
    await append(one.tenant, 3);
    await clock.advance(86_400_000);
    await append(one.tenant, 1);
    await log.prune(new Date(clock.now() - 1000).toISOString());
    expect(await one.all()).toMatchObject({ seq: 12, lost: 9, delivered: 3 });
    await sql`delete from objects where uid = ${one.delivery.key.sink}`.execute(database.db);
    await bookmarks.prune();
    expect((await bookmarks.open(one.delivery.key, 0)).seq, 'a place goes with its sink').toBe(0);
  });

  it('does not hold records that come in while it sends: a sink that hangs slows nobody', async () => {
    const one = sink({
      target: { send: (_batch, stop) => new Promise((_resolve, reject) => stop.addEventListener('abort', () => reject(stop.reason))) },
    });
    await append(one.tenant, 1);
    const stop = new AbortController();
    const hanging = deliverNext({ log, bookmarks, clock }, one.delivery, stop.signal);
    await expect.poll(() => one.places.length).toBeGreaterThan(0);
    await append(one.tenant, 50);
    expect((await log.head(one.tenant))?.seq).toBe(51);
    stop.abort(new Error('stopped'));
    await expect(hanging).rejects.toThrow('stopped');
    expect(one.places.at(-1)?.lag).toBe(1);
  });

  it('what was delivered verifies as the chain it is', async () => {
    const one = sink();
    await append(one.tenant, 40);
    await one.all();
    const verifier = chainVerifier({ tenant: one.tenant, checkpoints: [], keys: {} });
    for (const { records } of one.got) for (const record of records as ChainedRecord[]) verifier.add(record);
    expect(verifier.end()).toMatchObject({ ok: true, records: 40 });
  });
});

it.each<[AuditFilter, boolean]>([
  [{}, true],
  [{ verbs: ['create', 'get'] }, true],
  [{ verbs: ['create'] }, false],
  [{ verbs: ['get'], users: ['bob'] }, false],
  [{ projects: ['shop'] }, false],
  [{ outcomes: [] }, false],
])('the filter %j lets a get without an object through: %s', (filter, wanted) => {
  const body: AuditBody = { time: '', user: { kind: 'user', name: 'ada' }, verb: 'get', outcome: 'ok' };
  expect(isWanted(filter, body)).toBe(wanted);
});
