import type { LinkStore, LinkSubject, PublishInput, Redeemed, StoredPlan } from '@slipway/link';
import type { SignedPlan } from '@slipway/model';
import type { Generated, Kysely, Selectable, Transaction } from 'kysely';
import type { Database } from './database.ts';
import { createLinkCipher, type LinkCipher } from './link-cipher.ts';
import { createRemembered, nothingRemembered } from './remembered.ts';

interface SubjectColumns {
  uid: string;
  kind: 'cluster' | 'gateway';
  name: string;
  project: string | null;
}

/** bigint columns come back as text from PostgreSQL and as numbers from PGlite. */
type Bigint = number | string;

type LinkTables = {
  link_plans: {
    uid: string;
    revision: Bigint;
    floor: Generated<Bigint>;
    content_hash: string;
    payload: string;
    hash: string;
    signature: string;
    key_id: string;
    sealed: Generated<boolean>;
  };
  link_facts: { uid: string; body: string; received_at: Bigint; sealed: Generated<boolean> };
  link_join_tokens: SubjectColumns & { hash: string; expires_at: Bigint; credential_hash: string | null };
  link_credentials: SubjectColumns & { hash: string; created_at: Bigint; expires_at: Generated<Bigint | null> };
  link_agents: { uid: string; last_seen: Bigint; agent_version: string; plan_revision: Bigint };
};

/** Rows written by one statement, below PostgreSQL's bound of 65,535 parameters. */
const BATCH = 1000;

/** Characters of plans, and of facts, that are kept in memory besides the embedded database. */
const REMEMBERED = 8 * 1024 * 1024;
/** Credentials whose agents are known without asking. */
const REMEMBERED_SUBJECTS = 10_000;

interface KnownPlan extends StoredPlan {
  readonly contentHash: string;
}
interface KnownCredential {
  readonly subject: LinkSubject;
  readonly expiresAt: number;
}
interface KnownFacts {
  readonly body: string;
  readonly at: number;
}

export interface LinkStoreOptions {
  /** Plans hold what charts are given, passwords included, and facts what runs where: with this key they are encrypted. */
  readonly planKey?: Buffer;
}

