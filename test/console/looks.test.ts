import { join } from 'node:path';
import { silentLogger } from '@slipway/kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Demo, startDemo } from '../../apps/hub/src/demo/start-demo.ts';
import { violationsOf } from './axe.ts';
import { builtConsole, openBrowser, type Visit } from './console-world.ts';
import { differsFrom } from './looks.ts';

// The demo's fleet is the same for the same seed, whatever runs beside it.
let demo: Demo;
let opened: Awaited<ReturnType<typeof openBrowser>>;
let visit: Visit;
beforeAll(async () => {
  const packsDir = join(import.meta.dirname, '../../packs');
  demo = await startDemo({
    clusters: 60,
    seed: 1,
    port: 0,
    weatherMs: 0,
    packsDir,
    consoleDir: await builtConsole(),
    version: '0',
    logger: silentLogger,
  });
  opened = await openBrowser(demo);
  visit = await opened.visit('/clusters/overview');
});
afterAll(async () => {
  await opened?.close();
  await demo?.stop();
});

const SCREENS: readonly (readonly [name: string, path: string])[] = [
  ['fleet-overview', '/clusters/overview'],
  ['profile-builder', '/clusters/profiles/tenant/starter?version=1.1.0&layer=metrics-server'],
  ['create-cluster', '/clusters/new?step=pools'],
  ['change-review', '/clusters/list/stores/store-0025?tab=settings&change=move:tenant/store@1.2.0'],
];

/** What comes last, once the hub has answered. */
const LAST_HEADINGS: Readonly<Record<string, string>> = { 'change-review': 'When it runs', 'create-cluster': 'Summary' };

it.each(SCREENS)(
  'the signature screen %s looks as it did, in both themes, and has no axe violation (E23, in part; E24, in part)',
  async (name, path) => {
    const { page } = visit;
    const wrong: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${demo.url}/console${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const last = LAST_HEADINGS[name];
      if (last !== undefined) await page.getByRole('heading', { name: last }).waitFor();
      await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
      await page.evaluate('document.fonts.ready.then(() => undefined)');
      const differs = await differsFrom(page, `${name}-${colorScheme}`);
      if (differs !== undefined) wrong.push(differs);
      wrong.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${path}: ${one}`));
    }
    expect(wrong).toEqual([]);
  },
);

it('on a phone and on a wide screen nothing runs out of the page', async () => {
  const { page } = visit;
  for (const width of [390, 1920])
    for (const [, path] of SCREENS) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${demo.url}/console${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${path} at ${width}`).toBeLessThanOrEqual(width);
    }
});
