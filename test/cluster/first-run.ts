import { expect } from 'vitest';
import { picture } from '../console/screenshots.ts';
import { PASSWORD, type RealConsole } from './real-console.ts';

/** What somebody is asked to do at most, and for how long, from the end of `up` to a cluster that runs. */
const MOST_STEPS = 10;
const MOST_SECONDS = 300;

/** From the link that `up` ends with to a cluster that runs, counting each thing that somebody does. */
export async function showFirstRun(real: RealConsole): Promise<void> {
  const { page, firstLink, upEndedAt } = real;
  let steps = 0;
  const heading = (name: string, level = 2) => page.getByRole('heading', { level, name, exact: true });
  const press = async (role: 'button' | 'link', name: string) => {
    steps += 1;
    await page.getByRole(role, { name, exact: true }).click();
  };
  const fill = async (label: string) => {
    steps += 1;
    await page.getByLabel(label).fill(PASSWORD);
  };
  steps += 1;
  await real.go(firstLink);
  await fill('New password');
  await fill('The same again');
  await press('button', 'Set password');
  await heading('Which project is the first cluster for?').waitFor();
  await press('button', 'Continue');
  await heading('Create the first cluster').waitFor();
  // Where somebody is, is with the hub: neither a reload nor a browser that forgot everything begins anew.
  await page.evaluate('localStorage.clear()');
  await real.reload();
  await heading('Create the first cluster').waitFor();
  // The gateway that `up` made is there: nothing has to be waited for.
  expect(await page.getByText('No gateway for this machine').count()).toBe(0);
  await picture(page, 'setup');
  await press('button', 'Create cluster');
  await heading('Cluster dev is on its way').waitFor();
  await real.reload();
  await heading('Cluster dev is on its way').waitFor();
  const list = page.getByRole('region', { name: 'Getting started' });
  await press('link', 'Go to the overview');
  await list.getByText('3 of 5').waitFor();
  await press('link', 'See it running');
  const row = page.locator('[data-row]').filter({ hasText: 'dev' });
  await row.getByText('Running', { exact: true }).waitFor({ timeout: MOST_SECONDS * 1000 });
  const seconds = Math.round((Date.now() - upEndedAt) / 1000);
  expect((await real.cluster()).status.phase).toBe('Running');
  expect(steps).toBeLessThanOrEqual(MOST_STEPS);
  expect(seconds).toBeLessThanOrEqual(MOST_SECONDS);
  await real.go('/console/clusters/overview');
  await list.getByText('4 of 5').waitFor();
  expect(await list.getByRole('link').allTextContents()).toEqual(['Invite a colleague']);
  await list.getByRole('button', { name: 'Dismiss' }).click();
  await list.waitFor({ state: 'detached' });
  await real.reload();
  await page.getByRole('list', { name: 'Clusters by state' }).waitFor();
  expect(await list.count()).toBe(0);
}
