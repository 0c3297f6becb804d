import { messageOf, SlipwayError } from '@slipway/kit';
import { Detached, Finished, UsageError } from '../exit.ts';
import type { Io } from './io.ts';

/** The typed client keeps the request id of an answer in the error's detail: an operator finds the request by it in the hub's log. */
function requestIdOf(error: Error): string | undefined {
  return error instanceof SlipwayError ? /^request (\S+)$/.exec(error.detail ?? '')?.[1] : undefined;
}

const LONGEST = 2000;

/** A program's whole output may have become part of a message: its beginning and its end say what happened. */
const shorten = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)}\n…\n${text.slice(-LONGEST / 2)}`);

/** Cause, next step, request id: what a failed command says. */
export function explainError(error: unknown): string[] {
  if (error instanceof Finished) return [];
  if (error instanceof Detached) return [error.message];
  if (!(error instanceof Error)) return [`error: ${messageOf(error)}`];
  const id = requestIdOf(error);
  const lines = [`error: ${shorten(messageOf(error))}${id ? ` (request ${id})` : ''}`];
  if (error instanceof SlipwayError) {
    for (const cause of error.causes) lines.push(`  ${cause.field ? `${cause.field}: ` : ''}${cause.message}`);
  }
  if ((error instanceof SlipwayError || error instanceof UsageError) && error.hint) lines.push(`  What to do: ${error.hint}`);
  return lines;
}

export function printError(io: Io, error: unknown, debug: boolean): void {
  const [first, ...rest] = explainError(error);
  if (first === undefined) return;
  io.say(first.startsWith('error:') ? io.paint('red', 'error:') + first.slice('error:'.length) : first);
  for (const line of rest) io.say(line);
  if (!debug || !(error instanceof Error)) return;
  if (error instanceof SlipwayError && error.detail) io.say(`  detail: ${error.detail}`);
  for (let current: unknown = error; current instanceof Error; current = current.cause) io.say(current.stack ?? current.message);
}
