import { type RawBuilder, sql } from 'kysely';

/** A moment, in milliseconds since the epoch, as a parameter of SQL that both engines take. */
export const timestamptz = (ms: number): RawBuilder<unknown> => sql`${new Date(ms).toISOString()}::timestamptz`;
