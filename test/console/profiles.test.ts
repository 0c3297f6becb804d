import { clusterProfileKinds } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  visit = await world.visit('/clusters/profiles');
});
afterAll(() => world?.stop());

const kind = clusterProfileKinds.at('tenant');
const at = (path: string): string => `${world.hub.url}/console${path}`;
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' });
const stored = async (version: string) =>
  (await world.client.get<any>({ kind, name: 'starter' })).spec.versions.find((one: { version: string }) => one.version === version);
const layers = () => visit.page.locator('.layer-link strong').allTextContents();

describe('the profile builder', () => {
  it('shows the layers of a version in the order they are installed, and keeps version, layer and panel in the address (E13, in part; E3, in part)', async () => {
    const { page } = visit;
    await page.getByRole('link', { name: 'starter', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'starter' }).waitFor();
    await page.getByLabel('Version', { exact: true }).selectOption('1.0.0');
    await page.waitForURL(/version=1\.0\.0/);
    expect(await layers()).toEqual(expect.arrayContaining(['kubernetes', 'cni', 'metrics-server']));
    expect((await layers()).indexOf('kubernetes')).toBeLessThan((await layers()).indexOf('metrics-server'));
    await page.getByRole('link', { name: /metrics-server/ }).click();
    await page.getByRole('navigation', { name: 'Parts of the layer' }).getByRole('link', { name: 'Used by' }).click();
    await page.waitForURL(/layer=metrics-server.*panel=used|panel=used.*layer=metrics-server/);
    await page.reload();
    await page.getByText('No cluster uses it').waitFor();
    await page.getByRole('navigation', { name: 'Parts of the layer' }).getByRole('link', { name: 'Layer' }).click();
    // What is published cannot be changed, and says why.
    await page.getByText('This version is published and stays as it is.').first().waitFor();
    expect(await page.getByLabel('Namespace').isDisabled()).toBe(true);
  });

  it('makes a draft, adds a pack from the library, and says what of it is wrong before it is saved (E13, in part; E14, in part)', async () => {
    const { page } = visit;
    await button('New draft').click();
    await page.getByText('Draft', { exact: true }).first().waitFor();
    await page.getByText('Could be published as it is').waitFor();
    await page.getByLabel('Find packs').fill('metrics');
    await page.waitForURL(/q=metrics/);
    await button('Add metrics-server').click();
    await page.getByRole('heading', { level: 2, name: 'metrics-server-2' }).waitFor();
    await page.getByLabel('Namespace').fill('Not A Name');
    await page.getByText('things are wrong').or(page.getByText('thing is wrong')).waitFor();
    await page.getByText('must be a DNS label').first().waitFor();
    expect(await button(/^Publish version/).getAttribute('aria-disabled')).toBe('true');
    await page.getByLabel('Namespace').fill('second');
    await page.getByText('Could be published as it is').waitFor();
  });

  it('orders layers by keyboard where it is legal, and says why where it is not (E13, in part)', async () => {
    const { page } = visit;
    const before = await layers();
    await page.getByRole('link', { name: /metrics-server-2/ }).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(layers, { timeout: PATIENCE }).not.toEqual(before);
    await page.getByRole('link', { name: /: cni/ }).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByText(/Layers of type kubernetes are installed before those of type cni/).waitFor();
    await picture(page, 'profile-builder');
  });

  it('keeps what is not saved over a reload, saves it as YAML with its comments, publishes and compares (E13, in part; E11, in part)', async () => {
    const { page } = visit;
    await page.getByRole('link', { name: /metrics-server-2/ }).click();
    await page.getByRole('navigation', { name: 'Parts of the layer' }).getByRole('link', { name: 'YAML' }).click();
    const editor = page.getByRole('textbox', { name: 'Values of metrics-server-2' });
    await editor.click();
    await page.keyboard.insertText('# two for the night\nreplicas: 2\n');
    await page.reload();
    await page.getByText('# two for the night').waitFor();
    await button('Save draft').click();
    await expect
      .poll(async () => (await stored('1.2.0'))?.layers.length, { timeout: PATIENCE })
      .toBe((await stored('1.0.0')).layers.length + 1);
    const saved = (await stored('1.2.0')).layers.find(({ name }: { name: string }) => name === 'metrics-server-2');
    expect(saved.valuesYaml).toContain('# two for the night');
    await page.getByRole('navigation', { name: 'Parts of the layer' }).getByRole('link', { name: 'Values' }).click();
    await page.getByLabel('Compare with').selectOption('1.0.0');
    await page.getByRole('heading', { name: '1.0.0 compared with 1.2.0' }).waitFor();
    await button('Publish version 1.2.0').click();
    await page.getByText('Published', { exact: true }).waitFor();
    expect((await stored('1.2.0')).state).toBe('published');
  });

  it('has no axe violation, light or dark, and broke no rule of the policy (E23, in part)', async () => {
    const { page } = visit;
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const panel of ['settings', 'form', 'yaml', 'readme', 'used']) {
        await page.goto(at(`/clusters/profiles/tenant/starter?version=1.0.0&layer=metrics-server&panel=${panel}`));
        await page.getByRole('navigation', { name: 'Parts of the layer' }).waitFor();
        await expect.poll(() => page.locator('.skeleton').count(), { timeout: PATIENCE }).toBe(0);
        found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${panel}: ${one}`));
      }
    }
    expect(found).toEqual([]);
    expect(visit.wrongs).toEqual([]);
  });
});
