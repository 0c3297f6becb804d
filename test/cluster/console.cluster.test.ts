import { waitFor } from '@slipway/kit';
import type { Instance } from '@slipway/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { picture } from '../console/screenshots.ts';
import { showFirstRun } from './first-run.ts';
import { showAudit, showLogs, showPreviousLogs, showReconnect, showShell } from './logs-and-shells.ts';
import { loaded, PATIENCE, type RealConsole, startRealConsole } from './real-console.ts';
import { showLostContact, showStatus } from './status-words.ts';

/** The console of a real installation in a real browser, with a cluster that is made, changed by hand and looked into. The steps build on each other, in order. */
describe('the console before a real cluster', () => {
  let real: RealConsole;
  let instance: Instance;
  let page: Page;

  beforeAll(async () => {
    real = await startRealConsole();
    ({ instance, page } = real);
  }, 1_900_000);
  afterAll(() => real?.stop());
  const cluster = () => real.cluster();
  const open = (query: string) => real.open(query);

  it('leads from the link of `up` to a cluster that runs in at most ten steps and five minutes, over reloads, with a checklist, and asks no other host (E1, in part)', async () => {
    await showFirstRun(real);
    expect(real.wrongs).toEqual([]);
  }, 600_000);

  it('shows how a cluster comes to be: elapsed and usual times, what it waits for, events, hints when it takes long, and gives up when told to (E12)', async () => {
    await instance.slipway(['create', 'cluster', 'trial', '--workers', '0']);
    await real.go('/console/clusters/list/default/trial');
    const timeline = page.getByRole('region', { name: 'Timeline' });
    await timeline.getByText('Infrastructure').first().waitFor();
    await timeline
      .getByText(/usually \d+(s|m)/)
      .first()
      .waitFor();
    await timeline.getByRole('link', { name: 'All events' }).waitFor();
    await timeline.getByRole('group', { name: 'Events' }).getByRole('row').nth(1).waitFor();
    expect(await timeline.getByRole('link', { name: 'Logs of its pods' }).getAttribute('href')).toContain('tab=workloads');
    await timeline.getByRole('button', { name: 'Try again now' }).click();
    const retried = async () => (await instance.get('cluster', 'trial')).metadata.annotations?.['slipway.dev/retried-at'];
    await expect.poll(retried, { timeout: PATIENCE }).toBeDefined();
    // Its control plane is made: what is waited for now is said in words.
    await timeline.getByText('Control plane').first().waitFor();
    await expect
      .poll(async () => (await page.locator('.timeline-wait').allTextContents()).join('').length, { timeout: PATIENCE })
      .toBeGreaterThan(10);
    await picture(page, 'timeline');
    // An hour later by the clock of another window.
    const later = await real.another();
    await later.clock.setFixedTime(new Date(Date.now() + 3_600_000));
    await loaded(() => later.goto(page.url()));
    await later.getByText('This takes more than twice as long as usual. Likely causes:').first().waitFor();
    await later.context().close();
    // It is given up.
    await timeline.getByRole('button', { name: 'Cancel', exact: true }).click();
    const sure = page.getByRole('button', { name: 'Delete the cluster' });
    expect(await sure.getAttribute('aria-disabled')).toBe('true');
    await page.getByLabel('Type trial to go on').fill('trial');
    await sure.click();
    await waitFor(async () => (await instance.slipway(['get', 'cluster', 'trial'], { allow: [0, 1, 4] })).code !== 0, {
      what: 'the cluster that was given up to be gone',
      timeoutMs: 300_000,
      intervalMs: 2000,
    });
    // What is made has no more to give up.
    await instance.settled('dev', 300_000);
    await open('');
    await timeline.getByText('Ready').first().waitFor();
    expect(await timeline.getByRole('button').count()).toBe(0);
  }, 900_000);

  it('says the same of its status in the list, on its page, by command line and in the API, with age and reason; and that it is unknown since when, when contact is lost (E9)', async () => {
    const { message, phaseSince } = await showStatus(real, 'Running');
    expect(message).toBe('The cluster is as its profile says.');
    expect(Date.parse(phaseSince)).toBeGreaterThan(Date.parse((await cluster()).metadata.creationTimestamp));
    await showLostContact(real);
  }, 900_000);

  it('shows what was changed by hand three ways, and reverts, adopts or ignores it (E18)', async () => {
    // Told and not put right.
    const { apiVersion, kind, spec } = await cluster();
    const report = { apiVersion, kind, metadata: { name: 'dev' }, spec: { profile: spec.profile, drift: 'report' } };
    await instance.slipway(['apply', '-f', '-'], { input: JSON.stringify(report) });
    await instance.settled('dev', 300_000);
    await instance.kubectl('dev', ['scale', 'deployment', '-n', 'metrics-server', 'metrics-server', '--replicas=2']);
    await instance.kubectl('dev', ['set', 'resources', '-n', 'metrics-server', 'deployment/metrics-server', '--requests=cpu=25m']);
    await instance.kubectl('dev', ['delete', 'service', '-n', 'metrics-server', 'metrics-server']);
    await open('?tab=drift');
    const deployment = page.locator('details').filter({ hasText: 'Deployment metrics-server/metrics-server' });
    const service = page.locator('details').filter({ hasText: 'Service metrics-server/metrics-server' });
    await deployment.getByText('spec.replicas').waitFor();
    await service.getByText('deleted').waitFor();
    await page.getByRole('heading', { name: 'Layer metrics-server' }).waitFor();
    await page.getByText('2 objects differ').waitFor();
    const replicas = deployment.getByRole('row').filter({ hasText: 'spec.replicas' });
    expect(await replicas.getByRole('cell').allTextContents()).toEqual(['spec.replicas', '1', '2', '1']);
    // Fields that nobody applied, and who owns which, are no part of it.
    expect(await deployment.textContent()).not.toMatch(/managedFields|resourceVersion|revisionHistoryLimit|terminationGracePeriod/);
    await picture(page, 'drift');
    await deployment.locator('summary').first().click();
    await deployment.getByText('spec.replicas').waitFor({ state: 'hidden' });
    await deployment.locator('summary').first().click();

    // Ignored: one field, by a rule that says first what it covers.
    await deployment.getByRole('button', { name: 'Ignore …' }).click();
    const dialog = page.getByRole('dialog');
    const fields = dialog.getByLabel('Field, and all below it');
    for (let index = 0; index < (await fields.count()); index += 1)
      await fields.nth(index).fill('spec.template.spec.containers[name=metrics-server].resources');
    await dialog.getByText('spec.template.spec.containers[name=metrics-server].resources.requests.cpu').waitFor();
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Ignored' }).waitFor();
    await expect
      .poll(async () => JSON.stringify((await cluster()).status.drift.flatMap(({ diff }: any) => diff)), {
        timeout: PATIENCE,
        interval: 2000,
      })
      .not.toContain('cpu');
    await deployment.getByText('resources.requests.cpu').waitFor({ state: 'detached' });

    const live = async (path: string) =>
      (await instance.kubectl('dev', ['get', 'deployment', '-n', 'metrics-server', 'metrics-server', '-o', `jsonpath={${path}}`])).stdout;
    expect(await live('.spec.template.spec.containers[0].resources.requests.cpu')).toBe('25m');

    // Adopted: what is live is the cluster's own wish, and nothing differs any more.
    await deployment.getByRole('button', { name: 'Adopt as override' }).click();
    await dialog.getByText('replicas: 1 → 2').waitFor();
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await deployment.waitFor({ state: 'detached' });
    expect((await cluster()).spec.overrides['metrics-server'].values).toEqual({ replicas: 2 });

    // Reverted: it is there again, although the cluster only reports.
    if (await service.count()) {
      await service.getByRole('button', { name: 'Revert' }).click();
      await dialog.getByRole('button', { name: 'Confirm' }).click();
    }
    await service.waitFor({ state: 'detached' });
    await page.getByText('Everything is as it was applied').waitFor();
    expect(await live('.spec.replicas')).toBe('2');
    await instance.kubectl('dev', ['get', 'service', '-n', 'metrics-server', 'metrics-server']);
    expect((await cluster()).spec.drift).toBe('report');
  }, 600_000);

  it('has logs and shells of real pods, docked: they follow, are searched, copied and downloaded, by container, time and the container before; outlast navigation and a broken tunnel, fit their window, are left by keyboard and recorded (E21)', async () => {
    await showLogs(real);
    await showPreviousLogs(real);
    await showShell(real);
    await showReconnect(real);
    await showAudit(real);
    expect(real.wrongs).toEqual([]);
  }, 1_500_000);
});
