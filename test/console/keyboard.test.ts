import { type NewObject, roleBindingKind, teamKind, userKind } from '@slipway/model';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ClusterWorld, startClusterWorld } from './cluster-world.ts';
import { makeCluster, PASSWORD, PATIENCE, type Visit, visitAs } from './console-world.ts';

const SHOP = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
---
`;
const POD = `apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop}
spec: {nodeName: node-1, containers: [{name: web, image: 'slipway.dev/busybox:1'}]}
---
`;

let world: ClusterWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startClusterWorld('dev');
  await world.apply(SHOP);
  // Its controllers make what every pod runs as.
  await world.api.kubectl(['wait', '--for=create', 'serviceaccount/default', '-n', 'shop', '--timeout=60s'], { timeoutMs: 70_000 });
  await world.apply(POD);
  world.cluster.logs.set('shop/web-0/web', { lines: ['2026-11-28T04:00:01.000001Z listening on :8080'] });
  await makeCluster(world.client, 'default', 'shop-eu', { spec: { paused: true } });
  visit = await world.visit();
});
afterAll(() => world?.stop());

const at = (path: string): string => `${world.hub.url}/console${path}`;
const FOCUSED = `(() => {
  const one = document.activeElement;
  return (one?.getAttribute('aria-label') ?? one?.labels?.[0]?.textContent ?? one?.textContent ?? '').replaceAll(/\\s+/g, ' ').trim();
})()`;
const focused = (page: Page): Promise<string> => page.evaluate(FOCUSED) as Promise<string>;

/** Goes on by the keyboard until something of this name has the focus; the page must lead there within so many steps. */
async function tabTo(page: Page, name: RegExp, key = 'Tab', most = 70): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (name.test(now)) return;
    passed.push(now);
  }
  throw new Error(`Nothing called ${String(name)} came by within ${most} steps: ${passed.join(' | ')}`);
}
/** The new page has begun: the keyboard is at its title, and a screen reader is told. */
async function arrived(page: Page, title: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
  await expect.poll(() => page.evaluate('document.activeElement?.tagName'), { timeout: PATIENCE }).toBe('H1');
  expect(await focused(page)).toBe(title);
  expect(await page.locator('[data-arrived]').textContent()).toBe(title);
}

describe('by the keyboard alone', () => {
  it('one signs in and finds a cluster (E23; E4, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/overview'));
    await page.getByLabel('User').waitFor();
    if (!(await focused(page)).startsWith('User')) await tabTo(page, /^User/);
    await page.keyboard.type('admin');
    await tabTo(page, /^Password/, 'Tab', 3);
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await arrived(page, 'Clusters');
    await page.getByRole('link', { name: 'shop-eu' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('shop');
    await page.getByRole('link', { name: 'dev', exact: true }).waitFor({ state: 'detached' });
    await tabTo(page, /^shop-eu$/);
    await page.keyboard.press('Enter');
    await arrived(page, 'shop-eu');
  });

  it('one creates a cluster as far as its review (E23, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list'));
    await page.getByRole('link', { name: 'shop-eu' }).waitFor();
    await tabTo(page, /^Create cluster$/);
    await page.keyboard.press('Enter');
    await arrived(page, 'Create cluster');
    await page
      .getByRole('radio', { name: /starter/ })
      .first()
      .waitFor();
    await tabTo(page, /starter/);
    await page.keyboard.press('Space');
    await tabTo(page, /^Next$/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/step=infrastructure/);
    await tabTo(page, /^Name/);
    await page.keyboard.type('by-keyboard');
    for (const next of ['pools', 'variables', 'review']) {
      await tabTo(page, /^Next$|^Review$/);
      await page.keyboard.press('Enter');
      await page.waitForURL(new RegExp(`step=${next}`));
    }
    await page.getByRole('heading', { name: 'What will be made' }).waitFor();
    await page.getByText('by-keyboard').first().waitFor();
  });

  it('one edits an object by its form and saves it (E23, in part)', async () => {
    const { page } = visit;
    await world.client.create(teamKind, { metadata: { name: 'platform' }, spec: { members: ['admin'] } } as unknown as NewObject);
    await page.goto(at('/clusters/people/teams/platform'));
    await page.getByRole('heading', { level: 1, name: 'platform' }).waitFor();
    await tabTo(page, /^Edit$/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Add to members' }).waitFor();
    await tabTo(page, /^Add to members$/);
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Member 2' }).waitFor();
    await tabTo(page, /^Member 2/, (await focused(page)) === 'Add to members' ? 'Shift+Tab' : 'Tab', 8);
    await page.keyboard.type('ada');
    await tabTo(page, /^Review changes$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What will change' }).waitFor();
    await tabTo(page, /^Save Team$/);
    await page.keyboard.press('Enter');
    const members = async () => ((await world.client.get({ kind: teamKind, name: 'platform' })).spec as { members: string[] }).members;
    await expect.poll(members, { timeout: PATIENCE }).toEqual(['admin', 'ada']);
  });

  it('one opens the logs of a pod and leaves them (E23, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list/default/dev?tab=workloads'));
    await page.getByRole('button', { name: /^Logs of web-0/ }).waitFor();
    await tabTo(page, /^Logs of web-0/);
    await page.keyboard.press('Enter');
    await page.getByText('listening on :8080').waitFor();
    await tabTo(page, /^Close .*web-0/);
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Terminals and logs' }).waitFor({ state: 'detached' });
  });

  it('one deletes by name (E23, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/people/teams/platform'));
    await page.getByRole('heading', { level: 1, name: 'platform' }).waitFor();
    await tabTo(page, /^Delete$/);
    await page.keyboard.press('Enter');
    await page.getByLabel('Type platform to confirm').waitFor();
    expect(await focused(page)).toBe('Type platform to confirm');
    await page.keyboard.type('platform');
    await expect
      .poll(() => page.getByRole('button', { name: 'Delete platform' }).getAttribute('aria-disabled'), { timeout: PATIENCE })
      .toBeNull();
    await page.keyboard.press('Enter');
    await arrived(page, 'People & access');
    expect(await world.client.find({ kind: teamKind, name: 'platform' })).toBeUndefined();
  });
});

describe('the palette', () => {
  it('finds objects of every kind, pages and settings, runs what the page offers, and offers first what was used last (E4)', async () => {
    const { page } = visit;
    await world.client.create(teamKind, { metadata: { name: 'palette-crew' }, spec: {} } as unknown as NewObject);
    await world.client.create(userKind, { metadata: { name: 'palette-reader' }, spec: {} } as unknown as NewObject);
    await page.goto(at('/clusters/people/teams/palette-crew'));
    await page.getByRole('heading', { level: 1, name: 'palette-crew' }).waitFor();
    const find = async (text: string): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill(text);
    };
    await find('palette');
    await page.getByRole('option', { name: 'palette-crew Team' }).waitFor();
    await page.getByRole('option', { name: 'palette-reader User' }).waitFor();
    await page.getByRole('combobox').fill('starter');
    await page.getByRole('option', { name: /^starter Cluster profile/ }).waitFor();
    await page.getByRole('combobox').fill('dev cluster');
    await page.getByRole('option', { name: 'dev Cluster in default' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('combobox').fill('palette-reader');
    await page.getByRole('option', { name: 'palette-reader User', selected: true }).waitFor();
    await page.keyboard.press('Enter');
    await arrived(page, 'palette-reader');
    // What the page offers: its head, its tabs; and settings.
    await find('yaml');
    await page.getByRole('option', { name: 'YAML This page' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/tab=yaml/);
    await find('dark');
    await page.getByRole('option', { name: 'Dark theme Setting' }).waitFor();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    // What was used last is there before anything is asked for, also after a reload.
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'palette-reader' }).waitFor();
    await page.keyboard.press('Control+k');
    expect(await page.getByRole('option').first().textContent()).toContain('Dark theme');
    await page.getByRole('option', { name: 'palette-reader User' }).waitFor();
    await page.keyboard.press('Escape');
    await find('theme of the system');
    await page.keyboard.press('Enter');
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('and every row of a list has what can be done with it by keyboard, and says why it cannot (E4, in part; E20, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/rollouts?kind=maintenancepolicies'));
    await page.goto(at('/clusters/projects'));
    const row = page.getByRole('link', { name: 'default', exact: true });
    await row.waitFor();
    await row.focus();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('delete default');
    await page.getByRole('option', { name: 'Delete default Row default' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Delete default?' }).waitFor();
    await page.keyboard.press('Escape');
    // Somebody who may only look: the same buttons are there, and say what is missing.
    const spec = { role: 'tenant-viewer', subjects: [{ kind: 'User', name: 'palette-reader' }] };
    await world.client.create(roleBindingKind, { metadata: { name: 'reader' }, spec } as unknown as NewObject);
    await world.hub.hub.identity.accounts.setPassword({ tenant: 'default', name: 'palette-reader' }, PASSWORD);
    const reader = await visitAs(world, 'palette-reader', '/clusters/projects');
    for (const [name, verb] of [
      ['Edit default', 'update'],
      ['Delete default', 'delete'],
    ] as const) {
      const refused = reader.page.getByRole('button', { name, exact: true });
      await expect.poll(() => refused.getAttribute('title'), { timeout: PATIENCE }).toContain(`do not let you ${verb} projects`);
      await refused.press('Enter');
    }
    expect(await reader.page.getByRole('dialog').count()).toBe(0);
    await reader.page.getByRole('link', { name: 'default', exact: true }).focus();
    await reader.page.keyboard.press('Control+k');
    await reader.page.getByRole('combobox').fill('delete default');
    expect(await reader.page.getByRole('option', { name: /^Delete default/ }).getAttribute('aria-disabled')).toBe('true');
    await reader.page.keyboard.press('Enter');
    await reader.page.getByRole('combobox').waitFor();
    await reader.context.close();
  });

  it('arrows and letters go from row to row in the tables of every kind', async () => {
    const { page } = visit;
    await world.client.create(teamKind, { metadata: { name: 'zeta' }, spec: {} } as unknown as NewObject);
    await page.goto(at('/clusters/people?tab=teams'));
    const first = page.getByRole('link', { name: 'palette-crew', exact: true });
    await page.getByRole('link', { name: 'zeta', exact: true }).waitFor();
    await first.focus();
    await page.keyboard.press('j');
    expect(await focused(page)).toBe('zeta');
    await page.keyboard.press('ArrowUp');
    expect(await focused(page)).toBe('palette-crew');
  });
});

describe('what people need otherwise', () => {
  const fits = (box: { x: number; width: number } | null): boolean => box !== null && box.x >= 0 && box.x + box.width <= 640;

  it('at twice the size nothing is lost: everything of the page and its header can be reached and used (E23, in part)', async () => {
    const { page, context } = await world.visit('/clusters/list', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
    await page.getByRole('link', { name: 'dev', exact: true }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.getByRole('button', { name: 'Navigation', exact: true }).press('Enter');
    for (const title of ['Overview', 'Profiles', 'People & access', 'Audit'])
      await page.getByRole('navigation', { name: 'Cluster mode' }).getByRole('link', { name: title }).scrollIntoViewIfNeeded();
    await page.getByRole('navigation', { name: 'Cluster mode' }).getByRole('link', { name: 'Overview' }).press('Enter');
    await arrived(page, 'Overview');
    for (const name of [/^Scope/, /^Search/]) expect(await page.getByRole('button', { name }).isVisible()).toBe(true);
    await page.getByRole('button', { name: /^User menu/ }).press('Enter');
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).press('Enter');
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    const dialog = await page.getByRole('dialog').boundingBox();
    expect(fits(dialog) && (dialog?.height ?? 999) <= 400).toBe(true);
    await page.keyboard.press('Escape');
    await page.goto(at('/clusters/people/new/users'));
    for (const name of ['Review changes', 'Cancel']) {
      await page.getByRole('button', { name, exact: true }).scrollIntoViewIfNeeded();
      const box = await page.getByRole('button', { name, exact: true }).boundingBox();
      expect(fits(box)).toBe(true);
    }
    expect(await violationsOf(page)).toEqual([]);
    await context.close();
  });

  it('whoever asked for less motion has none, in editors too (E23, in part)', async () => {
    const { page, context } = await world.visit('/clusters/list', { reducedMotion: 'reduce' });
    const MOVING = `(() => {
      const moving = [];
      const look = (root) => {
        for (const one of root.querySelectorAll('*')) {
          if (one.shadowRoot !== null) look(one.shadowRoot);
          for (const pseudo of [undefined, '::before', '::after']) {
            const { transitionDuration, animationName, animationDuration, scrollBehavior } = getComputedStyle(one, pseudo);
            const lasts = (times) => times.split(',').some((time) => Number.parseFloat(time) > 0);
            if (lasts(transitionDuration) || (animationName !== 'none' && lasts(animationDuration)) || scrollBehavior === 'smooth') moving.push(one.tagName + '.' + one.className);
          }
        }
      };
      look(document);
      return moving;
    })()`;
    for (const path of ['/clusters/overview', '/clusters/list', '/clusters/list/default/dev?tab=yaml', '/clusters/people/new/teams']) {
      await page.goto(at(path));
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (path.includes('yaml')) await page.getByRole('textbox', { name: 'YAML' }).focus();
      await expect.poll(() => page.locator('.skeleton').count(), { timeout: PATIENCE }).toBe(0);
      expect(await page.evaluate(MOVING), path).toEqual([]);
    }
    await context.close();
    // Who did not gets little: never more than 150 ms.
    await visit.page.goto(at('/clusters/list'));
    await visit.page.getByRole('link', { name: 'dev', exact: true }).waitFor();
    const longest = `Math.max(...[...document.querySelectorAll('*')].flatMap((one) => getComputedStyle(one).transitionDuration.split(',').map((time) => Number.parseFloat(time) * 1000)))`;
    expect(await visit.page.evaluate(longest)).toBeLessThanOrEqual(150);
  });

  it('broke no rule of the policy, and asked no other host', () => expect(visit.wrongs).toEqual([]));
});