/** What the link keeps, in SQL: plans with their revisions, facts, hashed join tokens and credentials, liveness. */
export function createLinkStore(database: Pick<Database, 'db' | 'known'>, { planKey }: LinkStoreOptions = {}): LinkStore {
  const cipher = createLinkCipher('plan', planKey);
  const factsCipher = createLinkCipher('facts', planKey);
  const db = database.db.withTables<LinkTables>();
  const remembered = <T>(most: number, weigh: (value: T) => number) =>
    database.known === undefined ? nothingRemembered<T>() : createRemembered<T>(most, weigh);
  const plans = remembered<KnownPlan>(REMEMBERED, ({ signed }) => signed.payload.length);
  const facts = remembered<KnownFacts>(REMEMBERED, ({ body }) => body.length);
  const subjects = remembered<KnownCredential>(REMEMBERED_SUBJECTS, () => 1);
  const latestPlan = (uid: string): Promise<KnownPlan | undefined> =>
    plans.read(uid, async () => {
      const row = await db.selectFrom('link_plans').selectAll().where('uid', '=', uid).executeTakeFirst();
      return row && planOf(row, cipher);
    });
  return {
    async publishPlan(input) {
      // Most runs of a controller find that nothing is new: told without a transaction.
      const before = await latestPlan(input.uid);
      if (before?.contentHash === input.contentHash) return { ...before, changed: false };
      const published = await plans.write(
        input.uid,
        async () =>
          (before && (await publishNext(db, input, { before, cipher }))) ??
          (await db.transaction().execute((trx) => publish(trx, input, cipher))),
        ({ plan }) => plan,
      );
      return { ...published.plan, changed: published.changed };
    },
    latestPlan,
    raiseRevisionFloor: (uid, revision) =>
      db.transaction().execute(async (trx) => {
        const row = await lockPlan(trx, uid);
        if (Number(row.floor) >= revision) return;
        await trx.updateTable('link_plans').set({ floor: revision }).where('uid', '=', uid).execute();
      }),
    putFacts: async (uid, body, at) => {
      const { text, sealed } = factsCipher.seal(uid, body);
      const row = { body: text, sealed, received_at: at };
      const insert = db
        .insertInto('link_facts')
        .values({ uid, ...row })
        .onConflict((conflict) => conflict.column('uid').doUpdateSet(row));
      await facts.write(
        uid,
        () => insert.execute(),
        () => ({ body, at }),
      );
    },
    facts: (uid) =>
      facts.read(uid, async () => {
        const row = await db.selectFrom('link_facts').select(['body', 'received_at', 'sealed']).where('uid', '=', uid).executeTakeFirst();
        return row && { body: factsCipher.open({ uid, text: row.body, sealed: row.sealed }), at: Number(row.received_at) };
      }),
    addJoinToken: async ({ hash, subject, expiresAt }) => {
      await db
        .insertInto('link_join_tokens')
        .values({ hash, ...columnsOf(subject), expires_at: expiresAt, credential_hash: null })
        .execute();
    },
    redeemJoinToken: (input) => subjects.writeAny(() => db.transaction().execute((trx) => redeem(trx, input))),
    credentialSubject: async (hash, now) => {
      const known = await subjects.read(hash, async () => {
        const row = await db.selectFrom('link_credentials').selectAll().where('hash', '=', hash).executeTakeFirst();
        return row && { subject: subjectOf(row), expiresAt: row.expires_at === null ? Number.POSITIVE_INFINITY : Number(row.expires_at) };
      });
      return known !== undefined && known.expiresAt > now ? known.subject : undefined;
    },
    rotateCredential: (input) => subjects.writeAny(() => db.transaction().execute((trx) => rotate(trx, input))),
    revokeCredentials: (uid) => subjects.writeAny(() => db.transaction().execute((trx) => revoke(trx, uid))),
    putSeen: async (agents) => {
      for (let start = 0; start < agents.length; start += BATCH) {
        const rows = agents.slice(start, start + BATCH).map((agent) => ({
          uid: agent.uid,
          last_seen: agent.lastSeen,
          agent_version: agent.agentVersion,
          plan_revision: agent.planRevision,
        }));
        await db
          .insertInto('link_agents')
          .values(rows)
          .onConflict((conflict) =>
            conflict.column('uid').doUpdateSet((eb) => ({
              last_seen: eb.ref('excluded.last_seen'),
              agent_version: eb.ref('excluded.agent_version'),
              plan_revision: eb.ref('excluded.plan_revision'),
            })),
          )
          .execute();
      }
    },
    allSeen: async () => {
      const rows = await db.selectFrom('link_agents').selectAll().execute();
      return rows.map((row) => ({
        uid: row.uid,
        lastSeen: Number(row.last_seen),
        agentVersion: row.agent_version,
        planRevision: Number(row.plan_revision),
      }));
    },
    forget: (uid) => {
      const run = () =>
        db.transaction().execute(async (trx) => {
          await revoke(trx, uid);
          await trx.deleteFrom('link_plans').where('uid', '=', uid).execute();
          await trx.deleteFrom('link_facts').where('uid', '=', uid).execute();
          await trx.deleteFrom('link_agents').where('uid', '=', uid).execute();
        });
      const gone = () => undefined;
      return subjects.writeAny(() => plans.write(uid, () => facts.write(uid, run, gone), gone));
    },
    removeExpired: async (now) => {
      await db.deleteFrom('link_join_tokens').where('expires_at', '<', now).execute();
      await db.deleteFrom('link_credentials').where('expires_at', '<', now).execute();
    },
  };
}

/** The row of a uid, made if absent, locked until the transaction ends: two publishers get two revisions. */
async function lockPlan(trx: Transaction<LinkTables>, uid: string): Promise<Selectable<LinkTables['link_plans']>> {
  await trx
    .insertInto('link_plans')
    .values({ uid, revision: 0, content_hash: '', payload: '', hash: '', signature: '', key_id: '' })
    .onConflict((conflict) => conflict.column('uid').doNothing())
    .execute();
  return trx.selectFrom('link_plans').selectAll().where('uid', '=', uid).forUpdate().executeTakeFirstOrThrow();
}

/** One statement instead of a transaction of five, for the common case: nobody published since `before` was read, and no restored hub raised the floor. */
async function publishNext(
  db: Kysely<LinkTables>,
  { uid, contentHash, sign }: PublishInput,
  { before, cipher }: { before: KnownPlan; cipher: LinkCipher },
): Promise<{ plan: KnownPlan; changed: boolean } | undefined> {
  const revision = before.revision + 1;
  const signed = sign(revision);
  const updated = await db
    .updateTable('link_plans')
    .set({ revision, content_hash: contentHash, ...columnsOfPlan(uid, signed, cipher) })
    .where('uid', '=', uid)
    .where('revision', '=', before.revision)
    .where('floor', '<=', before.revision)
    .returning('uid')
    .executeTakeFirst();
  return updated && { plan: { revision, signed, contentHash }, changed: true };
}

