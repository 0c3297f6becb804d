import { type NewObject, registryKind, roleBindingKind, teamKind, userKind } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import {
  type ConsoleWorld,
  makeCluster,
  makePerson,
  makeProject,
  PATIENCE,
  startConsoleWorld,
  type Visit,
  visitAs,
} from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  await makeProject(world.client, 'shop');
  await makeCluster(world.client, 'default', 'dev');
  await makeCluster(world.client, 'shop', 'shop-eu');
  visit = await world.visit('/clusters/activity');
});
afterAll(() => world?.stop());

const at = (path: string): string => `${world.hub.url}/console${path}`;
const rows = () => visit.page.locator('tbody tr');
const make = (kind: typeof teamKind | typeof userKind | typeof registryKind | typeof roleBindingKind, name: string, spec: object) =>
  world.client.create(kind, { metadata: { name }, spec } as unknown as NewObject);

describe('what happened to the fleet', () => {
  it('is told live with links to its objects, over time, and found by kind, word and time, all of it in the address', async () => {
    const { page } = visit;
    await page.getByRole('region', { name: 'Events' }).getByRole('link', { name: 'dev', exact: true }).first().waitFor();
    await page.getByRole('img', { name: /in all, .+ in one bar/ }).waitFor();
    await makeCluster(world.client, 'shop', 'shop-us');
    await page.getByRole('link', { name: 'shop-us', exact: true }).first().waitFor();
    await page.getByLabel('Kind').selectOption('Cluster');
    await page.getByLabel('When').selectOption('The last hour');
    await page.getByLabel('Filter by any word').fill('shop-us');
    await page.waitForURL((url) => /kind=Cluster/.test(url.search) && /since=1h/.test(url.search) && /q=shop-us/.test(url.search));
    await page.reload();
    await page.getByRole('link', { name: 'shop-us', exact: true }).first().waitFor();
    expect(await page.getByRole('link', { name: 'dev', exact: true }).count()).toBe(0);
    expect(await page.getByLabel('Filter by any word').inputValue()).toBe('shop-us');
    await page.getByLabel('Filter by any word').fill('nobody-did-this');
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
    await page.goto(at('/clusters/activity?project=shop'));
    await page.getByRole('link', { name: 'shop-eu', exact: true }).first().waitFor();
    expect(await page.getByRole('link', { name: 'dev', exact: true }).count()).toBe(0);
    await page.getByRole('link', { name: 'shop-eu', exact: true }).first().click();
    await page.getByRole('heading', { level: 1, name: 'shop-eu' }).waitFor();
    expect(new URL(page.url()).searchParams.get('project')).toBe('shop');
  });

  it('and what people changed, with who, from the audit', async () => {
    const { page } = visit;
    await make(teamKind, 'platform', {});
    await page.goto(at('/clusters/activity'));
    await page.getByRole('navigation', { name: 'Activity' }).getByRole('link', { name: 'Changes' }).click();
    await page.waitForURL(/what=changes/);
    const row = rows().filter({ hasText: 'platform' });
    await row.getByText('Created by admin').waitFor();
    await row.getByRole('link', { name: 'platform' }).press('Enter');
    await page.getByRole('heading', { level: 1, name: 'platform' }).waitFor();
    await page.goto(at('/clusters/activity?what=changes'));
    await rows().first().waitFor();
    await picture(page, 'activity');
  });

  it('is said where the permission is missing', async () => {
    await makePerson(world, 'outsider');
    const outsider = await visitAs(world, 'outsider', '/clusters/activity');
    await outsider.page.getByText('You may not see this').waitFor();
    expect(await outsider.page.getByRole('alert').textContent()).toContain('cannot list events');
    await outsider.page.getByRole('navigation', { name: 'Activity' }).getByRole('link', { name: 'Changes' }).click();
    await outsider.page.getByText('You may not see this').waitFor();
    await outsider.context.close();
  });

  it('and in the header is what goes on and what failed last, live', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/projects'));
    await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
    await page.getByRole('button', { name: 'Activity', exact: true }).press('Enter');
    const now = page.getByRole('group', { name: 'Activity' });
    await now.getByRole('link', { name: 'dev', exact: true }).first().waitFor();
    await makeCluster(world.client, 'default', 'a-new-one');
    await now.getByRole('link', { name: 'a-new-one' }).first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await now.getByRole('link', { name: 'All activity' }).click();
    await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    await expect.poll(() => now.isVisible(), { timeout: PATIENCE }).toBe(false);
  });
});

