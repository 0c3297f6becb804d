import { archiveOfPath, type LintProblem, lintPack, readPack } from '@slipway/packs';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished } from '../exit.ts';
import { requireFormat, toYaml } from '../output/format.ts';
import { describePack } from './describe.ts';

export async function lint(deps: CliDeps, path: string, options: { strict: boolean; output: string }): Promise<void> {
  const format = requireFormat(options.output);
  const info = await readPack(await archiveOfPath(path));
  const problems = await lintPack(info);
  const { name, version, kind, digest } = info;
  if (format === 'json') deps.io.data(JSON.stringify({ name, version, kind, digest, problems }, null, 2));
  else if (format === 'yaml') deps.io.data(toYaml({ name, version, kind, digest, problems }));
  else deps.io.data([describePack(info), '', ...problems.map((problem) => lineOf(deps, problem)), sumOf(problems)].join('\n'));
  const errors = problems.some(({ level }) => level === 'error');
  if (errors || (options.strict && problems.length > 0)) throw new Finished(EXIT.failed);
}

const lineOf = ({ io }: CliDeps, { level, field, message }: LintProblem): string =>
  `${io.paint(level === 'error' ? 'red' : 'yellow', level.padEnd(7), 'stdout')}  ${field}: ${message}`;

function sumOf(problems: readonly LintProblem[]): string {
  const errors = problems.filter(({ level }) => level === 'error').length;
  return `${count(errors, 'error')}, ${count(problems.length - errors, 'warning')}`;
}

export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
