import { SlipwayError } from '@slipway/kit';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { openBytes, sealBytes } from './secrets/aes.ts';

/** Encrypts what is kept about an agent; without a key it stays as it is. */
export interface LinkCipher {
  seal(uid: string, text: string): { text: string; sealed: boolean };
  open(row: { uid: string; text: string; sealed: boolean }): string;
}

/** Bound to its row: what was moved to another does not open. */
export function createLinkCipher(what: 'plan' | 'facts', key: Buffer | undefined): LinkCipher {
  const context = (uid: string): string => `slipway-${what}\n${uid}`;
  return {
    seal: (uid, text) =>
      key === undefined ? { text, sealed: false } : { text: sealBytes(key, Buffer.from(text), context(uid)), sealed: true },
    open({ uid, text, sealed }) {
      if (!sealed) return text;
      if (key === undefined)
        throw new SlipwayError('Internal', `What is stored of an agent (${what}) is encrypted, and there is no key to open it with.`);
      return openBytes(key, text, context(uid)).toString('utf8');
    },
  };
}

/** Encrypts plans and facts that were stored before there was a key for them. */
export async function sealLinkData({ db }: Pick<Database, 'db'>, key: Buffer): Promise<void> {
  const plans = createLinkCipher('plan', key);
  const { rows } = await sql<Row>`select uid, payload as text from link_plans where not sealed and revision > 0`.execute(db);
  for (const { uid, text } of rows)
    await sql`update link_plans set payload = ${plans.seal(uid, text).text}, sealed = true where uid = ${uid} and payload = ${text}`.execute(
      db,
    );
  const facts = createLinkCipher('facts', key);
  const reported = await sql<Row>`select uid, body as text from link_facts where not sealed`.execute(db);
  for (const { uid, text } of reported.rows)
    await sql`update link_facts set body = ${facts.seal(uid, text).text}, sealed = true where uid = ${uid} and body = ${text}`.execute(db);
}

interface Row {
  readonly uid: string;
  readonly text: string;
}
