import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { canonicalJson, SlipwayError } from '@slipway/kit';
import type { SecretValues } from '@slipway/model';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Database } from '../database.ts';
import { openBytes, sealBytes } from './aes.ts';
import type { KeyProvider } from './key-provider.ts';

/** Whose secrets: bound into the encryption, so that an envelope moved to another object does not open. */
export interface SecretOwner {
  readonly tenant: string;
  readonly kind: string;
  readonly project: string;
  readonly name: string;
  readonly uid: string;
}

export interface Sealed {
  readonly keyId: string;
  /** JSON for the envelope column. */
  readonly envelope: string;
}

const envelopeSchema = z.object({ v: z.literal(1), wrapped: z.string(), data: z.string() });
type Envelope = z.infer<typeof envelopeSchema>;

export interface VaultKey {
  readonly id: string;
  readonly primary: boolean;
  /** Envelopes wrapped with it. */
  readonly used: number;
  readonly createdAt: string | undefined;
}

/** Envelope encryption of secret values: a data key for each object, wrapped by a key of the provider. */
export interface Vault {
  seal(owner: SecretOwner, values: SecretValues): Promise<Sealed>;
  /** The secrets of an object in clear; empty when it has none. */
  open(owner: SecretOwner): Promise<SecretValues>;
  /** A key for things that are no object's secrets, made when it is asked for first. The caller keeps it in memory: what it protects must not wait for a key service. */
  dataKey(name: string): Promise<Buffer>;
  /** Says exactly which key is missing or wrong, before anything is served. */
  check(): Promise<void>;
  keys(): Promise<readonly VaultKey[]>;
  /** Makes a new primary key. Wrapping everything anew is `rewrap`. */
  rotate(): Promise<string>;
  /** Wraps data keys that an older key wraps with the primary one, a batch at a time, while the hub serves. Rejects with the signal's reason when aborted. */
  rewrap(signal?: AbortSignal): Promise<{ readonly rewrapped: number; readonly left: number }>;
  /** Looks for keys again: another replica rotated. */
  reload(): Promise<void>;
  /** Forgets a key that nothing needs any more. */
  retire(id: string): Promise<void>;
}

const CHECK_CONTEXT = 'slipway-encryption-key-check';
const CHECK_TEXT = Buffer.from('slipway');
const BATCH = 50;

const contextOf = ({ tenant, kind, project, name, uid }: SecretOwner): string =>
  canonicalJson({ type: 'slipway-secret', tenant, kind, project, name, uid });

const dataKeyContext = (name: string): string => canonicalJson({ type: 'slipway-data-key', name });

interface DataKeyRow {
  readonly name: string;
  readonly key_id: string;
  readonly wrapped: string;
}

interface EnvelopeRow extends SecretOwner {
  readonly key_id: string;
  readonly envelope: unknown;
}

