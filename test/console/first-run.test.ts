import { clusterKind, machinePoolKind } from '@slipway/model';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';

const GOOD = 'violet anchor tundra 7';

/** Counts what somebody does: each field filled and each thing pressed is one. */
function counted(page: Page) {
  let done = 0;
  return {
    get done() {
      return done;
    },
    press: async (role: 'button' | 'link' | 'radio', name: string) => {
      done += 1;
      await page.getByRole(role, { name }).click();
    },
    fill: async (label: string, text: string) => {
      done += 1;
      await page.getByLabel(label).fill(text);
    },
  };
}

describe('the first run', () => {
  let world: ConsoleWorld;
  let visit: Visit;
  let link = '';
  const heading = (name: string, level = 1) => visit.page.getByRole('heading', { level, name, exact: true });
  beforeAll(async () => {
    world = await startConsoleWorld();
    // As `up` asks for it.
    const made = await world.client.request<{ link: string }>('/apis/slipway.dev/v1/users/admin/invitation', {
      method: 'POST',
      body: { validForSeconds: 3600 },
    });
    link = made.link.replace('#', '?next=setup#');
    visit = await world.visit();
  });
  afterAll(() => world?.stop());

  it('leads from the one-time link over password and project to a first cluster in at most ten steps, and comes back to the same place after a reload (E1, in part)', async () => {
    const { page } = visit;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const steps = counted(page);
    await page.goto(link);
    await steps.fill('New password', GOOD);
    await steps.fill('The same again', GOOD);
    await steps.press('button', 'Set password');
    await heading('Set up Slipway').waitFor();
    // The token is nowhere but in the form: not in the address, nor in what the browser asked for.
    expect(asked.filter((url) => url.includes('swi_'))).toEqual([]);
    await heading('Which project is the first cluster for?', 2).waitFor();
    await page.reload();
    await steps.press('radio', 'A new project');
    await steps.fill('Name of the project (required)', 'payments');
    await steps.press('button', 'Continue');
    await heading('Create the first cluster', 2).waitFor();
    // In the hub, not in the browser: another one, and this one without all it remembers, go on there.
    await page.evaluate('localStorage.clear()');
    await page.reload();
    await heading('Create the first cluster', 2).waitFor();
    await page.getByText('in project payments').waitFor();
    await page.getByText('No gateway for this machine is connected yet').waitFor();
    // What this hub cannot do is there with its reason, is heard by who goes through the choices, and cannot be chosen.
    for (const [name, reason] of [
      ['One that runs already', /Not possible yet: this hub manages the clusters that it made itself/],
      ['A simulated one', /“slipway demo” starts a hub of its own/],
    ] as const) {
      const choice = page.getByRole('radio', { name });
      expect(await choice.getAttribute('aria-disabled')).toBe('true');
      expect(await page.locator('label').filter({ has: choice }).textContent()).toMatch(reason);
      await choice.dispatchEvent('click');
      expect(await page.getByRole('radio', { name: 'A new one, on this machine' }).isChecked()).toBe(true);
    }
    expect(await violationsOf(page)).toEqual([]);
    // The network changes just when the first machine comes up.
    let broken = 0;
    await page.route(/\/machinepools(\?|$)/, (route) => {
      if (route.request().method() !== 'POST' || broken === 2) return route.continue();
      broken += 1;
      return route.abort('connectionreset');
    });
    await steps.press('button', 'Create cluster');
    await heading('Cluster dev is on its way', 2).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.reload();
    await heading('Cluster dev is on its way', 2).waitFor();
    await steps.press('link', 'Open the cluster');
    await heading('dev').waitFor();
    expect(steps.done).toBeLessThanOrEqual(10);
    await expect.poll(() => broken, { timeout: PATIENCE }).toBe(2);
    const workers = { kind: machinePoolKind, project: 'payments', name: 'dev-workers' };
    await expect
      .poll(
        () =>
          world.client.get(workers).then(
            () => 'there',
            () => 'missing',
          ),
        { timeout: PATIENCE },
      )
      .toBe('there');
    const [cluster, pool] = await Promise.all([
      world.client.get({ kind: clusterKind, project: 'payments', name: 'dev' }),
      world.client.get(workers),
    ]);
    expect([cluster.spec, pool.spec]).toMatchObject([{ profile: { name: 'starter', version: '1.0.0' } }, { cluster: 'dev', replicas: 1 }]);
  });

  it('has a checklist on the overview until it is done or dismissed, in every browser (E1, in part)', async () => {
    const { page } = visit;
    await page.goto(`${world.hub.url}/console/clusters/overview`);
    const list = page.getByRole('region', { name: 'Getting started' });
    await list.waitFor();
    expect(await list.textContent()).toContain('3 of 5');
    expect(await list.getByRole('link').allTextContents()).toEqual(['See it running', 'Invite a colleague']);
    await list.getByRole('button', { name: 'Dismiss' }).click();
    await list.waitFor({ state: 'detached' });
    await page.evaluate('localStorage.clear()');
    await page.reload();
    await heading('Overview').waitFor();
    await page.getByRole('list', { name: 'Clusters by state' }).waitFor();
    expect(await list.count()).toBe(0);
  });

  it('a link that was used says so, and opens nothing', async () => {
    const other = await world.visit();
    await other.page.goto(link);
    await other.page.getByLabel('New password').fill(GOOD);
    await other.page.getByLabel('The same again').fill(GOOD);
    await other.page.getByRole('button', { name: 'Set password' }).click();
    await other.page.getByText('This link is not valid').waitFor();
    expect(await other.context.cookies()).toEqual([]);
    await other.context.close();
  });

  it('asks no other host, breaks no rule of its policy and fails nowhere', () => expect(visit.wrongs).toEqual([]));
});
