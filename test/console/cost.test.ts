import { readFile } from 'node:fs/promises';
import { cloudAccountKind, machinePoolKind, type NewObject } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, makeProject, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  await makeProject(world.client, 'shop');
  const size = { cpu: 2, memoryMiB: 4096 };
  for (const [project, name] of [
    ['default', 'dev'],
    ['shop', 'checkout'],
    ['shop', 'catalogue'],
  ] as const)
    await makeCluster(world.client, project, name, { spec: { controlPlane: { replicas: name === 'checkout' ? 3 : 1, size } } });
  await makeCluster(world.client, 'shop', 'unsized');
  await world.client.create(machinePoolKind, {
    metadata: { name: 'dev-workers', namespace: 'default' },
    spec: { cluster: 'dev', pool: 'workers', replicas: 3, size },
  } as unknown as NewObject);
  visit = await world.visit('/clusters/cost');
});
afterAll(() => world?.stop());

const row = (name: string) => visit.page.getByRole('row').filter({ has: visit.page.getByRole('link', { name, exact: true }) });

describe('the cost of clusters', () => {
  it('is not guessed: without prices it says so, and follows when somebody declares them (E22, in part)', async () => {
    await row('dev').getByText('not known: the account "local" has no prices').waitFor();
    expect(await row('dev').innerText()).not.toMatch(/\b0\.00\b/);
    await world.client.patch(
      { kind: cloudAccountKind, name: 'local' },
      { spec: { prices: { currency: 'EUR', coreHour: '0.02', memoryGiBHour: '0.003' } } },
    );
    await row('dev').getByText('151.84 EUR').waitFor();
    // The dearest first, what nobody can price last and not as a zero.
    const names = await visit.page.getByRole('row').locator('td:first-child').allInnerTexts();
    expect(names).toEqual(['dev', 'checkout', 'catalogue', 'unsized']);
    expect(await row('unsized').innerText()).not.toMatch(/0\.00/);
  });

  it('has its formula one click away, by keyboard too, and a table as CSV by cluster and by project (E22, in part)', async () => {
    const { page } = visit;
    await row('dev').locator('summary').focus();
    await page.keyboard.press('Enter');
    await row('dev').getByText('workers: 3 × (2 cores × 0.02 + 4 GiB × 0.003)').waitFor();
    await picture(page, 'cost');
    expect(await saved()).toContain('default,dev,local,4,0.208,151.84,EUR,');
    await page.getByRole('link', { name: 'By project' }).click();
    await page.waitForURL(/by=project/);
    await page.getByRole('row').filter({ hasText: 'shop' }).getByText('151.84 EUR').waitFor();
    expect(await saved()).toEqual([
      'project,clusters,machines,perHour,perMonth,currency,notCounted',
      'default,1,4,0.208,151.84,EUR,',
      'shop,3,5,0.208,151.84,EUR,1 of 3 clusters in part or whole',
    ]);
    await page.reload();
    await page.getByRole('row').filter({ hasText: 'shop' }).getByRole('link', { name: 'shop' }).click();
    await row('checkout').waitFor();
    expect(await row('dev').count()).toBe(0);
    await page.getByRole('searchbox', { name: 'Filter clusters' }).fill('nothing-like-this');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await row('catalogue').waitFor();
  });

  it('has no axe violation, light or dark, and broke no rule of the policy (E23, in part)', async () => {
    const { page } = visit;
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ['/clusters/cost', '/clusters/cost?by=project']) {
        await page.goto(`${world.hub.url}/console${path}`);
        await page.getByRole('table').waitFor();
        found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${path}: ${one}`));
        const shots = process.env['SLIPWAY_LOOK'];
        if (shots) await page.screenshot({ path: `${shots}/cost-${colorScheme}-${path.length}.png` });
      }
    }
    expect(found).toEqual([]);
    expect(visit.wrongs).toEqual([]);
  });
});

/** The lines of what the button saves. */
async function saved(): Promise<string[]> {
  const waiting = visit.page.waitForEvent('download');
  await visit.page.getByRole('button', { name: 'Save as CSV' }).click();
  return (await readFile(await (await waiting).path(), 'utf8')).split('\n');
}
