import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectationsPage } from './console/expectations.ts';

it('the table of expectations is as the tests have it; else run it with SLIPWAY_EXPECTATIONS=write', async () => {
  const path = join(import.meta.dirname, '../docs/expectations.md');
  const page = await expectationsPage();
  if (process.env['SLIPWAY_EXPECTATIONS'] === 'write') await writeFile(path, page);
  // How wide the columns are drawn is the formatter's business.
  const plain = (text: string): string => text.replaceAll(/-{3,}/g, '---').replaceAll(/ +/g, ' ').trim();
  expect(plain(await readFile(path, 'utf8'))).toBe(plain(page));
  expect(page).toContain('| E2 |');
  expect(page.match(/^\| E\d+ /gm)?.length).toBe(30);
});
