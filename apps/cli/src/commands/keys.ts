import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { Finished } from '../exit.ts';

export function register(program: Command, deps: CliDeps): void {
  const keys = program
    .command('keys')
    .description('Keys that the secrets of the hub on this machine are encrypted with. Asks the running hub over its local socket.')
    .addHelpText('after', `\nExamples:\n  ${deps.self} keys list\n  ${deps.self} keys rotate\n  ${deps.self} keys retire k-0123456789ab`);
  const actions = [
    ['list', 'Keys, which one is used for new secrets, and how many secrets need each.', []],
    ['rotate', 'Make a new key and wrap every secret with it, while the hub serves.', []],
    [
      'rewrap',
      'Wrap secrets that an older key wraps with the newest one: after a rotation that was interrupted or made in the environment.',
      [],
    ],
    ['retire', 'Forget a key that nothing needs any more.', ['<id>']],
  ] as const;
  for (const [name, description, words] of actions) {
    const command = keys.command(name).description(description);
    for (const word of words) command.argument(word);
    command.action(async (...given: unknown[]) => ask(deps, [name, ...given.slice(0, words.length).map(String)]));
  }
}

async function ask(deps: CliDeps, words: readonly string[]): Promise<void> {
  const [{ run }, { planePaths }, { join }] = await Promise.all([import('@slipway/kit'), import('../plane/paths.ts'), import('node:path')]);
  const { home } = planePaths(deps.env);
  const args = [join(deps.root, 'apps/hub/src/main.ts'), 'keys', ...words, '--home', home];
  const result = await run(process.execPath, args, {
    as: `the hub’s keys ${words[0]}`,
    allow: [1, 10],
    env: deps.env,
    signal: deps.signal,
  });
  if (result.stdout !== '') deps.io.data(result.stdout.trimEnd());
  if (result.stderr !== '') deps.io.say(result.stderr.trimEnd());
  if (result.code !== 0) throw new Finished(result.code === 10 ? 10 : 1);
}
