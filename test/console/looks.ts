import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

const KEPT = join(import.meta.dirname, 'looks');
/** Of all pixels: edges of letters differ between versions of a browser. A page that failed is 3 % away from one that did not: most of a page is empty. */
const MOST = 0.01;

/**
 * How a page looks, compared with how it looked when somebody last looked at it and was content: undefined when it is the same, else what differs and where to see it. Times are covered.
 * `SLIPWAY_SCREENSHOTS=write` keeps how it looks now; look at it before you commit it.
 */
export async function differsFrom(page: Page, name: string): Promise<string | undefined> {
  const file = join(KEPT, `${name}.png`);
  const taken = await page.screenshot({ animations: 'disabled', mask: [page.locator('time')], maskColor: '#808080' });
  if (process.env['SLIPWAY_SCREENSHOTS'] === 'write') {
    await mkdir(KEPT, { recursive: true });
    await writeFile(file, taken);
    return undefined;
  }
  const [now, kept] = [PNG.sync.read(taken), PNG.sync.read(await readFile(file))];
  const { width, height } = kept;
  if (now.width !== width || now.height !== height) return `${name}: ${now.width}×${now.height} pixels instead of ${width}×${height}`;
  const shown = new PNG({ width, height });
  const share = pixelmatch(kept.data, now.data, shown.data, width, height, { threshold: 0.15 }) / (width * height);
  if (share <= MOST) return undefined;
  const folder = join(tmpdir(), 'slipway-looks');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.png`), taken);
  await writeFile(join(folder, `${name}-difference.png`), PNG.sync.write(shown));
  return `${name}: ${(share * 100).toFixed(1)} % of its pixels differ; see ${folder}/${name}-difference.png`;
}
