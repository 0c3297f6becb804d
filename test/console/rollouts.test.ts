import { rolloutKind } from '@slipway/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  for (const name of ['one', 'two', 'three']) await makeCluster(world.client, 'default', name, { labels: { env: 'prod' } });
  visit = await world.visit('/clusters/rollouts');
  visit.page.on('dialog', (dialog) => void dialog.accept());
});
afterAll(() => world?.stop());

const button = (name: string) => visit.page.getByRole('button', { name, exact: true });
const phase = async () => (await world.client.get<any>({ kind: rolloutKind, name: 'winter' })).status?.phase;

it('shows what a rollout does to the fleet before it is made: clusters by filter, waves, impact (E16, in part; E17, in part)', async () => {
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

it('shows its waves and clusters as they go, is paused, goes on, and a wave is let go (E16, in part)', async () => {
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

it('is ended for good only after it was asked again; what is over offers nothing but its reason (E16, in part; E20, in part)', async () => {
  const { page } = visit;
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
