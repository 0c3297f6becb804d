import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { ViteUserConfig } from 'vitest/config';

const ROOT = join(import.meta.dirname, '../../../..');

it('names a test that passed at the second try with its first error, and tries nothing again that names a seed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-second-'));
  try {
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(
      join(folder, 'some.test.js'),
      `import { expect, it } from 'vitest';
      const tries = {};
      const fails = (name, times, message) => it(name, () => { tries[name] = (tries[name] ?? 0) + 1; if (tries[name] <= times) throw new Error(message); });
      fails('is well', 0, '');
      fails('loses a race', 1, 'too late\\nmore');
      fails('is broken', 9, 'never');
      fails('is unlucky', 1, 'Property failed after 3 tests { seed: 42 }');`,
    );
    const { default: unitConfig } = (await import(join(ROOT, 'vitest.config.ts'))) as { default: ViteUserConfig };
    const projects = unitConfig.test?.projects as { test: { name: string; retry: { condition: RegExp } } }[];
    const { condition } = (projects.find(({ test }) => test.name === 'unit') as (typeof projects)[0]).test.retry;
    await writeFile(
      join(folder, 'vitest.config.js'),
      `export default { test: { include: ['*.test.js'], retry: { count: 1, condition: ${condition} } } };`,
    );
    const file = join(folder, 'tries.json');
    const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', `--reporter=${join(import.meta.dirname, 'second-tries.ts')}`];
    const env = { ...process.env, SLIPWAY_SECOND_TRIES: file };
    await expect(promisify(execFile)(process.execPath, [...args, '--reporter=json'], { cwd: folder, env })).rejects.toMatchObject({
      stdout: expect.stringContaining('"numFailedTests":2'),
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual([{ file: 'some.test.js', test: 'loses a race', error: 'too late' }]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
