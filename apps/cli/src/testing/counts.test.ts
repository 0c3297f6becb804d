import { describe, expect, it } from 'vitest';
import { addUp, countsOf, summaryLine } from './counts.ts';

describe('test counts', () => {
  it('add up and are written as the last line', () => {
    const sum = addUp(
      { passed: 3, failed: 0, skipped: 0 },
      countsOf({ numPassedTests: 2, numFailedTests: 1, numPendingTests: 1, numTodoTests: 1 }, 1),
    );
    expect(summaryLine(sum)).toBe('5 passed, 1 failed, 2 skipped');
    expect(summaryLine({ passed: 1, failed: 0, skipped: 0 })).toBe('1 passed, 0 failed');
  });

  it('never call a run that broke down a success', () => {
    expect(countsOf(undefined, 0).failed).toBe(1);
    expect(countsOf({ numPassedTests: 9, numFailedTests: 0, numPendingTests: 0 }, 1).failed).toBe(1);
  });
});