async function publish(
  trx: Transaction<LinkTables>,
  input: PublishInput,
  cipher: LinkCipher,
): Promise<{ plan: KnownPlan; changed: boolean }> {
  const { uid, contentHash, sign } = input;
  const row = await lockPlan(trx, uid);
  const before = planOf(row, cipher);
  if (before?.contentHash === contentHash) return { plan: before, changed: false };
  const revision = Math.max(Number(row.revision), Number(row.floor)) + 1;
  const signed = sign(revision);
  await trx
    .updateTable('link_plans')
    .set({ revision, content_hash: contentHash, ...columnsOfPlan(uid, signed, cipher) })
    .where('uid', '=', uid)
    .execute();
  return { plan: { revision, signed, contentHash }, changed: true };
}

const sealedPayload = (cipher: LinkCipher, uid: string, payload: string) => {
  const { text, sealed } = cipher.seal(uid, payload);
  return { payload: text, sealed };
};

const columnsOfPlan = (uid: string, { payload, hash, signature, keyId }: SignedPlan, cipher: LinkCipher) => ({
  ...sealedPayload(cipher, uid, payload),
  hash,
  signature,
  key_id: keyId,
});

function planOf(row: Selectable<LinkTables['link_plans']>, cipher: LinkCipher): KnownPlan | undefined {
  const revision = Number(row.revision);
  if (revision === 0) return undefined;
  return {
    revision,
    contentHash: row.content_hash,
    signed: {
      payload: cipher.open({ uid: row.uid, text: row.payload, sealed: row.sealed }),
      hash: row.hash,
      signature: row.signature,
      keyId: row.key_id,
    },
  };
}

async function redeem(trx: Transaction<LinkTables>, input: { tokenHash: string; credentialHash: string; now: number }): Promise<Redeemed> {
  const token = await trx.selectFrom('link_join_tokens').selectAll().where('hash', '=', input.tokenHash).forUpdate().executeTakeFirst();
  if (!token) return { result: 'unknown' };
  if (Number(token.expires_at) <= input.now) return { result: 'expired' };
  const subject = subjectOf(token);
  if (token.credential_hash !== null) {
    if (token.credential_hash !== input.credentialHash) return { result: 'used' };
    // A repeat of a join whose answer was lost. If the credential was revoked since, the repeat must not bring it back.
    const alive = await trx.selectFrom('link_credentials').select('hash').where('hash', '=', input.credentialHash).executeTakeFirst();
    return alive ? { result: 'ok', subject } : { result: 'used' };
  }
  // A credential that somebody holds already may not be bound a second time, to another uid.
  const taken = await trx.selectFrom('link_credentials').select('hash').where('hash', '=', input.credentialHash).executeTakeFirst();
  if (taken) return { result: 'used' };
  await trx.updateTable('link_join_tokens').set({ credential_hash: input.credentialHash }).where('hash', '=', input.tokenHash).execute();
  await trx.deleteFrom('link_credentials').where('uid', '=', subject.uid).execute();
  await trx
    .insertInto('link_credentials')
    .values({ hash: input.credentialHash, ...columnsOf(subject), created_at: input.now })
    .execute();
  return { result: 'ok', subject };
}

async function rotate(
  trx: Transaction<LinkTables>,
  input: { credentialHash: string; nextHash: string; now: number; overlapMs: number },
): Promise<'ok' | 'unknown' | 'taken'> {
  const { credentialHash, nextHash, now } = input;
  const old = await trx.selectFrom('link_credentials').selectAll().where('hash', '=', credentialHash).forUpdate().executeTakeFirst();
  if (!old || (old.expires_at !== null && Number(old.expires_at) <= now)) return 'unknown';
  const next = await trx.selectFrom('link_credentials').selectAll().where('hash', '=', nextHash).executeTakeFirst();
  // A repeat whose answer was lost. What was replaced itself must not come back, nor end what replaced it.
  if (next) return next.uid === old.uid && next.expires_at === null ? 'ok' : 'taken';
  if (old.expires_at !== null) return 'taken';
  const subject = columnsOf(subjectOf(old));
  await trx
    .insertInto('link_credentials')
    .values({ hash: nextHash, ...subject, created_at: now })
    .execute();
  const ends = now + input.overlapMs;
  await trx.updateTable('link_credentials').set({ expires_at: ends }).where('hash', '=', credentialHash).execute();
  return 'ok';
}

/** Open join tokens go too: a revoked agent must not come back by a token issued before. */
async function revoke(trx: Kysely<LinkTables>, uid: string): Promise<void> {
  await trx.deleteFrom('link_credentials').where('uid', '=', uid).execute();
  await trx.deleteFrom('link_join_tokens').where('uid', '=', uid).execute();
}

const columnsOf = (subject: LinkSubject): SubjectColumns => ({
  uid: subject.uid,
  kind: subject.kind,
  name: subject.name,
  project: subject.project ?? null,
});

const subjectOf = (row: SubjectColumns): LinkSubject => ({
  kind: row.kind,
  uid: row.uid,
  name: row.name,
  ...(row.project === null ? {} : { project: row.project }),
});
