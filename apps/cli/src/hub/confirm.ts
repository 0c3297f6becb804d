import type { CliDeps } from '../command.ts';
import { EXIT, Finished, UsageError } from '../exit.ts';

/** Asks for the object's name before something that cannot be undone; without a terminal `--yes` is needed. */
export async function confirmByName(deps: Pick<CliDeps, 'io'>, what: { question: string; name: string; yes: boolean }): Promise<void> {
  if (what.yes) return;
  if (!deps.io.interactive) throw new UsageError(`${what.question} needs a confirmation`, 'There is no terminal to ask on: add --yes.');
  const answer = await deps.io.ask(`${what.question} Type "${what.name}" to go on: `);
  if (answer === what.name) return;
  deps.io.say('Not confirmed: nothing was changed.');
  throw new Finished(EXIT.failed);
}

/** A yes/no question; no is the default. */
export async function confirm(deps: Pick<CliDeps, 'io'>, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!deps.io.interactive) throw new UsageError('this needs a confirmation', 'There is no terminal to ask on: add --yes.');
  const answer = await deps.io.ask(`${question} [y/N] `);
  if (/^y(es)?$/i.test(answer)) return;
  deps.io.say('Not confirmed: nothing was changed.');
  throw new Finished(EXIT.failed);
}
