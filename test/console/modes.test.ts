import { type ApiObject, type NewObject, projectRoleBindingKind, roleBindingKind, teamKind, userKind } from '@slipway/model';
import type { Page } from 'playwright-core';
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

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  await makeProject(world.client, 'shop');
  await makeCluster(world.client, 'default', 'dev');
  await makeCluster(world.client, 'shop', 'shop-eu');
  visit = await world.visit('/clusters/overview');
});
afterAll(() => world?.stop());

const at = (path: string): string => `${world.hub.url}/console${path}`;
const make = (kind: typeof teamKind | typeof userKind | typeof roleBindingKind, name: string, spec: object): Promise<ApiObject> =>
  world.client.create(kind, { metadata: { name }, spec } as unknown as NewObject);
const person = async (name: string, role?: string): Promise<void> => {
  await makePerson(world, name);
  if (role !== undefined) await make(roleBindingKind, `${name}-${role}`, { role, subjects: [{ kind: 'User', name }] });
};
const mode = (page: Page): Promise<string | null> =>
  page.getByRole('navigation', { name: 'Mode', exact: true }).locator('[aria-current="true"]').textContent();
const pathOf = (page: Page): string => new URL(page.url()).pathname.slice('/console'.length);

describe('the mode', () => {
  it('at first is that of what somebody may do, and a link opens in its own (E2, in part)', async () => {
    await person('app-person');
    const outside = await visitAs(world, 'app-person', '/');
    await outside.page.getByRole('heading', { level: 1, name: 'Apps' }).waitFor();
    expect(await mode(outside.page)).toBe('Apps');
    // A link is a link: who opens it is told there what is missing.
    await outside.page.goto(at('/clusters/list'));
    await outside.page.getByText('You may not see this').waitFor();
    expect(await mode(outside.page)).toBe('Clusters');
    await outside.context.close();
    // A right to the clusters of one project is enough, and so is one to people.
    await person('one-project');
    const spec = { role: 'cluster-viewer', subjects: [{ kind: 'User', name: 'one-project' }] };
    await world.client.create(projectRoleBindingKind, { metadata: { name: 'looks', namespace: 'shop' }, spec } as unknown as NewObject);
    await person('of-people', 'user-admin');
    for (const name of ['one-project', 'of-people']) {
      const inside = await visitAs(world, name, '/');
      await expect.poll(() => pathOf(inside.page), { timeout: PATIENCE }).toBe('/clusters/overview');
      expect(await mode(inside.page)).toBe('Clusters');
      await inside.context.close();
    }
  });

  it('is in view and one click away on every page, and in the user menu; the scope stays (E2, in part)', async () => {
    const { page } = visit;
    for (const path of [
      '/clusters/list/shop/shop-eu',
      '/clusters/new',
      '/clusters/people?tab=teams',
      '/clusters/settings',
      '/nowhere/at/all',
      '/apps/usage',
    ]) {
      await page.goto(at(`${path}${path.includes('?') ? '&' : '?'}project=shop`));
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      const links = page.getByRole('navigation', { name: 'Mode', exact: true }).getByRole('link');
      for (const link of await links.all())
        expect(new URL((await link.getAttribute('href')) ?? '', world.hub.url).searchParams.get('project')).toBe('shop');
      await page.getByRole('button', { name: 'Scope: tenant default, shop' }).waitFor();
      await page.getByRole('button', { name: /^User menu/ }).click();
      await page.getByRole('link', { name: path.startsWith('/apps') ? 'Switch to Cluster mode' : 'Switch to App mode' }).waitFor();
      await page.keyboard.press('Escape');
    }
  });
});

