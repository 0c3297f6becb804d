import { cloudAccountKind, clusterKind, kinds, machinePoolKind, type NewObject } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

const quotaKind = kinds.find(({ plural }) => plural === 'quotas');
let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  await makeCluster(world.client, 'default', 'taken');
  visit = await world.visit('/clusters/list');
});
afterAll(() => world?.stop());

const at = (path: string): string => `${world.hub.url}/console${path}`;
const button = (name: string) => visit.page.getByRole('button', { name, exact: true });
const step = (name: RegExp) => visit.page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name });

describe('creating a cluster', () => {
  it('goes in five steps that say whether they are in order, and asks the hub what would be made (E10, in part; E17, in part)', async () => {
    const { page } = visit;
    await page.getByRole('link', { name: 'Create cluster' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Create cluster' }).waitFor();
    await page
      .getByRole('radio', { name: /starter/ })
      .first()
      .check();
    await page.getByRole('combobox', { name: 'Version of starter', exact: true }).selectOption('1.0.0');
    await button('Next').click();
    await page.waitForURL(/step=infrastructure/);
    await page.getByRole('textbox', { name: /^Name/ }).fill('taken');
    await step(/Name & place/)
      .getByRole('img', { name: /to mend/ })
      .waitFor();
    await page.getByText('There is a cluster of this name in the project already.').first().waitFor();
    await page.getByRole('textbox', { name: /^Name/ }).fill('fresh');
    await step(/Name & place/)
      .getByRole('img', { name: 'in order', exact: true })
      .waitFor();
    await button('Next').click();
    await page.waitForURL(/step=pools/);
    await button('Next').click();
    await page.waitForURL(/step=variables/);
    // Back loses nothing, nor does a reload: the hub keeps the draft.
    await page.getByText('Kept by the hub for you, without secrets.').waitFor();
    await page.goBack();
    await page.goBack();
    expect(await page.getByRole('textbox', { name: /^Name/ }).inputValue()).toBe('fresh');
    await page.reload();
    await page.getByText('The cluster you had begun is back, without secrets.').waitFor();
    expect(await page.getByRole('textbox', { name: /^Name/ }).inputValue()).toBe('fresh');
    await page.evaluate('localStorage.clear()');
    await step(/Review/).click();
    await page.getByRole('heading', { name: 'What will be made' }).waitFor();
    await picture(page, 'create-cluster');
    expect(await world.client.find({ kind: clusterKind, project: 'default', name: 'fresh' })).toBeUndefined();
  });

  it('says what it would cost as it is filled in, how that comes about, and what is left of the quota before the last step (E10)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/new?step=pools'));
    const summary = page.getByRole('region', { name: 'Summary' });
    await summary.getByText('No price is known: the account “local” has no spec.prices.').waitFor();
    const prices = { currency: 'EUR', machineHour: '0.02' };
    await world.client.patch({ kind: cloudAccountKind, name: 'local' }, { spec: { prices } });
    await summary.getByText('29.20 EUR').waitFor();
    await summary.getByText('How this comes about').click();
    await summary.getByText('workers: 1 × (0.02)').waitFor();
    // Of the one cluster that is there, one node.
    const quota = { metadata: { name: 'small' }, spec: { project: 'default', hard: { nodes: 3 } } };
    await world.client.create(quotaKind as never, quota as unknown as NewObject);
    await summary.getByText('1 of 3 nodes taken').waitFor();
    const machines = page.getByLabel(/^Machines/).last();
    await machines.fill('4');
    await summary.getByText('73.00 EUR').waitFor();
    await step(/Machines/)
      .getByRole('img', { name: /to mend/ })
      .waitFor();
    await page
      .getByText(/exceeded quota: small/)
      .first()
      .waitFor();
    await machines.fill('1');
    await step(/Machines/)
      .getByRole('img', { name: 'in order', exact: true })
      .waitFor();
    await step(/Review/).click();
    await page.getByRole('heading', { name: 'What will be made' }).waitFor();
    await page.getByRole('main').getByText('29.20 EUR').nth(1).waitFor();
  });

  it('makes the cluster and its pools, and forgets the draft (E10, in part)', async () => {
    const { page } = visit;
    await expect.poll(() => button('Create cluster').getAttribute('aria-disabled'), { timeout: PATIENCE }).toBeNull();
    await button('Create cluster').click();
    await page.getByRole('heading', { level: 1, name: 'fresh' }).waitFor();
    const { spec } = await world.client.get<any>({ kind: clusterKind, project: 'default', name: 'fresh' });
    expect(spec).toMatchObject({ profile: { name: 'starter', version: '1.0.0' }, controlPlane: { replicas: 1 } });
    const pools = await world.client.list(machinePoolKind, { project: 'default' });
    expect(pools.items.map((pool: any) => [pool.spec.cluster, pool.spec.replicas])).toContainEqual(['fresh', 1]);
    await page.goto(at('/clusters/new?step=infrastructure'));
    await page.getByRole('textbox', { name: /^Name/ }).waitFor();
    expect(await page.getByRole('textbox', { name: /^Name/ }).inputValue()).toBe('');
  });

  it('has no axe violation at any step, light or dark, and broke no rule of the policy (E23, in part)', async () => {
    const { page } = visit;
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const name of ['profile', 'infrastructure', 'pools', 'variables', 'review']) {
        await page.goto(at(`/clusters/new?step=${name}`));
        await page.getByRole('navigation', { name: 'Steps' }).waitFor();
        await expect.poll(() => page.locator('.skeleton').count(), { timeout: PATIENCE }).toBe(0);
        found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${name}: ${one}`));
      }
    }
    expect(found).toEqual([]);
    expect(visit.wrongs).toEqual([]);
  });
});
