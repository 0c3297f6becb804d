import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';

/** The lines of standard input, or undefined when they are not to be read: passwords never come as arguments, where others could see them. */
export async function passwordLines(deps: CliDeps, fromStdin: boolean | undefined, count: number): Promise<string[] | undefined> {
  if (!fromStdin) return undefined;
  const lines = (await deps.io.readStdin()).replace(/\r?\n$/, '').split(/\r?\n/);
  if (lines.length !== count || lines.includes(''))
    throw new UsageError(`standard input must be ${count === 1 ? 'one line' : `${count} lines`}`, 'One password on each line.');
  return lines;
}

/** Asks without showing what is typed. */
export async function askPassword(deps: CliDeps, question: string): Promise<string> {
  if (!deps.io.interactive) throw new UsageError('there is no terminal to ask for the password', 'Use --password-stdin.');
  const password = await deps.io.askSecret(question);
  if (password === '') throw new UsageError('the password is empty');
  return password;
}

/** A new password, twice. */
export async function askNewPassword(deps: CliDeps): Promise<string> {
  const password = await askPassword(deps, 'New password: ');
  if ((await askPassword(deps, 'The same again: ')) === password) return password;
  throw new UsageError('the two passwords are not the same');
}