describe('where one is', () => {
  it('is said alike by breadcrumb, title and document on pages of every sort, and what is missing is not what is refused (E5)', async () => {
    const { page } = visit;
    await make(teamKind, 'platform', {});
    const agree = async (on: Page, title: string): Promise<void> => {
      await on.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
      await expect.poll(() => on.title(), { timeout: PATIENCE }).toBe(`${title} · Slipway`);
      expect(await on.getByRole('button', { name: /^Scope: tenant default, / }).isVisible()).toBe(true);
      const crumbs = on.getByRole('navigation', { name: 'Breadcrumb' });
      if ((await crumbs.count()) > 0) expect(((await crumbs.textContent()) ?? '').endsWith(`/ ${title}`)).toBe(true);
    };
    for (const [path, title, crumb] of [
      ['/clusters/overview', 'Overview', undefined],
      ['/clusters/list/shop/shop-eu', 'shop-eu', 'Clusters'],
      ['/clusters/people/teams/platform', 'platform', 'Teams'],
      ['/clusters/packs/new/registries', 'Create registry', 'Registries'],
      ['/clusters/profiles/tenant/starter', 'starter', 'Profiles'],
      ['/clusters/activity', 'Activity', undefined],
      ['/clusters/audit', 'Audit', undefined],
      ['/clusters/settings', 'Settings', undefined],
      ['/apps/environments', 'Environments', undefined],
      ['/clusters/people/teams/nobody', 'Not found', undefined],
    ] as const) {
      await page.goto(at(path));
      await agree(page, title);
      expect(await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').allTextContents()).toEqual(
        crumb === undefined ? [] : [crumb],
      );
    }
    await person('stranger');
    const stranger = await visitAs(world, 'stranger', '/clusters/overview');
    for (const [path, title, what] of [
      ['/clusters/list', 'Clusters', 'list clusters'],
      ['/clusters/list/shop/shop-eu', 'shop-eu', 'list clusters'],
      ['/clusters/people/teams/platform', 'platform', 'list teams'],
      ['/clusters/profiles/tenant/starter', 'starter', 'list clusterprofiles'],
    ] as const) {
      await stranger.page.goto(at(path));
      await stranger.page.getByRole('heading', { name: 'You may not see this' }).waitFor();
      await agree(stranger.page, title);
      const told = (await stranger.page.getByRole('alert').first().textContent()) ?? '';
      expect(told).toContain(what);
      expect(told).toMatch(/one of these roles would: .+; .+ can grant it/);
      expect(await stranger.page.getByText('is not here').count()).toBe(0);
    }
    expect(await violationsOf(stranger.page)).toEqual([]);
    await stranger.context.close();
  });

  it('is in the address: tab, filter, sort, page, time range, layer and panel are there again after a reload and for whoever is sent it (E3)', async () => {
    const { page, context } = visit;
    const same = async (path: string, look: (on: Page) => Promise<void>): Promise<void> => {
      await page.goto(at(path));
      await look(page);
      await page.reload();
      await look(page);
      const sent = await context.newPage();
      sent.setDefaultTimeout(PATIENCE);
      await sent.goto(page.url());
      await look(sent);
      await sent.close();
    };
    await same('/clusters/list?q=shop&sort=-name', async (on) => {
      await on.getByRole('link', { name: 'shop-eu' }).waitFor();
      expect(await on.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending');
      expect(await on.getByRole('link', { name: 'dev', exact: true }).count()).toBe(0);
    });
    await same('/clusters/list/shop/shop-eu?tab=layers', async (on) => {
      await on.getByRole('heading', { level: 2, name: 'Layers' }).waitFor();
    });
    await same('/clusters/activity?what=changes&since=7d&kind=Cluster', async (on) => {
      await on.getByRole('row').filter({ hasText: 'shop-eu' }).first().waitFor();
      expect(await on.getByLabel('When').inputValue()).toBe('7d');
      expect(await on.getByRole('row').filter({ hasText: 'platform' }).count()).toBe(0);
    });
    // The page of the audit, its time, and the record that is open.
    await page.goto(at('/clusters/audit?since=24h'));
    const record = page.getByRole('button', { name: /^Record \d+$/ }).nth(3);
    const seq = ((await record.textContent()) ?? '').trim();
    await record.click();
    await page.waitForURL(new RegExp(`open=(%22)?${seq}`));
    await same(`/clusters/audit?since=24h&before=${Number(seq) + 1}&open=${seq}`, async (on) => {
      await on.getByRole('dialog').getByText(seq).first().waitFor();
      expect(
        await on
          .getByRole('button', { name: /^Record \d+$/ })
          .first()
          .textContent(),
      ).toBe(seq);
    });
    await same('/clusters/profiles/tenant/starter?version=1.0.0&layer=kubernetes&panel=used', async (on) => {
      await on.getByRole('heading', { level: 1, name: 'starter' }).waitFor();
      expect(new URL(on.url()).searchParams.get('layer')).toBe('kubernetes');
    });
  });
});

it('light, dark and the system’s: what is open follows at once, plots and editor too, without a flash (E24)', async () => {
  const { page } = visit;
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(at('/clusters/activity'));
  await page.locator('.over-time-normal').first().waitFor({ state: 'attached' });
  const COLOURS = `[...document.querySelectorAll('.over-time-normal, .over-time-warn, html, .panel')].map((one) => getComputedStyle(one).backgroundColor)`;
  const choose = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: /^User menu/ }).click();
    await page
      .getByRole('group', { name: /^User menu/ })
      .getByRole('button', { name, exact: true })
      .click();
    await page.keyboard.press('Escape');
  };
  const plot = async (): Promise<unknown> => page.evaluate(COLOURS);
  const light = await plot();
  await choose('Dark');
  const dark = (await plot()) as string[];
  expect(dark.every((colour, index) => colour !== (light as string[])[index])).toBe(true);
  await choose('As the system');
  expect(await plot()).toEqual(light);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await plot()).toEqual(dark);
  // The editor, which has a root of its own.
  await page.goto(at('/clusters/list/default/dev?tab=yaml'));
  const editor = page.locator('.cm-content');
  await editor.waitFor();
  // Its styles are in a shadow root.
  const INK = `(() => { const find = (root) => root.querySelector('.cm-content') ?? [...root.querySelectorAll('*')].map((one) => one.shadowRoot && find(one.shadowRoot)).find(Boolean); return getComputedStyle(find(document)).color; })()`;
  const ink = (): Promise<string> => page.evaluate(INK) as Promise<string>;
  const inDark = await ink();
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(ink, { timeout: PATIENCE }).not.toBe(inDark);
  // Chosen and loaded anew: it is dark before anything is drawn.
  await choose('Dark');
  await page.reload({ waitUntil: 'commit' });
  await page.waitForFunction('document.styleSheets.length > 0 && document.body !== null');
  expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('dark');
  await editor.waitFor();
  expect(await ink()).toBe(inDark);
  await choose('As the system');
  expect(visit.wrongs).toEqual([]);
});
