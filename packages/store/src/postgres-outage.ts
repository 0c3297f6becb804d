import { messageOf, SlipwayError } from '@slipway/kit';

/** What was asked when the database failed: a connection, something that changes nothing, or something that may. */
export type Purpose = 'connection' | 'read' | 'write';

/**
 * SQLSTATEs of a server that cannot answer now, and has taken back what it was doing: it is shutting down or starting (57P0x), was promoted or demoted (25006), is out of
 * connections, memory or disk (53xxx), waited too long (55P03, 57014), or has ended one of two transactions in each other's way (40001, 40P01).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const TAKEN_BACK = /^(53...|57P0[1235]|57014|55P03|40001|40P01|25006|25P03)$/;
/** connection_exception without protocol_violation, which is a bug. */
const CONNECTION = /^08(000|003|006|001|004)$/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** What node-postgres says without a code. */
const BROKEN = /^(Connection terminated|timeout e(xceeded|xpired)|Query read timeout|read timeout)/;
const NOT_SENT = /is not queryable$|after calling end on the pool$/;

const RETRY_SECONDS = 1;

/**
 * A database that is away for a moment, as the error that says so: "not now" with a time to come back when nothing was done, "it is not known" when a write was on its way. Undefined
 * for every other error, a statement that was refused for what it says among them.
 */
export function outageOf(error: unknown, purpose: Purpose): SlipwayError | undefined {
  const code = codeOf(error);
  const message = messageOf(error);
  if (TAKEN_BACK.test(code) || NOT_SENT.test(message)) return notNow(error);
  if (!CONNECTION.test(code) && !SOCKET.has(code) && !BROKEN.test(message)) return undefined;
  if (purpose !== 'write') return notNow(error);
  return new SlipwayError('Timeout', 'The connection to the database broke: it is not known whether this was done.', {
    cause: error,
    detail: message,
    hint: 'Look at what is there before you try again.',
  });
}

/** Every statement that begins with another word, `with` too, may write. */
export const purposeOf = (text: string): Purpose => (/^\s*select\b/i.test(text) ? 'read' : 'write');

/** What an outage came of, for who cannot wait until it is over. */
export const reasonOf = (error: unknown): string =>
  messageOf(error instanceof SlipwayError && error.cause !== undefined ? error.cause : error);

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

const notNow = (error: unknown): SlipwayError =>
  new SlipwayError('Unavailable', 'The database cannot answer now: nothing was done.', {
    cause: error,
    detail: messageOf(error),
    hint: 'Try again in a moment.',
    retryAfter: RETRY_SECONDS,
  });