/** Whether a database has never seen a key: only then may one be made. */
export async function hasNoKeys(database: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from encryption_keys limit 1`.execute(database.db);
  return rows.length === 0;
}

export function createVault(deps: { database: Database; keys: KeyProvider }): Vault {
  const { database, keys } = deps;
  const { db } = database;

  const unwrap = async (keyId: string, envelope: Pick<Envelope, 'wrapped'>, context: string): Promise<Buffer> => {
    // A key that another replica has just added.
    if (keys.listsAll !== false && !(await keys.keyIds()).includes(keyId)) await keys.reload();
    return keys.unwrap({ keyId, wrapped: envelope.wrapped }, context);
  };
  /** Records a key before anything is wrapped with it, so that its loss is noticed even while nothing uses it. */
  const ledger = async (): Promise<void> => {
    const dataKey = randomBytes(32);
    const { keyId, wrapped } = await keys.wrap(dataKey, CHECK_CONTEXT);
    const value: Envelope = { v: 1, wrapped, data: sealBytes(dataKey, CHECK_TEXT, CHECK_CONTEXT) };
    await sql`insert into encryption_keys (id, check_value) values (${keyId}, ${JSON.stringify(value)}::jsonb)
      on conflict (id) do nothing`.execute(db);
    recorded.add(keyId);
  };
  const recorded = new Set<string>();
  /** Wraps; a key that the service has made meanwhile is recorded first. */
  const wrap: KeyProvider['wrap'] = async (dataKey, context) => {
    const made = await keys.wrap(dataKey, context);
    if (keys.listsAll === false && !recorded.has(made.keyId)) await ledger();
    return made;
  };
  const used = async (): Promise<Map<string, number>> => {
    const { rows } = await sql<{ key_id: string; used: string | number }>`
      select key_id, count(*) as used from (select key_id from secret_values union all select key_id from data_keys) k group by key_id`.execute(
      db,
    );
    return new Map(rows.map((row) => [row.key_id, Number(row.used)]));
  };
  const rewrapOne = async (row: EnvelopeRow): Promise<void> => {
    const context = contextOf(row);
    const envelope = envelopeSchema.parse(row.envelope);
    const dataKey = await unwrap(row.key_id, envelope, context);
    const { keyId, wrapped } = await wrap(dataKey, context);
    // Only if nobody wrote new values meanwhile: those are under the new key already.
    await sql`update secret_values set key_id = ${keyId}, envelope = ${JSON.stringify({ ...envelope, wrapped })}::jsonb
      where tenant = ${row.tenant} and uid = ${row.uid} and key_id = ${row.key_id} and envelope = ${JSON.stringify(row.envelope)}::jsonb`.execute(
      db,
    );
  };

  const rewrapDataKeys = async (primary: string): Promise<void> => {
    const { rows } = await sql<DataKeyRow>`select name, key_id, wrapped from data_keys where key_id <> ${primary}`.execute(db);
    for (const row of rows) {
      const context = dataKeyContext(row.name);
      const { keyId, wrapped } = await wrap(await unwrap(row.key_id, row, context), context);
      await sql`update data_keys set key_id = ${keyId}, wrapped = ${wrapped} where name = ${row.name} and wrapped = ${row.wrapped}`.execute(
        db,
      );
    }
  };

  return {
    async seal(owner, values) {
      const context = contextOf(owner);
      const dataKey = randomBytes(32);
      const { keyId, wrapped } = await wrap(dataKey, context);
      const envelope: Envelope = { v: 1, wrapped, data: sealBytes(dataKey, Buffer.from(JSON.stringify(values)), context) };
      dataKey.fill(0);
      return { keyId, envelope: JSON.stringify(envelope) };
    },
    async open(owner) {
      const { rows } = await sql<{ key_id: string; envelope: unknown }>`
        select key_id, envelope from secret_values where tenant = ${owner.tenant} and uid = ${owner.uid}`.execute(db);
      const row = rows[0];
      if (row === undefined) return {};
      const context = contextOf(owner);
      const envelope = envelopeSchema.parse(row.envelope);
      const dataKey = await unwrap(row.key_id, envelope, context);
      try {
        return JSON.parse(openBytes(dataKey, envelope.data, context).toString('utf8')) as SecretValues;
      } catch (cause) {
        throw new SlipwayError('Internal', `The stored secrets of ${owner.kind} "${owner.name}" are damaged or belong to another object.`, {
          hint: 'Write them anew; restore the database from a backup if this is so for many.',
          cause,
        });
      } finally {
        dataKey.fill(0);
      }
    },
    async dataKey(name) {
      const context = dataKeyContext(name);
      const read = async () =>
        (await sql<DataKeyRow>`select name, key_id, wrapped from data_keys where name = ${name}`.execute(db)).rows[0];
      if ((await read()) === undefined) {
        const { keyId, wrapped } = await wrap(randomBytes(32), context);
        // Of two replicas that start together, both take the one that was first.
        await sql`insert into data_keys (name, key_id, wrapped) values (${name}, ${keyId}, ${wrapped}) on conflict do nothing`.execute(db);
      }
      const row = (await read()) as DataKeyRow;
      return unwrap(row.key_id, row, context);
    },
    async check() {
      const have = new Set(await keys.keyIds());
      const { rows } = await sql<{ id: string; check_value: unknown }>`
        select id, check_value from encryption_keys order by created_at`.execute(db);
      const counts = await used();
      for (const { id, check_value } of rows) {
        if (!have.has(id)) {
          const count = counts.get(id) ?? 0;
          // A key that nothing needs may go without being retired first.
          if (count === 0) continue;
          if (keys.listsAll !== false)
            throw new SlipwayError('Host', `Encryption key ${id} is missing from ${keys.where}: ${count} stored secrets need it.`, {
              hint: 'Put the key back (from the backup of the hub’s keys directory, or into SLIPWAY_ENCRYPTION_KEYS), then start again. Nothing was changed.',
            });
        }
        const envelope = envelopeSchema.parse(check_value);
        const dataKey = await keys.unwrap({ keyId: id, wrapped: envelope.wrapped }, CHECK_CONTEXT);
        openBytes(dataKey, envelope.data, CHECK_CONTEXT);
      }
      await ledger();
    },
    async reload() {
      recorded.clear();
      await keys.reload();
    },
    async keys() {
      const [ids, primary, counts] = [await keys.keyIds(), await keys.primary(), await used()];
      const { rows } = await sql<{ id: string; created_at: Date }>`select id, created_at from encryption_keys`.execute(db);
      const created = new Map(rows.map((row) => [row.id, new Date(row.created_at).toISOString()]));
      const all = keys.listsAll === false ? [...new Set([...ids, ...created.keys()])] : ids;
      return all.map((id) => ({ id, primary: id === primary, used: counts.get(id) ?? 0, createdAt: created.get(id) }));
    },
    async rotate() {
      if (keys.addKey === undefined) {
        throw new SlipwayError('BadRequest', `The keys come from ${keys.where}: a new one is made there.`, {
          hint:
            keys.listsAll === false
              ? 'Rotate it there, then: slipway keys rewrap'
              : 'Put the new key first and restart the hub, then: slipway keys rewrap',
        });
      }
      const id = await keys.addKey();
      await ledger();
      return id;
    },
    async rewrap(signal) {
      const primary = await keys.primary();
      let rewrapped = 0;
      for (let after = ''; ;) {
        signal?.throwIfAborted();
        const { rows } = await sql<EnvelopeRow>`
          select s.tenant, s.uid, s.key_id, s.envelope, o.kind, o.project, o.name from secret_values s
          join objects o on o.tenant = s.tenant and o.uid = s.uid
          where s.key_id <> ${primary} and s.uid > ${after} order by s.uid limit ${BATCH}`.execute(db);
        for (const row of rows) {
          await rewrapOne(row);
          rewrapped++;
          // The embedded database answers without leaving the event loop's turn: others would wait for the whole batch.
          await setImmediate();
        }
        const last = rows.at(-1);
        if (last === undefined) break;
        after = last.uid;
      }
      await rewrapDataKeys(primary);
      const left = [...(await used())].reduce((sum, [id, count]) => sum + (id === primary ? 0 : count), 0);
      return { rewrapped, left };
    },
    async retire(id) {
      const count = (await used()).get(id) ?? 0;
      if (id === (await keys.primary()))
        throw new SlipwayError('Conflict', `Key ${id} is the one new secrets are encrypted with.`, {
          hint: 'Rotate first: slipway keys rotate',
        });
      const { rows: known } = await sql`select 1 from encryption_keys where id = ${id}`.execute(db);
      if (known.length === 0 && !(await keys.keyIds()).includes(id))
        throw new SlipwayError('NotFound', `There is no key ${id} in ${keys.where}.`);
      const needed = new SlipwayError('Conflict', `Key ${id} is still needed by ${count || 'some'} stored secrets.`, {
        hint: 'Wrap them with the new key first: slipway keys rewrap',
      });
      if (count > 0) throw needed;
      // The row is named by every envelope: a write that comes between counting and deleting makes this fail.
      await sql`delete from encryption_keys where id = ${id}`.execute(db).catch((error: unknown) => {
        throw isForeignKey(error) ? needed : error;
      });
      recorded.delete(id);
      await keys.removeKey?.(id);
    },
  };
}

/** PostgreSQL's code for a row that others refer to, or that refers to none. */
export const isForeignKey = (error: unknown): boolean => (error as { code?: string } | null)?.code === '23503';
