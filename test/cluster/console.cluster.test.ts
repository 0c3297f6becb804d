import { readFile } from 'node:fs/promises';
import { waitFor } from '@slipway/kit';
import { createInstance, type Instance } from '@slipway/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { picture } from '../console/screenshots.ts';

const PASSWORD = 'correct-horse-battery-9';
const PATIENCE = 90_000;

/** A pod that says a line a second. */
const PODS = `apiVersion: v1
kind: Pod
metadata: {name: talker, namespace: default}
spec:
  terminationGracePeriodSeconds: 0
  tolerations: [{operator: Exists}]
  containers:
    - name: talker
      image: slipway.dev/busybox:1
      command: [/bin/sh, -c, 'n=0; while true; do n=$((n+1)); echo "line $n"; /bin/busybox sleep 1; done']
      env: [{name: PATH, value: /bin}]
`;

/** The console of a real installation in a real browser, with a cluster that is made, changed by hand and looked into. The steps build on each other, in order. */
describe('the console before a real cluster', () => {
  let instance: Instance;
  let browser: Browser;
  let page: Page;
  let hub = '';
  const wrongs: string[] = [];

  beforeAll(async () => {
    instance = await createInstance({ name: 'console', port: 7611 });
    await instance.slipway(['up', '--no-cluster'], { timeoutMs: 1_800_000 });
    await instance.slipway(['user', 'set-password', 'admin', '--password-stdin'], { input: PASSWORD });
    hub = new URL(/https:\/\/\S+/.exec((await instance.slipway(['console'])).stdout)?.[0] ?? '').origin;
    browser = await chromium.launch({
      executablePath: process.env['SLIPWAY_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
      timeout: PATIENCE,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => wrongs.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) wrongs.push(message.text());
    });
    await page.goto(`${hub}/console/clusters/list`);
    await page.getByLabel('User').fill('admin');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Clusters' }).waitFor();
  }, 1_900_000);
  afterAll(async () => {
    await browser?.close();
    await instance?.dispose();
  });

  const cluster = async () => instance.get('cluster', 'dev');
  const open = async (query: string) => {
    await page.goto(`${hub}/console/clusters/list/default/dev${query}`);
    await page.getByRole('heading', { level: 1, name: 'dev', exact: true }).waitFor();
  };
  /** As the page itself asks the hub: by the session's cookie and its token. */
  const post = (path: string, body: object) =>
    page.evaluate(`(async () => {
      const { csrfToken } = await (await fetch('/auth/session')).json();
      const headers = { 'content-type': 'application/json', 'x-slipway-csrf': csrfToken };
      const answer = await fetch(${JSON.stringify(path)}, { method: 'POST', headers, body: ${JSON.stringify(JSON.stringify(body))} });
      if (!answer.ok) throw new Error(await answer.text());
    })()`);
  const make = (name: string) =>
    post('/apis/slipway.dev/v1/namespaces/default/clusters', {
      apiVersion: 'slipway.dev/v1',
      kind: 'Cluster',
      metadata: { name, namespace: 'default' },
      spec: { profile: { name: 'starter', version: '1.0.0' }, drift: 'report' },
    });

  it('shows how a cluster comes to be: elapsed and usual times, what it waits for, events, hints when it takes long, and gives up when told to (E12)', async () => {
    await make('dev');
    await open('');
    const timeline = page.getByRole('region', { name: 'Timeline' });
    await timeline.getByText('Infrastructure').first().waitFor();
    await timeline
      .getByText(/usually \d+(s|m)/)
      .first()
      .waitFor();
    await timeline.getByRole('link', { name: 'All events' }).waitFor();
    await timeline.getByRole('link', { name: 'Logs of its pods' }).waitFor();
    await timeline.getByRole('button', { name: 'Try again now' }).click();
    await expect.poll(async () => (await cluster()).metadata.annotations?.['slipway.dev/retried-at'], { timeout: PATIENCE }).toBeDefined();
    // Its control plane is made: what is waited for now is said in words.
    await timeline.getByText('Control plane').first().waitFor();
    await expect
      .poll(async () => (await page.locator('.timeline-wait').allTextContents()).join('').length, { timeout: PATIENCE })
      .toBeGreaterThan(10);
    await picture(page, 'timeline');
    // An hour later by the clock of the page.
    await page.clock.setFixedTime(new Date(Date.now() + 3_600_000));
    await page.reload();
    await timeline.getByText('This takes more than twice as long as usual. Likely causes:').first().waitFor();
    await page.clock.setFixedTime(new Date());
    await page.clock.resume();
    // Another one is given up.
    await make('wrong');
    await page.goto(`${hub}/console/clusters/list/default/wrong`);
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    const sure = page.getByRole('button', { name: 'Delete the cluster' });
    expect(await sure.getAttribute('aria-disabled')).toBe('true');
    await page.getByLabel('Type wrong to go on').fill('wrong');
    await sure.click();
    await waitFor(async () => (await instance.slipway(['get', 'cluster', 'wrong'], { allow: [0, 1, 4] })).code !== 0, {
      what: 'the cluster that was given up to be gone',
      timeoutMs: 300_000,
      intervalMs: 2000,
    });
    await instance.settled('dev', 900_000);
    await open('');
    await timeline.getByText('Ready').first().waitFor();
    expect(await timeline.getByRole('button', { name: 'Cancel' }).count()).toBe(0);
  }, 1_300_000);

  it('says the same of its status in the list, on its page, by command line and in the API, with age and reason (E9, in part)', async () => {
    const { status } = await cluster();
    expect(status).toMatchObject({ phase: 'Running', message: 'The cluster is as its profile says.' });
    expect(Date.parse(status.phaseSince)).toBeGreaterThan(Date.parse((await cluster()).metadata.creationTimestamp));
    const listed = (await instance.slipway(['get', 'clusters', '-o', 'wide'])).stdout;
    expect(listed).toContain('Running');
    expect(listed).toContain(status.message);
    expect(listed).toContain(status.phaseSince);
    await open('');
    const head = page.getByRole('main');
    await head.getByText(status.message, { exact: false }).first().waitFor();
    await head.locator(`time[datetime="${status.phaseSince}"]`).first().waitFor();
    await page.goto(`${hub}/console/clusters/list`);
    const row = page.locator('[data-row]').filter({ hasText: 'dev' });
    await row.getByText('Running').waitFor();
    expect(await row.locator('svg').count()).toBeGreaterThan(0);
    await row.getByText(status.message, { exact: false }).waitFor();
    await row.locator(`time[datetime="${status.phaseSince}"]`).waitFor();
  }, 300_000);

  it('shows what was changed by hand three ways, and reverts, adopts or ignores it (E18)', async () => {
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

  it('has logs of real pods (E21, in part)', async () => {
    await instance.kubectl('dev', ['apply', '-f', '-'], { input: PODS });
    await open('?tab=workloads&ns=default');
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    await row('talker').getByText('Running').waitFor();
    await page.getByRole('button', { name: 'Logs of talker' }).click();
    const log = page.getByRole('region', { name: 'Log', exact: true });
    await log.getByText('line 1', { exact: true }).waitFor();
    const lines = await log.locator('.log-line').count();
    await expect.poll(() => log.locator('.log-line').count(), { timeout: PATIENCE }).toBeGreaterThan(lines);
    await page.getByLabel('Find in the log').fill('line 1');
    await page.getByText(/^1 of \d+$/).waitFor();
    await page.getByLabel('Find in the log').fill('');
    await page.getByRole('button', { name: 'Wrap' }).click();
    await page.getByLabel('Time range').selectOption('300');
    await log
      .getByText(/^line \d+$/)
      .first()
      .waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the log' }).click();
    expect(await readFile(await (await saving).path(), 'utf8')).toMatch(/line \d+\n/);
    expect(wrongs).toEqual([]);
  }, 900_000);
});
