import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@slipway/kit';
import { testTool } from '@slipway/testkit';

/** One run of schemathesis over a part of a document. */
export interface SchemathesisRun {
  readonly document: string;
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly seed: number;
  readonly directory: string;
  /** Options that choose operations, phases and checks. */
  readonly options: readonly string[];
  /** Values of parameters that are not made up: `query.watch`, `path.name`. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Operations (a pattern of their ids) that are gone through from edge to edge of every schema, which is thousands of requests; all others with a few made-up ones. */
  readonly thorough?: string;
  /** Operations (a pattern of their ids) whose values differ. */
  readonly except?: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;
}

export interface Outcome {
  readonly failed: boolean;
  readonly operations: number;
  readonly cases: number;
  /** Operations whose every answer was 401 or 403. */
  readonly shutOut: number;
  /** What it says, without the list of phases before. */
  readonly report: string;
}

/**
 * Runs schemathesis (https://schemathesis.readthedocs.io) against a hub. With one worker: the same seed then sends the same requests, and Hypothesis, which makes them
 * up, is not safe in threads.
 */
export async function runSchemathesis(given: SchemathesisRun): Promise<Outcome> {
  const { directory, options, seed } = given;
  await writeFile(join(directory, 'schemathesis.toml'), configOf(given));
  await writeFile(join(directory, 'document.json'), given.document);
  await writeFile(join(directory, 'ca.crt'), given.ca);
  // Asked again where the connection ended: it does after headers that are too large, and who was still sending them may not see the answer.
  const fixed = [
    '--request-retries',
    '4',
    '--workers',
    '1',
    '--seed',
    String(seed),
    '--continue-on-failure',
    '--no-shrink',
    '--request-timeout',
    '60',
  ];
  const result = await run(testTool('schemathesis'), ['--config-file', 'schemathesis.toml', 'run', 'document.json', ...fixed, ...options], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, NO_COLOR: '1', COLUMNS: '200', SLIPWAY_TOKEN: given.token },
    allow: [0, 1],
    timeoutMs: 900_000,
  });
  const text = `${result.stdout}\n${result.stderr}`;
  const numberIn = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const begin = text.search(/^=+ (?:ERRORS|FAILURES) =+$/m);
  return {
    failed: result.code !== 0,
    operations: numberIn(/^\s+Tested: (\d+)$/m),
    cases: numberIn(/^\s+(\d+) generated/m),
    shutOut: numberIn(/Authentication failed: (\d+) operations? returned only/),
    report: text.slice(Math.max(0, begin)),
  };
}

const toml = (values: SchemathesisRun['parameters']): string[] =>
  Object.entries(values).map(([name, value]) => `${JSON.stringify(name)} = ${JSON.stringify(value)}`);

function configOf({ url, parameters, thorough, except = {} }: SchemathesisRun): string {
  return [
    `base-url = ${JSON.stringify(url)}`,
    'tls-verify = "ca.crt"',
    '[auth.openapi.BearerToken]',
    // Not on the command line, which everybody on the machine can read.
    'bearer = "${SLIPWAY_TOKEN}"',
    '[parameters]',
    ...toml(parameters),
    '[phases.coverage]',
    `enabled = ${thorough === '.'}`,
    'generate-duplicate-query-parameters = false',
    ...(thorough === undefined || thorough === '.'
      ? []
      : ['[[operations]]', `include-operation-id-regex = ${JSON.stringify(thorough)}`, '[operations.phases.coverage]', 'enabled = true']),
    ...Object.entries(except).flatMap(([pattern, values]) => [
      '[[operations]]',
      `include-operation-id-regex = ${JSON.stringify(pattern)}`,
      '[operations.parameters]',
      ...toml(values),
    ]),
    '',
  ].join('\n');
}
