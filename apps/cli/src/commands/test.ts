import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('test')
    .description('Set up what tests need and run them, quick stages before slow ones. The last line is the sum: "N passed, N failed".')
    .argument('[stage]', 'check, unit, api, console, root, cluster or all', 'all')
    .argument('[filters...]', 'only test files whose path contains one of these')
    .option('-t, --test-name <pattern>', 'only tests whose name matches')
    .addHelpText(
      'after',
      `
Examples:
  ${deps.self} test
  ${deps.self} test unit packages/kit
  ${deps.self} test cluster life -t scales

Stages:
  check    formatter, linter, types, unused code
  unit     every test that needs no root, on the embedded database (real Kubernetes API servers included)
  api      the tests that use a database again, on PostgreSQL
  console  the console in a real browser (Debian's chromium, installed when missing), before a real hub
  root     local machines: needs root
  cluster  the whole product with real clusters: needs root, and about half an hour`,
    )
    .action(async (stage: string, filters: string[], options: { testName?: string }) => {
      const { runTests } = await import('../testing/run-tests.ts');
      await runTests(deps, stage, { filters, ...(options.testName ? { testName: options.testName } : {}) });
    });
}
