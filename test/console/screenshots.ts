import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** With SLIPWAY_SCREENSHOTS=write the pictures of the documentation are taken anew. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['SLIPWAY_SCREENSHOTS'] !== 'write') return;
  const folder = join(import.meta.dirname, '../../docs/console');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}
