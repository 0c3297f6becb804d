import { clusterProfileKinds, maintenancePolicyKind, type NewObject, rolloutKind } from '@slipway/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  for (const name of ['one', 'two', 'three']) await makeCluster(world.client, 'default', name, { labels: { env: 'prod' } });
  await beginDoomed();
  visit = await world.visit('/clusters/rollouts');
  visit.page.on('dialog', (dialog) => void dialog.accept());
});
afterAll(() => world?.stop());

/** A rollout whose first cluster has a minute to become Ready and, without machines, never does; it fails while other things are tested. */
async function beginDoomed(): Promise<void> {
  const profiles = clusterProfileKinds.at('tenant');
  const [first] = (await world.client.get<any>({ kind: profiles, name: 'starter' })).spec.versions;
  const versions = ['1.0.0', '1.1.0'].map((version) => ({ ...first, version }));
  await world.client.create(profiles, { metadata: { name: 'owned' }, spec: { type: 'full', versions } } as unknown as NewObject);
  for (const name of ['lost', 'next'])
    await makeCluster(world.client, 'default', name, { spec: { profile: { name: 'owned', version: '1.0.0' } } });
  const spec = {
    target: { name: 'owned', version: '1.1.0' },
    selector: { clusters: ['default/lost', 'default/next'] },
    waves: [
      { name: 'first', count: 1 },
      { name: 'rest', percent: 100 },
    ],
    gates: { timeoutMinutes: 1, failedMinutes: 0 },
  };
  await world.client.create(rolloutKind, { metadata: { name: 'doomed' }, spec } as unknown as NewObject);
}

const button = (name: string) => visit.page.getByRole('button', { name, exact: true });
const phase = async () => (await world.client.get<any>({ kind: rolloutKind, name: 'winter' })).status?.phase;

it('shows what a rollout does to the fleet before it is made: clusters by filter, waves, impact (E16; E17, in part)', async () => {
  const { page } = visit;
  await page.getByRole('link', { name: 'Create rollout' }).click();
  await page.getByRole('heading', { level: 1, name: 'Create rollout' }).waitFor();
  await button('YAML').click();
  const editor = page.getByRole('textbox', { name: 'YAML of Rollout' });
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(
    'apiVersion: slipway.dev/v1\nkind: Rollout\nmetadata:\n  name: winter\nspec:\n  target: { name: starter, version: 1.1.0 }\n  selector: { labels: env=prod }\n  waves:\n    - name: canary\n      count: 1\n    - name: rest\n      percent: 100\n      automatic: false\n',
  );
  await button('Review changes').click();
  await page.getByRole('heading', { name: 'What it does to the fleet' }).waitFor();
  await page.getByText('3 clusters', { exact: true }).waitFor();
  await page.getByText('canary · 1 cluster', { exact: true }).waitFor();
  expect(await world.client.find({ kind: rolloutKind, name: 'winter' })).toBeUndefined();
  await button('Create Rollout').click();
  await page.getByRole('heading', { level: 1, name: 'winter' }).waitFor();
});

it('shows its waves and clusters as they go, is paused, goes on, and a wave is let go (E16)', async () => {
  const { page } = visit;
  await page.getByText('0 of 1 done').waitFor();
  await button('Pause rollout').click();
  await expect.poll(phase, { timeout: PATIENCE }).toBe('Paused');
  await page.getByText('Paused', { exact: true }).waitFor();
  expect(await button('Pause rollout').getAttribute('title')).toBe('It is paused.');
  await picture(page, 'rollout');
  await button('Resume rollout').click();
  await expect.poll(phase, { timeout: PATIENCE }).not.toBe('Paused');
  await button('Release wave rest').click();
  await expect
    .poll(async () => (await world.client.get<any>({ kind: rolloutKind, name: 'winter' })).spec.release, { timeout: PATIENCE })
    .toEqual(['rest']);
});

it('begins with the clusters that were chosen in the list, and asks for the rest (E16; E6)', async () => {
  const { page } = visit;
  await page.goto(`${world.hub.url}/console/clusters/list`);
  await page.getByRole('checkbox', { name: /one/ }).check();
  await page.getByRole('checkbox', { name: /three/ }).check();
  await page.getByRole('link', { name: 'Move to a version' }).click();
  await page.getByRole('heading', { level: 1, name: 'Create rollout' }).waitFor();
  await page.reload();
  await button('YAML').click();
  await expect
    .poll(() => page.getByRole('textbox', { name: 'YAML of Rollout' }).textContent(), { timeout: PATIENCE })
    .toMatch(/name: starter.*- default\/one.*- default\/three/s);
  await page.goto(`${world.hub.url}/console/clusters/rollouts/new/rollouts?spec=nonsense`);
  await page.getByRole('heading', { level: 1, name: 'Create rollout' }).waitFor();
});

it('waits for its window, and says when that opens (E16)', async () => {
  const { page } = visit;
  const policy = { metadata: { name: 'leap-days' }, spec: { windows: [{ name: 'leap', start: '0 3 29 2 *', durationMinutes: 30 }] } };
  await world.client.create(maintenancePolicyKind, policy as unknown as NewObject);
  const spec = {
    target: { name: 'starter', version: '1.1.0' },
    selector: { clusters: ['default/two'] },
    maintenancePolicy: 'leap-days',
    maxConcurrent: 7,
  };
  await world.client.create(rolloutKind, { metadata: { name: 'leap' }, spec } as unknown as NewObject);
  await page.goto(`${world.hub.url}/console/clusters/rollouts/rollouts/leap`);
  await page.getByText(/^At most 7 at once; halts at the first failure; in the windows of leap-days/).waitFor();
  await page.getByText('Waiting for its window', { exact: true }).waitFor();
  await page
    .getByText(/opens .*29|29 Feb/)
    .first()
    .waitFor();
});

it('is ended for good only after it was asked again; what is over offers nothing but its reason (E16; E20, in part)', async () => {
  const { page } = visit;
  await page.goto(`${world.hub.url}/console/clusters/rollouts/rollouts/winter`);
  await button('Abort rollout').click();
  await page.getByRole('heading', { name: 'Abort rollout?' }).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Abort rollout' }).click();
  await expect.poll(phase, { timeout: PATIENCE }).toBe('Aborted');
  await expect.poll(() => button('Abort rollout').getAttribute('title'), { timeout: PATIENCE }).toBe('It is over: Aborted.');
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await violationsOf(page)));
  }
  expect(found).toEqual([]);
  expect(visit.wrongs).toEqual([]);
});

it('a wave that fails stops it: what follows does not begin, and the page says why and how to go on (E16)', async () => {
  const { page } = visit;
  await page.goto(`${world.hub.url}/console/clusters/rollouts/rollouts/doomed`);
  await page.getByRole('heading', { level: 1, name: 'doomed' }).waitFor();
  await page.getByText('Halted', { exact: true }).waitFor({ timeout: 2 * PATIENCE });
  const clusters = page.getByRole('group', { name: 'Clusters of the rollout' });
  await clusters.getByText('Failed', { exact: true }).waitFor();
  expect(await clusters.textContent()).toContain('not done after 1 minute');
  const { waves } = (await world.client.get<any>({ kind: rolloutKind, name: 'doomed' })).status;
  expect(waves).toMatchObject([{ failed: 1 }, { total: 1, waiting: 1, moving: 0, done: 0 }]);
  await button('Resume rollout').click();
  await page.getByText('Progressing', { exact: true }).waitFor();
});
