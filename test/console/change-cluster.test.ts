import { type ApiObject, clusterKind, type ClusterSpec, machinePoolKind, type MachinePoolSpec, type NewObject } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  await makeCluster(world.client, 'default', 'dev');
  await world.client.create(machinePoolKind, {
    metadata: { name: 'dev-workers', namespace: 'default' },
    spec: { cluster: 'dev', replicas: 2 },
  } as unknown as NewObject);
  visit = await world.visit('/clusters/list/default/dev');
});
afterAll(() => world?.stop());

const at = (path: string): string => `${world.hub.url}/console${path}`;
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: true });
const setting = (name: RegExp) => visit.page.getByRole('listitem').filter({ hasText: name });
const stored = async (name = 'dev') =>
  (await world.client.get<ApiObject<ClusterSpec>>({ kind: clusterKind, project: 'default', name })).spec;
const storedPool = async (name = 'dev-workers') =>
  (await world.client.get<ApiObject<MachinePoolSpec>>({ kind: machinePoolKind, project: 'default', name })).spec;
const planShown = () => visit.page.getByRole('heading', { name: 'When it runs' }).waitFor();

describe('changing a cluster', () => {
  it('shows the hub’s plan of a pool that is scaled before anything is stored, at an address of its own (E17, in part)', async () => {
    const { page } = visit;
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByRole('textbox', { name: /^Pool dev-workers/ }).fill('x');
    expect(
      await setting(/Pool dev-workers/)
        .getByRole('button')
        .getAttribute('title'),
    ).toBe('Write a whole number from 0 to 500.');
    await page.getByRole('textbox', { name: /^Pool dev-workers/ }).fill('1');
    await setting(/Pool dev-workers/)
      .getByRole('button', { name: 'Review scaling' })
      .click();
    await page.waitForURL(/change=scale/);
    await planShown();
    await page.getByRole('cell', { name: /Scale pool workers down from 2 to 1/ }).waitFor();
    await page.getByText('restarts pods').first().waitFor();
    expect((await storedPool()).replicas).toBe(2);
    // The address is all that somebody else needs to look at the same change.
    await page.reload();
    await planShown();
    await button('Scale pool dev-workers to 1').click();
    await expect.poll(async () => (await storedPool()).replicas, { timeout: PATIENCE }).toBe(1);
    await page.waitForURL((url) => !url.search.includes('change'));
  });

  it('moves to another version of the profile after its plan was seen (E17, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list/default/dev?tab=settings'));
    await page.getByRole('combobox', { name: 'Version of starter', exact: true }).selectOption('1.1.0');
    await button('Review move').click();
    await planShown();
    await page.getByRole('cell', { name: /Move the control plane from Kubernetes/ }).waitFor();
    await page.getByText('replaces every machine').first().waitFor();
    expect((await stored()).profile.version).toBe('1.0.0');
    await button('Move to starter@1.1.0').click();
    await page.waitForURL((url) => !url.search.includes('change'));
    expect((await stored()).profile.version).toBe('1.1.0');
  });

  it('pauses and resumes, and reports drift instead of healing it, each after its plan was seen (E17, in part)', async () => {
    const { page } = visit;
    for (const [review, act, is] of [
      ['Review pausing', 'Pause cluster', { paused: true }],
      ['Review resuming', 'Resume cluster', { paused: false }],
      ['Review reporting only', 'Report drift only', { drift: 'report' }],
    ] as const) {
      await page.goto(at('/clusters/list/default/dev?tab=settings'));
      await button(review).click();
      await planShown();
      await button(act).click();
      await page.waitForURL((url) => !url.search.includes('change'));
      expect(await stored()).toMatchObject(is);
    }
  });

  it('has no axe violation in either theme, and broke no rule of the policy (E23, in part)', async () => {
    const { page } = visit;
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const search of ['', '&change=scale:dev-workers%3D4']) {
        await page.goto(at(`/clusters/list/default/dev?tab=settings${search}`));
        await page.getByRole('heading', { name: search === '' ? 'Delete' : 'When it runs', exact: true }).waitFor();
        await expect.poll(() => page.locator('.skeleton').count(), { timeout: PATIENCE }).toBe(0);
        found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${search}: ${one}`));
      }
    }
    expect(found).toEqual([]);
    expect(visit.wrongs).toEqual([]);
  });
});
