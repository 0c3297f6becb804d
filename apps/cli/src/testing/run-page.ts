import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { CliHub } from './cli-hub.ts';

const run = promisify(execFile);

export interface PageOptions {
  /** Texts of the page that stand for others in this run. */
  readonly stands?: Readonly<Record<string, string>>;
}

/** What differs from run to run. */
const tidy = (text: string): string =>
  text
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…')
    .replaceAll(/(?<=  )\d+[smhd](?=\s|$)/gm, '…')
    .replaceAll(/[ ]{2,}/g, '  ')
    .trim();

/** Words of the command line as a shell would cut them. */
const wordsOf = (command: string): string[] => (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));

/** Lays out the files that a page of the documentation names and runs its commands one after another; each must say what the page shows, line by line. Gives how many there were. */
export async function runPage(hub: CliHub, page: string, { stands = {} }: PageOptions = {}): Promise<number> {
  const text = await readFile(fileURLToPath(new URL(`../../../../docs/${page}`, import.meta.url)), 'utf8');
  const replaced = (content: string): string => Object.entries(stands).reduce((all, [word, real]) => all.replaceAll(word, real), content);
  const shownAs = (said: string): string => Object.entries(stands).reduce((all, [word, real]) => all.replaceAll(real, word), said);
  let commands = 0;
  for (const [, language, file, content = ''] of text.matchAll(/^```(\w+)(?: ([\w./-]+))?\n([\s\S]*?)^```/gm)) {
    if (file !== undefined) {
      await mkdir(dirname(join(hub.folder, file)), { recursive: true });
      await writeFile(join(hub.folder, file), replaced(content));
    }
    if (language !== 'console') continue;
    for (const [, command = '', shown = ''] of content.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      commands += 1;
      if (!command.startsWith('./slipway ')) {
        await run('/bin/sh', ['-c', command], { cwd: hub.folder });
        continue;
      }
      const args = wordsOf(command.slice('./slipway '.length)).map((word) =>
        /^\.\/|\.(pem|yaml)$/.test(word) ? join(hub.folder, word) : word,
      );
      const output = args.includes('pull') ? ['--output', join(hub.folder, 'hello-1.0.0.tgz')] : [];
      const { out, talk } = await hub.slipway([...args, ...output]);
      const said = tidy(shownAs(`${talk}${out}`).replaceAll(`${hub.folder}/`, ''));
      for (const line of tidy(shown).split('\n')) expect(said, command).toContain(line.trim());
    }
  }
  return commands;
}
