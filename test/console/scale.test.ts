import { join } from 'node:path';
import { createApiClient } from '@slipway/api';
import { silentLogger } from '@slipway/kit';
import { clusterKind, type NewObject, roleBindingKind, userKind } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Demo, startDemo } from '../../apps/hub/src/demo/start-demo.ts';
import { violationsOf } from './axe.ts';
import { builtConsole, openBrowser, PATIENCE, signIn, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

const CLUSTERS = 5000;
const SLOW = Number(process.env['SLIPWAY_TEST_SLOWNESS'] ?? 10);

let demo: Demo;
let world: Awaited<ReturnType<typeof openBrowser>>;
let visit: Visit;
beforeAll(async () => {
  demo = await startDemo({
    clusters: CLUSTERS,
    seed: 1,
    port: 0,
    weatherMs: 0,
    packsDir: join(import.meta.dirname, '../../packs'),
    consoleDir: await builtConsole(),
    version: '0.0.0-test',
    logger: silentLogger,
  });
  world = await openBrowser(demo);
  visit = await world.visit('/clusters/overview');
}, 600_000);
afterAll(async () => {
  await world?.close();
  await demo?.stop();
});

const open = async (path: string, title: string): Promise<void> => {
  await visit.page.goto(`${demo.url}/console${path}`);
  await visit.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
};
const client = () => createApiClient({ server: demo.url, ca: demo.hub.ca, token: demo.token });
const chip = (name: RegExp) => visit.page.getByRole('group', { name: 'Status' }).getByRole('button', { name });
/** All of the scope is there: the count says no longer that more comes. */
const wholeFleet = async (): Promise<void> => {
  await visit.page
    .getByRole('table', { name: 'Clusters' })
    .or(visit.page.getByRole('heading', { name: /^No cluster/ }))
    .first()
    .waitFor();
  await visit.page.getByText(/so far…$/).waitFor({ state: 'detached' });
};
const focusedRow = () =>
  visit.page.evaluate(() => Number((globalThis as any).document.activeElement?.closest('[aria-rowindex]')?.getAttribute('aria-rowindex')));
const table = () => visit.page.getByRole('table', { name: 'Clusters' });
/** Without the heading. */
const rowCount = async (): Promise<number> => Number(await table().getAttribute('aria-rowcount')) - 1;

describe('a fleet of 5,000 clusters', () => {
  it('says on every page that it is a demo', async () => {
    await open('/clusters/overview', 'Overview');
    expect(await visit.page.locator('.demo-mark').textContent()).toContain('made up');
    await visit.page.goto(`${demo.url}/console/apps/list`);
    await visit.page.locator('.demo-mark').waitFor();
  });

  it('is listed and filtered by status, profile, version, label and text, with counts, and all of it is in the address (E6)', async () => {
    const { page } = visit;
    const begun = Date.now();
    await open('/clusters/list', 'Clusters');
    await table().getByRole('row').nth(1).waitFor();
    expect(Date.now() - begun).toBeLessThan(2000 * SLOW);
    await wholeFleet();
    expect(await rowCount()).toBeGreaterThan(4900);
    // Only what is in view is in the document.
    expect(await table().getByRole('row').count()).toBeLessThan(100);
    const words = await chip(/^Running/).textContent();
    await chip(/^Running/).click();
    await page.waitForURL(/status=Running/);
    await expect.poll(rowCount, { timeout: PATIENCE }).toBe(Number(words?.replaceAll(/\D/g, '')));
    await page.getByLabel('Profile', { exact: true }).selectOption('store@1.2.0');
    await page.getByLabel('Label', { exact: true }).selectOption('region=eu-west');
    await page.getByLabel('Kubernetes version').selectOption('v1.36.3');
    await page.waitForURL(/kubernetes=v1\.36\.3/);
    await expect.poll(rowCount, { timeout: PATIENCE }).toBeLessThan(400);
    const narrowed = await rowCount();
    expect(narrowed).toBeGreaterThan(10);
    expect(narrowed).toBeLessThan(400);
    await page.getByLabel('Filter by name').fill('canary');
    await page.waitForURL(/q=canary/);
    await expect.poll(rowCount, { timeout: PATIENCE }).toBeLessThan(narrowed);
    await page.reload();
    await wholeFleet();
    expect(await page.getByLabel('Label', { exact: true }).inputValue()).toBe('region=eu-west');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('button', { name: 'Drift', exact: true }).click();
    await page.waitForURL(/sort=drift/);
    await expect
      .poll(async () => Number(await table().getByRole('row').nth(1).getByRole('cell').nth(7).textContent()), { timeout: PATIENCE })
      .toBeGreaterThan(0);
    await picture(page, 'clusters-5000');
  });

  it('scrolls and is walked through by keyboard to its end', async () => {
    const { page } = visit;
    await open('/clusters/list?sort=name', 'Clusters');
    await wholeFleet();
    await table().getByRole('row').nth(1).getByRole('link').focus();
    await page.keyboard.press('End');
    await expect.poll(focusedRow, { timeout: PATIENCE }).toBeGreaterThan(4900);
    await page.keyboard.press('x');
    await page.getByRole('toolbar').getByText('1 chosen').waitFor();
    await page.keyboard.press('Home');
    await expect.poll(focusedRow, { timeout: PATIENCE }).toBe(2);
  });

  it('a view with filters and order is kept under a name: there again after a reload, and gone when it is deleted (E6)', async () => {
    const { page } = visit;
    await open('/clusters/list?status=Degraded&sort=-age', 'Clusters');
    await wholeFleet();
    await page.getByRole('button', { name: 'Views that you saved' }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Give the view a name.').waitFor();
    await page.getByLabel('Keep these filters and this order as').fill('Morning round');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Views that you saved, now Morning round' }).waitFor();
    await open('/clusters/list?q=store', 'Clusters');
    await page.getByRole('button', { name: 'Views that you saved' }).click();
    await page.getByRole('button', { name: 'Morning round', exact: true }).click();
    await page.waitForURL(
      (url) => url.search.includes('status=Degraded') && url.search.includes('sort=-age') && !url.search.includes('q='),
    );
    await page.getByRole('button', { name: 'Views that you saved, now Morning round' }).click();
    await page.getByRole('button', { name: 'Delete the view Morning round' }).click();
    await page.getByText('No view is saved yet').waitFor();
  });

  it('many are paused at once, with a result for each, and one is deleted only by its name (E6)', async () => {
    const { page } = visit;
    await open('/clusters/list?project=labs&status=Running&sort=name', 'Clusters');
    await wholeFleet();
    const count = await rowCount();
    await page.getByRole('checkbox', { name: /^Choose all/ }).check();
    const bar = page.getByRole('toolbar', { name: 'Actions for the chosen clusters' });
    await bar.getByText(`${count} chosen`).waitFor();
    // Nothing to resume: said, and not done.
    expect(await bar.getByRole('button', { name: 'Resume' }).getAttribute('title')).toBe('It is not paused.');
    const [refused] = (await page.getByRole('row').nth(1).getByRole('link').allTextContents()) as [string];
    await bar.getByRole('button', { name: 'Pause' }).click();
    // Gone meanwhile, in another tab: one result among many.
    const elsewhere = client();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: /^Pause \d+ clusters/ }).waitFor();
    await elsewhere.patch({ kind: clusterKind, project: 'labs', name: refused }, { metadata: { finalizers: null } });
    await elsewhere.delete({ kind: clusterKind, project: 'labs', name: refused });
    await dialog.getByRole('button', { name: /^Pause \d+ clusters/ }).click();
    await dialog.getByText(`${count - 1} of ${count} paused, 1 refused`).waitFor();
    expect(await dialog.getByRole('listitem').first().textContent()).toContain(refused);
    expect(await dialog.getByRole('listitem').first().textContent()).toMatch(/Refused.*not found|does not exist|no Cluster/i);
    await dialog.getByRole('button', { name: 'Close' }).click();
    const { items } = await elsewhere.list(clusterKind, { project: 'labs' });
    expect(items.filter((item) => (item.spec as { paused: boolean }).paused).length).toBeGreaterThanOrEqual(count - 1);
    await open('/clusters/list?project=labs&status=Paused&sort=name', 'Clusters');
    await wholeFleet();
    const first = table().getByRole('row').nth(1);
    const name = (await first.getByRole('link').textContent()) ?? '';
    await first.getByRole('checkbox').check();
    await bar.getByRole('button', { name: 'Delete' }).click();
    const doIt = dialog.getByRole('button', { name: 'Delete 1 cluster' });
    await doIt.click({ force: true });
    expect(await doIt.getAttribute('title')).toBe(`Type “${name}” first.`);
    await dialog.getByLabel(/^Type/).fill(name);
    await doIt.click();
    await dialog.getByText('1 of 1 being deleted').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect((await elsewhere.get({ kind: clusterKind, project: 'labs', name })).metadata.deletionTimestamp).toBeDefined();
    elsewhere.close();
  });

  it('the overview says first what needs somebody, with reason, age and one action, then versions, capacity, places and what happened', async () => {
    const { page } = visit;
    await open('/clusters/overview', 'Overview');
    const needs = page.getByRole('region', { name: 'Needs you' });
    const approvals = needs.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3, name: /^Waits for an approval/ }) });
    await approvals.first().waitFor();
    expect(await approvals.first().textContent()).toMatch(/\d+ clusters.*oldest.*ago.*repave: Kubernetes/);
    await page.getByRole('region', { name: 'Capacity' }).getByText(/TiB/).first().waitFor();
    await page.getByText(/clusters so far/).waitFor({ state: 'detached' });
    await picture(page, 'overview-5000');
    await page.getByRole('navigation', { name: 'View of the regions' }).getByRole('link', { name: 'Map' }).click();
    await page.waitForURL(/places=map/);
    await page.getByRole('region', { name: 'Europe' }).getByRole('link', { name: 'eu-central' }).click();
    await page.waitForURL(/label=region/);
    await wholeFleet();
    expect(await rowCount()).toBeGreaterThan(1000);
    await open('/clusters/overview', 'Overview');
    await approvals
      .first()
      .getByRole('link', { name: /^See all/ })
      .click();
    await page.waitForURL(/needs=ApprovalNeeded/);
    await expect.poll(rowCount, { timeout: PATIENCE }).toBeGreaterThan(10);
    await page.getByRole('button', { name: 'Waits for an approval' }).click();
    await page.waitForURL((url) => !url.search.includes('needs'));
  });

  it('a change shows within two seconds, also one that was made while the network was away (E8, in part)', async () => {
    const { page } = visit;
    await open('/clusters/list?project=platform&sort=name', 'Clusters');
    await wholeFleet();
    const other = client();
    const name = ((await table().getByRole('row').nth(1).getByRole('link').textContent()) ?? '').trim();
    const label = async (value: string): Promise<number> => {
      await other.patch({ kind: clusterKind, project: 'platform', name }, { metadata: { labels: { shown: value } } });
      return Date.now();
    };
    await label('warm');
    await page.getByLabel('Label', { exact: true }).locator('option[value="shown=warm"]').waitFor({ state: 'attached' });
    const at = await label('now');
    await page.getByLabel('Label', { exact: true }).locator('option[value="shown=now"]').waitFor({ state: 'attached' });
    expect(Date.now() - at).toBeLessThan(2000 * SLOW);
    await visit.context.setOffline(true);
    await page.evaluate(`window.dispatchEvent(new Event('offline'))`);
    await label('meanwhile');
    await visit.context.setOffline(false);
    await page.getByLabel('Label', { exact: true }).locator('option[value="shown=meanwhile"]').waitFor({ state: 'attached' });
    other.close();
  });

  it('nothing yet, no match and no access each say so and give one next step, and a part that fails leaves the rest (E7)', async () => {
    const { page } = visit;
    await open('/clusters/list?q=nobody-is-called-this', 'Clusters');
    await page.getByRole('heading', { name: 'No cluster matches' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).first().click();
    await page.waitForURL((url) => !url.search.includes('q='));
    await open('/clusters/list?project=default', 'Clusters');
    await page.getByRole('heading', { name: 'No clusters yet' }).waitFor();
    const admin = client();
    await admin.create(userKind, { metadata: { name: 'guest' }, spec: {} } as unknown as NewObject);
    await demo.hub.identity.accounts.setPassword({ tenant: 'default', name: 'guest' }, 'correct-horse-battery-9');
    const guest = await world.visit();
    await signIn(guest.page, `${demo.url}/console/clusters/list`, { user: 'guest', password: 'correct-horse-battery-9' });
    await guest.page.getByRole('heading', { name: 'You may not see this' }).waitFor();
    expect(await guest.page.getByRole('alert').first().textContent()).toMatch(/can grant it/);
    // Clusters of one project, and nothing else: the overview stands, and only the parts that are not allowed say so.
    const spec = { role: 'cluster-viewer', subjects: [{ kind: 'User', name: 'guest' }], projects: ['labs'] };
    await admin.create(roleBindingKind, { metadata: { name: 'guest-looks' }, spec } as unknown as NewObject);
    admin.close();
    await guest.page.goto(`${demo.url}/console/clusters/overview?project=labs`);
    await guest.page.getByRole('region', { name: 'Needs you' }).waitFor();
    await guest.page.getByRole('region', { name: 'Versions' }).getByRole('link', { name: 'starter' }).waitFor();
    await guest.context.close();
    // One part that cannot be had: it says so, and the others stand.
    await page.route('**/machinepools?*', (route) => route.abort());
    await open('/clusters/overview?project=plants', 'Overview');
    await page.getByRole('region', { name: 'Capacity' }).getByRole('alert').waitFor();
    await page.getByRole('region', { name: 'Versions' }).getByRole('link', { name: 'plant' }).waitFor();
    await page.getByRole('region', { name: 'Needs you' }).getByRole('link').first().waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('skeletons hold the places of what comes (E7, in part)', async () => {
    const { page } = visit;
    await page.route('**/apis/slipway.dev/v1/clusters?*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await route.continue().catch(() => undefined);
    });
    await open('/clusters/overview', 'Overview');
    await page.getByRole('region', { name: 'Needs you' }).locator('.skeleton').first().waitFor();
    const before = await page.getByRole('region', { name: 'Needs you' }).boundingBox();
    await page.getByRole('heading', { level: 3, name: /^Waits for an approval/ }).waitFor();
    const after = await page.getByRole('region', { name: 'Needs you' }).boundingBox();
    expect([after?.x, after?.width]).toEqual([before?.x, before?.width]);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('has no axe violation, light or dark, wide or on a phone (E23, in part)', async () => {
    const { page } = visit;
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [path, title] of [
        ['/clusters/overview', 'Overview'],
        ['/clusters/overview?places=map', 'Overview'],
        ['/clusters/list?project=shop&needs=any', 'Clusters'],
      ] as const) {
        await open(path, title);
        await page.getByText(/so far…/).waitFor({ state: 'detached' });
        if (title === 'Clusters') await page.getByRole('checkbox').nth(1).check();
        found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${path}: ${one}`));
      }
      await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').getByLabel(/^Type/).waitFor();
      found.push(...(await violationsOf(page)).map((one) => `${colorScheme} dialog: ${one}`));
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 390, height: 844 });
    await open('/clusters/overview', 'Overview');
    await page.getByText(/so far…/).waitFor({ state: 'detached' });
    found.push(...(await violationsOf(page)).map((one) => `phone: ${one}`));
    // Nothing is cut off or has to be scrolled sideways.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(found).toEqual([]);
  }, 300_000);

  it('speaks to no other host, breaks no rule of its policy and fails nowhere', () => {
    expect(visit.wrongs).toEqual([]);
  });
});