describe('settings', () => {
  it('has yours: theme, what the console opens with, sessions and keys', async () => {
    const { page } = visit;
    await page.getByRole('button', { name: 'User menu of admin' }).press('Enter');
    await page.getByRole('link', { name: 'Settings' }).last().click();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await page.getByRole('radio', { name: 'Dark' }).check();
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await page.getByRole('radio', { name: 'As the system' }).check();
    await page.getByRole('radio', { name: 'Apps', exact: true }).check();
    await page.goto(at('/'));
    await page.getByRole('heading', { level: 1, name: 'Apps' }).waitFor();
    await page.goto(at('/clusters/settings'));
    expect(await page.getByRole('radio', { name: 'Apps', exact: true }).isChecked()).toBe(true);
    await page.getByRole('radio', { name: 'Where you were last' }).check();
    const other = await world.visit('/clusters/overview');
    await page.reload();
    const sessions = page.getByRole('region', { name: 'Your sessions' });
    await sessions.getByText('; this one').waitFor();
    await picture(page, 'settings');
    const ends = sessions.getByRole('listitem').filter({ hasNotText: 'this one' }).getByRole('button');
    await ends.first().click();
    await other.page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    await other.context.close();
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.waitForURL(/people\?tab=keys/);
  });

  it('has the installation’s: version, licences, rules of signing in, copies of the audit, each by the hub’s own objects', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/settings?tab=installation'));
    await page.getByRole('region', { name: 'About' }).getByText('0.0.0-test', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Licences of what it ships' }).press('Enter');
    await page.getByRole('dialog').getByText('# Third-party notices').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).press('Enter');
    const rules = page.getByRole('region', { name: 'Signing in' });
    await rules.getByText('at least 12 characters').waitFor();
    await rules.getByRole('link', { name: 'Change' }).click();
    await page.getByRole('heading', { level: 1, name: 'default' }).waitFor();
    await page.getByLabel('Password min length').fill('16');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByRole('button', { name: 'Save Tenant' }).click();
    await page.goto(at('/clusters/settings?tab=installation'));
    await rules.getByText('at least 16 characters').waitFor();
    await page.getByText('None: the audit is kept by the hub alone.').waitFor();
    await page.getByRole('region', { name: 'Copies of the audit' }).getByRole('link', { name: 'Add' }).click();
    await page.getByRole('heading', { level: 1, name: 'Create audit sink' }).waitFor();
  });
});

it('has no axe violation, light or dark, nothing beside a phone, and breaks no rule of the policy (E23, in part)', async () => {
  const { page } = visit;
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const path of [
      '/clusters/activity',
      '/clusters/activity?what=changes',
      '/clusters/settings',
      '/clusters/settings?tab=installation',
    ]) {
      await page.goto(at(path));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => page.locator('.skeleton').count(), { timeout: PATIENCE }).toBe(0);
      found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${path}: ${one}`));
      await page.setViewportSize({ width: 390, height: 844 });
      if ((await page.evaluate('document.documentElement.scrollWidth > innerWidth')) === true) found.push(`${path} is wider than a phone`);
      if (process.env['SLIPWAY_LOOK'] !== undefined)
        await page.screenshot({
          path: `${process.env['SLIPWAY_LOOK']}/${colorScheme}-390${path.replaceAll(/\W/g, '-')}.png`,
          fullPage: true,
        });
      await page.setViewportSize({ width: 1280, height: 800 });
      if (process.env['SLIPWAY_LOOK'] !== undefined)
        await page.screenshot({ path: `${process.env['SLIPWAY_LOOK']}/${colorScheme}-1280${path.replaceAll(/\W/g, '-')}.png` });
    }
  }
  expect(found).toEqual([]);
  expect(visit.wrongs).toEqual([]);
});
