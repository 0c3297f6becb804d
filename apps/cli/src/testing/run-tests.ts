import { spawn } from 'node:child_process';
import { judgeAudit, readExceptions } from '@slipway/forge';
import { run } from '@slipway/kit';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished, UsageError } from '../exit.ts';
import { elapsed } from '../output/duration.ts';
import { startPostgres } from './postgres.ts';
import { addUp, type Counts, NO_COUNTS, summaryLine } from './counts.ts';
import { prepareBrowser, prepareTestHost, prepareTestTools } from './test-tools.ts';
import { runVitest, type TestSelection } from './vitest.ts';

// The console's last: a browser that cannot be had must not keep the clusters from being tried.
const STAGES = ['check', 'unit', 'api', 'root', 'console', 'cluster'] as const;
type Stage = (typeof STAGES)[number];

/** Runs stages in order and stops after the first that failed: what is quick to know comes first. Throws `Finished` with the exit code. */
export async function runTests(deps: CliDeps, wanted: string, selection: TestSelection): Promise<void> {
  const stages = wanted === 'all' ? STAGES : STAGES.filter((stage) => stage === wanted);
  if (stages.length === 0) throw new UsageError(`there is no test stage "${wanted}"`, `Stages: ${STAGES.join(', ')}, all.`);
  let sum: Counts = NO_COUNTS;
  const skipped: Stage[] = [];
  for (const stage of stages) {
    if (sum.failed > 0) {
      skipped.push(stage);
      continue;
    }
    const started = performance.now();
    deps.io.data(`== ${stage}`);
    const counts = await runStage(deps, stage, selection);
    sum = addUp(sum, counts);
    deps.io.data(`== ${stage}: ${summaryLine(counts)} in ${elapsed(performance.now() - started)}`);
  }
  if (skipped.length > 0) deps.io.data(`Not run after the failure: ${skipped.join(', ')}`);
  deps.io.data(summaryLine(sum));
  throw new Finished(sum.failed > 0 ? EXIT.failed : EXIT.ok);
}

async function runStage(deps: CliDeps, stage: Stage, selection: TestSelection): Promise<Counts> {
  if (stage === 'check') return runChecks(deps);
  const environment: Record<string, string> = { SLIPWAY_TEST_TOOLS: await prepareTestTools(deps) };
  if (stage === 'root' || stage === 'cluster') await prepareTestHost(deps);
  if (stage === 'console' || stage === 'cluster') await prepareBrowser(deps);
  const whole = selection.filters.length === 0 && selection.testName === undefined;
  if (stage === 'unit' || stage === 'root' || stage === 'console')
    return runVitest(deps, { project: stage, env: environment, selection, secondTry: whole && stage !== 'root' });
  const postgres = await startPostgres(deps);
  try {
    environment['SLIPWAY_TEST_DATABASE_URL'] = postgres.url;
    if (stage === 'cluster') return await runVitest(deps, { project: 'cluster', env: environment, selection, secondTry: false });
    const { filesUsingDatabases } = await import('./database-tests.ts');
    const files = await filesUsingDatabases(deps.root);
    const chosen =
      selection.filters.length === 0 ? files : files.filter((file) => selection.filters.some((filter) => file.includes(filter)));
    return await runVitest(deps, { project: 'unit', env: environment, selection: { ...selection, filters: chosen }, secondTry: whole });
  } finally {
    await postgres.stop();
  }
}

/** Formatter, linter, types and unused code. They are not tests: only a failure counts. */
async function runChecks(deps: CliDeps): Promise<Counts> {
  const checks: [string, string, string[]][] = [
    ['format', 'oxfmt', ['--check', '.']],
    ['lint', 'oxlint', []],
    ['types', 'tsc', ['--noEmit', '-p', '.']],
    ['types of the console', 'tsc', ['--noEmit', '-p', 'apps/console']],
    ['unused code', 'knip', ['--no-config-hints']],
  ];
  let failed = 0;
  for (const [title, command, args] of checks) {
    const started = performance.now();
    const code = await runInherited(deps, command, args);
    deps.io.data(`${code === 0 ? 'ok' : 'FAILED'}  ${title} (${[command, ...args].join(' ')}) in ${elapsed(performance.now() - started)}`);
    if (code !== 0) failed += 1;
  }
  if (!(await dependencyAudit(deps))) failed += 1;
  return { passed: 0, failed, skipped: 0 };
}

/** Known weaknesses of what is shipped. Without an answer from the registry nothing is known, which is said and fails nothing: tests run offline too. */
async function dependencyAudit(deps: CliDeps): Promise<boolean> {
  const started = performance.now();
  const exceptions = await readExceptions(deps.root);
  const report = await run('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=15000'], {
    cwd: deps.root,
    env: deps.env,
    signal: deps.signal,
    allow: [0, 1],
  }).catch(() => ({ stdout: '' }));
  const outcome = judgeAudit(report.stdout, exceptions, new Date().toISOString().slice(0, 10));
  const label = `known weaknesses (npm audit --omit=dev)`;
  if (outcome.state === 'not asked') {
    deps.io.data(`--  ${label}: not asked, ${outcome.why}`);
    return true;
  }
  for (const line of outcome.excused) deps.io.data(`    accepted  ${line}`);
  for (const line of outcome.bad) deps.io.data(`    ${line}`);
  deps.io.data(`${outcome.bad.length === 0 ? 'ok' : 'FAILED'}  ${label} in ${elapsed(performance.now() - started)}`);
  return outcome.bad.length === 0;
}

function runInherited(deps: CliDeps, command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...deps.env, PATH: `${deps.root}/node_modules/node/bin:${deps.root}/node_modules/.bin:${deps.env['PATH'] ?? ''}` };
    const child = spawn(command, args, { cwd: deps.root, env, stdio: 'inherit', signal: deps.signal });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
