import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fuzz } from './fuzz/fuzz.ts';
import { targets } from './fuzz/targets.ts';

it('some thousand inputs, other ones each time: no crash, no hang, no escape', async () => {
  const keepIn = await mkdtemp(join(tmpdir(), 'slipway-fuzz-'));
  try {
    const seed = Date.now() % 2 ** 31;
    const { counts, failure } = await fuzz({ seed, inputs: 3000, keepIn });
    expect(failure, `seed ${seed}`).toBeUndefined();
    for (const { name } of targets) expect(counts[name]?.inputs, name).toBeGreaterThan(0);
    expect(Object.values(counts).reduce((sum, { inputs }) => sum + inputs, 0)).toBe(3000);
    // Neither is everything refused at the door, nor nothing.
    for (const name of ['tar', 'archive', 'pack content', 'yaml']) {
      const { inputs = 0, refused = 0 } = counts[name] ?? {};
      expect(refused, name).toBeGreaterThan(inputs * 0.02);
      expect(refused, name).toBeLessThan(inputs);
    }
  } finally {
    await rm(keepIn, { recursive: true, force: true });
  }
});
