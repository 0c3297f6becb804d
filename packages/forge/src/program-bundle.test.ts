import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleProgram } from './program-bundle.ts';

test('the agent’s program holds nothing of what only the hub needs: all of it is resident in every cluster', async () => {
  const { code } = await bundleProgram(join(import.meta.dirname, '../../..'), 'apps/agent/src/main.ts');
  console.log(`agent program: ${Math.round(code.length / 1024)} KiB`);
  // undici alone would be as much again.
  expect(code.length).toBeLessThan(1250 * 1024);
});
