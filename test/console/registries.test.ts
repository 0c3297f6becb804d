import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NewObject, registryKind } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';

const README = `# Web\n\n<script>window.stolen = true</script>\n\nServes **pages**. <img src="https://tracker.example.org/pixel.png" onerror="window.stolen = true">\n\n![a picture](https://tracker.example.org/picture.png)\n\n[Press me](javascript:window.stolen=true) or [read on](https://docs.example.org/web).\n`;

let folder: string;
let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-packs-'));
  await writeChart('web');
  world = await startConsoleWorld({ registryFolders: [{ path: folder }] });
  await world.client.create(registryKind, { metadata: { name: 'local' }, spec: { type: 'folder', path: folder } } as unknown as NewObject);
  visit = await world.visit('/clusters/packs?kind=registries');
});
afterAll(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function writeChart(name: string): Promise<void> {
  await mkdir(join(folder, name));
  const chart = `apiVersion: v2\nname: ${name}\nversion: 1.0.0\ndescription: Pages for everybody\n`;
  await writeFile(join(folder, name, 'Chart.yaml'), chart);
  await writeFile(join(folder, name, 'README.md'), README);
}

const at = (path: string): string => `${world.hub.url}/console${path}`;
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' });

describe('registries', () => {
  it('shows whether a registry can be read, and leads to its packs, which nobody is offered to write (E14, in part)', async () => {
    const { page } = visit;
    await page.getByRole('link', { name: 'local', exact: true }).click();
    await page.getByText('Can be read').waitFor();
    await page.getByText('1 pack, 1 version', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Its packs' }).click();
    await page.waitForURL(/q=local/);
    // Packs are the hub's: nobody is offered to write one.
    await page.getByRole('link', { name: /^(local\.)?web$/ }).waitFor();
    expect(await page.getByRole('link', { name: /^Create/ }).count()).toBe(0);
  });

  it('shows a hostile README as text: none of its scripts, pictures and script addresses (E14, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/packs/packs/local.web'));
    await page.getByText('[image: a picture]').waitFor();
    expect(await page.locator('.readme img, .readme script, .readme [onerror], .readme a[href^="javascript:"]').count()).toBe(0);
    expect(await page.evaluate(() => 'stolen' in globalThis)).toBe(false);
    expect(await page.getByRole('link', { name: 'read on' }).getAttribute('rel')).toContain('noopener');
  });

  it('has the catalogue read when it is asked to, and tells what is new without a reload (E14, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/packs/registries/local'));
    await page.getByText('1 pack, 1 version', { exact: true }).waitFor();
    await writeChart('second');
    await button('Sync now').click();
    await page.getByText('2 packs, 2 versions', { exact: true }).waitFor();
    await page.getByText('Can be read').waitFor();
  });

  it('says why a registry cannot be read', async () => {
    const { page } = visit;
    await world.client.patch({ kind: registryKind, name: 'local' }, { spec: { type: 'folder', path: join(folder, 'gone') } });
    await page.goto(at('/clusters/packs/registries/local'));
    await page.getByText('Cannot be read').waitFor();
    await page.getByText('gone').first().waitFor();
  });

  it('has no axe violation, light or dark, and asked no other host (E23, in part)', async () => {
    const { page } = visit;
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ['?kind=registries', '/registries/local']) {
        await page.goto(at(`/clusters/packs${path}`));
        await page.getByRole('heading', { level: 2 }).first().waitFor();
        await expect.poll(() => page.locator('.skeleton').count(), { timeout: PATIENCE }).toBe(0);
        found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${path}: ${one}`));
      }
    }
    expect(found).toEqual([]);
    expect(visit.wrongs).toEqual([]);
  });
});
