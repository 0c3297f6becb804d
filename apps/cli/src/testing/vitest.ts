import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliDeps } from '../command.ts';
import { type Counts, countsOf, type VitestReport } from './counts.ts';

/** Parts of paths, and part of a test's name. */
export interface TestSelection {
  readonly filters: readonly string[];
  readonly testName?: string;
}

export interface VitestRun {
  readonly project: 'unit' | 'root' | 'cluster';
  readonly env: Readonly<Record<string, string>>;
  readonly selection: TestSelection;
}

/** One vitest run with its output shown, counted from its JSON report. No test file at all is no failure. */
export async function runVitest(deps: CliDeps, run: VitestRun): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  const file = join(folder, 'report.json');
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
    ...(testName ? ['-t', testName] : []),
    ...filters,
  ];
  try {
    const code = await new Promise<number>((resolve, reject) => {
      const env = { ...deps.env, ...run.env, PATH: `${deps.root}/node_modules/node/bin:${deps.env['PATH'] ?? ''}` };
      const child = spawn(process.execPath, args, { cwd: deps.root, env, stdio: ['ignore', 'inherit', 'inherit'] });
      // vitest cleans up after SIGINT by itself (containers, networks, databases of tests); it is given the time.
      deps.signal.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
      child.on('error', reject);
      child.on('close', (status) => resolve(status ?? 1));
    });
    deps.signal.throwIfAborted();
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return countsOf(text === undefined ? undefined : (JSON.parse(text) as VitestReport), code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
