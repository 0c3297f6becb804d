import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase } from 'vitest/node';

/** A test that failed and then passed. */
export interface SecondTry {
  readonly file: string;
  readonly test: string;
  /** The first line of what went wrong the first time. */
  readonly error: string;
}

/** How many tests of one stage may need a second try before the run fails all the same. */
export const MOST_SECOND_TRIES = 3;

/** A vitest reporter that writes which tests needed a second try, as JSON, to the file that `SLIPWAY_SECOND_TRIES` names. */
// oxlint-disable-next-line import/no-default-export -- vitest loads a reporter from the default export.
export default class SecondTries implements Reporter {
  readonly #found: SecondTry[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return;
    const error = test.result().errors?.[0]?.message ?? 'unknown';
    this.#found.push({ file: test.module.relativeModuleId, test: test.fullName, error: error.split('\n')[0] as string });
  }

  onTestRunEnd(): void {
    const file = process.env['SLIPWAY_SECOND_TRIES'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(this.#found));
  }
}
