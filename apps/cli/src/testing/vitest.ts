import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliDeps } from '../command.ts';
import { addUp, type Counts, countsOf, NO_COUNTS, type VitestReport } from './counts.ts';
import { MOST_SECOND_TRIES, type SecondTry } from './second-tries.ts';

/** Parts of paths, and part of a test's name. */
export interface TestSelection {
  readonly filters: readonly string[];
  readonly testName?: string;
}

export interface VitestRun {
  readonly project: 'unit' | 'console' | 'root' | 'cluster';
  readonly env: Readonly<Record<string, string>>;
  readonly selection: TestSelection;
  /** Whether a test that fails is tried once more (docs/adr/second-try.md). */
  readonly secondTry: boolean;
}

/** One vitest run with its output shown, counted from its JSON report. No test file at all is no failure. */
export async function runVitest(deps: CliDeps, run: VitestRun): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  const file = join(folder, 'report.json');
  const secondTries = join(folder, 'second-tries.json');
  const { filters, testName } = run.selection;
  const args = [
    join(deps.root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    run.project,
    '--passWithNoTests',
    // Where one test takes minutes, each is said as it ends.
    `--reporter=${run.project === 'unit' ? 'default' : 'verbose'}`,
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...(run.secondTry ? [`--reporter=${join(import.meta.dirname, 'second-tries.ts')}`] : []),
    ...(testName ? ['-t', testName] : []),
    ...filters,
  ];
  try {
    const code = await new Promise<number>((resolve, reject) => {
      const env = {
        ...deps.env,
        ...run.env,
        ...(run.secondTry ? { SLIPWAY_SECOND_TRIES: secondTries } : {}),
        PATH: `${deps.root}/node_modules/node/bin:${deps.env['PATH'] ?? ''}`,
      };
      const child = spawn(process.execPath, args, { cwd: deps.root, env, stdio: ['ignore', 'inherit', 'inherit'] });
      // vitest cleans up after SIGINT by itself (containers, networks, databases of tests); it is given the time.
      deps.signal.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
      child.on('error', reject);
      child.on('close', (status) => resolve(status ?? 1));
    });
    deps.signal.throwIfAborted();
    const text = await readFile(file, 'utf8').catch(() => undefined);
    const counts = countsOf(text === undefined ? undefined : (JSON.parse(text) as VitestReport), code);
    return addUp(counts, run.secondTry ? await judgeSecondTries(deps, secondTries) : NO_COUNTS);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Says which tests passed at the second try only; too many are one failure. */
async function judgeSecondTries(deps: CliDeps, file: string): Promise<Counts> {
  const found = JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as SecondTry[];
  for (const { file: where, test, error } of found) deps.io.data(`Passed at the second try only: ${where} > ${test}: ${error}`);
  if (found.length <= MOST_SECOND_TRIES) return NO_COUNTS;
  deps.io.data(`FAILED  ${found.length} tests needed a second try; ${MOST_SECOND_TRIES} may`);
  return { ...NO_COUNTS, failed: 1 };
}
