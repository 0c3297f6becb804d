import { readFile } from 'node:fs/promises';
import {
  apiKeyKind,
  type ApiObject,
  type AuditBody,
  clusterKind,
  type ClusterFacts,
  type ClusterSpec,
  type DriftFact,
  type NewObject,
  roleBindingKind,
  userKind,
} from '@slipway/model';
import { requestOf } from '../../apps/hub/src/testing/test-hub.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ClusterWorld, startClusterWorld } from './cluster-world.ts';
import { PATIENCE, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ClusterWorld;
let visit: Visit;

const at = (path: string): string => `${world.hub.url}/console${path}`;
const stamp = (second: number): string =>
  new Date(Date.parse('2026-11-28T04:00:00Z') + second * 1000).toISOString().replace('Z', '000001Z');
const line = (second: number, text: string): string => `${stamp(second)} ${text}`;

const POD = (name: string, node: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: web}}
spec:
  nodeName: ${node}
  containers: [{name: web, image: 'slipway.dev/busybox:1'}, {name: proxy, image: 'slipway.dev/busybox:1'}]
---
`;
const SHOP = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: 'slipway.dev/busybox:1'}]}}
---
`;

/** As a kubelet reports it. */
const report = (name: string, waiting?: string) =>
  world.api.kubectl([
    'patch',
    'pod',
    '-n',
    'shop',
    name,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({
      status: {
        phase: 'Running',
        containerStatuses: ['web', 'proxy'].map((container) => ({
          name: container,
          ready: waiting === undefined,
          restartCount: waiting === undefined ? 0 : 7,
          image: 'i',
          imageID: '',
          state: waiting === undefined ? { running: { startedAt: '2026-11-28T04:00:00Z' } } : { waiting: { reason: waiting } },
        })),
      },
    }),
  ]);

beforeAll(async () => {
  world = await startClusterWorld('dev');
  await world.apply(SHOP);
  await world.apply(POD('web-0', 'node-1') + POD('web-1', 'node-1'));
  await report('web-0');
  await report('web-1', 'CrashLoopBackOff');
  world.cluster.logs.set('shop/web-0/web', {
    lines: [line(1, 'listening on :8080'), line(2, 'GET /cart 200'), line(3, 'ERROR the basket is empty')],
    previous: [line(0, 'panic: out of baskets')],
  });
  world.cluster.logs.set('shop/web-0/proxy', { lines: [line(1, 'proxy is up')] });
  world.cluster.logs.set('shop/web-1/web', {
    lines: Array.from({ length: 60_000 }, (_none, index) => line(index / 100, `entry ${index}`)),
  });
  // Themes are changed here and looked at at once: nothing may be on its way between two colours.
  visit = await world.visit('/clusters/list/default/dev?tab=workloads', { reducedMotion: 'reduce' });
});
afterAll(() => world?.stop());

const open = async (query: string): Promise<void> => {
  await visit.page.goto(at(`/clusters/list/default/dev?tab=workloads${query}`));
  await visit.page.getByRole('heading', { level: 1, name: 'dev', exact: true }).waitFor();
};
const row = (name: string) => visit.page.getByRole('row').filter({ hasText: name });

describe('the workloads of a cluster', () => {
  it('shows pods with state, restarts and age as the cluster prints them, and what changes while one looks', async () => {
    const { page } = visit;
    await row('web-1').waitFor();
    expect(await row('web-0').textContent()).toMatch(/web-0shopRunning2\/20.*node-1/);
    expect(await row('web-1').textContent()).toMatch(/CrashLoopBackOff0\/214/);
    await world.apply(POD('web-2', 'node-1'));
    await row('web-2').waitFor();
    await page.getByLabel('Filter by name').fill('web-1');
    await row('web-0').waitFor({ state: 'detached' });
    expect(page.url()).toContain('q=web-1');
    await world.api.kubectl(['delete', 'pod', '-n', 'shop', 'web-2', '--force', '--grace-period=0']);
  });

  it('goes from deployments and nodes to their pods, all of it in the address', async () => {
    const { page } = visit;
    await open('');
    await page.getByRole('navigation', { name: 'Kinds of workloads' }).getByRole('link', { name: 'Deployments' }).click();
    await page.getByRole('link', { name: 'Pods of web' }).click();
    await row('web-0').waitFor();
    expect(new URL(page.url()).searchParams.get('of')).toBe('deployments/web');
    await open('&what=nodes');
    await page.getByRole('link', { name: 'Pods of node-1' }).click();
    await row('web-1').waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 2, name: 'Pods · on node-1' }).waitFor();
    await page.getByRole('button', { name: 'Show all pods' }).click();
    await page.getByRole('heading', { level: 2, name: 'Pods', exact: true }).waitFor();
  });
});

describe('logs', () => {
  it('follow, are found in, change container, range and instance, and come by copy and download (E21, in part)', async () => {
    const { page } = visit;
    await open('&ns=shop');
    await page.getByRole('button', { name: 'Logs of web-0' }).click();
    const log = page.getByRole('region', { name: 'Log', exact: true });
    await log.getByText('listening on :8080').waitFor();
    world.cluster.say(line(4, 'GET /checkout 200'));
    await log.getByText('GET /checkout 200').waitFor();
    await page.getByLabel('Find in the log').fill('error');
    await page.getByText('1 of 1').waitFor();
    await page.getByLabel('Find in the log').fill('');
    await picture(page, 'logs');
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the log' }).click();
    expect(await readFile(await (await saving).path(), 'utf8')).toContain('GET /checkout 200\n');
    await page.getByLabel('Time range').selectOption('300');
    await expect.poll(() => world.cluster.asked.at(-1), { timeout: PATIENCE }).toContain('sinceSeconds=300');
    await page.getByRole('button', { name: 'Previous container' }).click();
    await log.getByText('panic: out of baskets').waitFor();
    await page.getByText('This is all the container said before it ended.').waitFor();
    await page.getByRole('button', { name: 'Previous container' }).click();
    await page.getByLabel('Container').selectOption('proxy');
    await log.getByText('proxy is up').waitFor();
    await page.getByRole('button', { name: 'Wrap' }).click();
    expect(await page.getByRole('button', { name: 'Wrap' }).getAttribute('aria-pressed')).toBe('false');
  });

  it('go on by themselves from the last line when they break off, and say nothing twice (E21, in part)', async () => {
    const { page } = visit;
    await open('&ns=shop');
    await page.getByRole('button', { name: 'Logs of web-0' }).click();
    const log = page.getByRole('region', { name: 'Log', exact: true });
    await log.getByText('ERROR the basket is empty').waitFor();
    world.cluster.cut();
    await page.getByText('The log broke off').waitFor();
    await page.getByText('The log broke off').waitFor({ state: 'detached' });
    world.cluster.say(line(5, 'back again'));
    await log.getByText('back again').waitFor();
    expect(await log.getByText('ERROR the basket is empty').count()).toBe(1);
    expect(new URLSearchParams(world.cluster.asked.at(-1)).get('sinceTime')).toBe(stamp(3));
  });

  it('hold a huge log within fixed memory, and say what was let go and how to have all of it (E21, in part)', async () => {
    const { page } = visit;
    await open('&ns=shop');
    await page.getByRole('button', { name: 'Logs of web-1' }).click();
    await page.getByLabel('Time range').selectOption('between');
    await page.getByText(/the last 20,000 lines are held here, 40,000 older ones were let go/).waitFor();
    await page.getByText('entry 59999').waitFor();
    expect(await page.locator('.log-line').count()).toBeLessThan(200);
    expect(await page.locator('.notice code').textContent()).toContain('slipway kubectl --cluster dev -p default -- logs -n shop web-1');
  });
});

it('leaves in sight what somebody goes to by keyboard, however high the dock is (E23, in part)', async () => {
  const { page } = visit;
  await open('&ns=shop');
  await page.getByRole('button', { name: 'Logs of web-0' }).click();
  const handle = page.getByRole('separator', { name: 'Height of the dock' });
  for (let step = 0; step < 6; step += 1) await handle.press('ArrowUp');
  const dock = page.getByRole('region', { name: 'Terminals and logs' });
  for (const button of [page.getByRole('button', { name: 'Shell in web-1' }), page.getByRole('link', { name: 'Clusters' }).last()]) {
    await button.focus();
    const [at, below, above] = await Promise.all([button, dock, page.getByRole('banner')].map((one) => one.boundingBox()));
    expect((at?.y ?? 0) + (at?.height ?? 0)).toBeLessThanOrEqual(below?.y ?? 0);
    expect(at?.y).toBeGreaterThanOrEqual(above?.height ?? 0);
  }
  for (let step = 0; step < 6; step += 1) await handle.press('ArrowDown');
});

describe('a terminal', () => {
  const terminal = () => visit.page.locator('.xterm-rows');
  const typeLine = async (text: string) => {
    await visit.page.keyboard.type(text);
    await visit.page.keyboard.press('Enter');
  };

  it('is a shell in the pod, outlasts navigation, follows the size and the theme, and is left by keyboard (E21, in part)', async () => {
    const { page } = visit;
    await open('&ns=shop');
    await page.getByRole('button', { name: 'Shell in web-0' }).click();
    await terminal().getByText('pod$').first().waitFor();
    await typeLine('echo six times seven is $((6*7))');
    await terminal().getByText('six times seven is 42').waitFor();
    expect(world.cluster.sizes.at(-1)?.Width).toBeGreaterThan(40);
    const colours = () => page.evaluate("getComputedStyle(document.querySelector('.xterm-rows')).color");
    const before = await colours();
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(colours).not.toBe(before);
    await picture(page, 'terminal');
    await page.emulateMedia({ colorScheme: 'light' });
    const rows = world.cluster.sizes.at(-1)?.Height ?? 0;
    await page.getByRole('separator', { name: 'Height of the dock' }).press('ArrowUp');
    await expect.poll(() => world.cluster.sizes.at(-1)?.Height, { timeout: PATIENCE }).toBeGreaterThan(rows);
    await page.getByRole('navigation', { name: 'Cluster mode' }).getByRole('link', { name: 'Clusters' }).click();
    await page.getByRole('heading', { level: 1, name: 'Clusters' }).waitFor();
    await terminal().getByText('six times seven is 42').waitFor();
    await page.getByRole('textbox', { name: 'Terminal input' }).focus();
    // Of the shell, and no palette.
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Tab');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('Control+Shift+L');
    expect(await page.evaluate("document.activeElement?.getAttribute('role')")).toBe('tab');
    expect(await page.locator('style').count()).toBe(0);
  });

  it('comes back with a new shell when the connection breaks, and says that it ended when it did (E21, in part)', async () => {
    const { page } = visit;
    world.cluster.cut();
    await page.getByText('The connection broke. A new shell is opened by itself').waitFor();
    await page.getByText('The connection broke. A new shell').waitFor({ state: 'detached' });
    await page.getByRole('textbox', { name: 'Terminal input' }).focus();
    await typeLine('echo again $((1+1))');
    await terminal().getByText('again 2').waitFor();
    const saving = page.waitForEvent('download');
    await page
      .getByRole('button', { name: 'Download the terminal’s text' })
      .or(page.getByRole('button', { name: "Download the terminal's text" }))
      .click();
    expect(await readFile(await (await saving).path(), 'utf8')).toContain('six times seven is 42');
    await page.getByLabel('Find in the terminal').fill('nowhere to be found');
    await page.getByLabel('Find in the terminal').press('Enter');
    await page.getByText('not found').waitFor();
    await page.getByRole('textbox', { name: 'Terminal input' }).focus();
    // A colour of 24 bits is put on although the page allows no style attribute.
    await typeLine(String.raw`printf '\033[38;2;10;200;90mgreen\033[0m\n'`);
    await terminal()
      .locator('span', { hasText: /^green$/ })
      .waitFor();
    const greenIs =
      "[...document.querySelectorAll('.xterm-rows span')].filter((one) => one.textContent === 'green').map((one) => one.style.color)";
    expect(await page.evaluate(greenIs)).toEqual([expect.stringMatching(/^rgb/)]);
    await typeLine('exit');
    await page.getByRole('status').getByText('The shell ended.').waitFor();
    await page.getByRole('button', { name: 'New shell' }).click();
    await page.getByRole('status').getByText('The shell ended.').waitFor({ state: 'detached' });
  });

  it('is recorded: who opened a shell, where and when', async () => {
    const { records } = await world.client.request<{ records: { body: string }[] }>('/apis/slipway.dev/v1/auditchain/records');
    const bodies = records.map(({ body }) => JSON.parse(body) as AuditBody);
    const shells = bodies.filter(({ verb, request }) => verb === 'connect' && request?.path.endsWith('/pods/web-0/exec') === true);
    expect(shells.length).toBeGreaterThanOrEqual(2);
    expect(shells[0]).toMatchObject({
      outcome: 'ok',
      user: { name: 'admin', auth: { kind: 'session' } },
      object: { name: 'dev', subresource: 'proxy' },
    });
  });
});

const facts = (drift: DriftFact[]): ClusterFacts => ({
  kind: 'ClusterFacts',
  clusterUid: world.uid,
  agentVersion: '0.0.0-test',
  planRevision: 99,
  planHash: '',
  layers: [],
  drift,
  health: { healthy: true, conditions: [] },
  nodes: [],
  kubernetesVersion: 'v1.35.4',
  tombstonesDone: [],
});
const DEPLOYMENT: DriftFact = {
  layer: 'metrics-server',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'metrics-server', name: 'metrics-server' },
  type: 'Changed',
  policy: 'report',
  state: 'Open',
  detectedAt: '2026-11-28T04:00:00Z',
  manager: 'kubectl-edit',
  diff: [
    { path: 'spec.replicas', wanted: 1, live: 4 },
    { path: 'metadata.labels["team"]', wanted: 'platform' },
  ],
};

describe('drift', () => {
  const spec = async () => (await world.client.get<ApiObject<ClusterSpec>>({ kind: clusterKind, project: 'default', name: 'dev' })).spec;

  it('is counted in the list, shown three ways, and ignored by a rule that says first what it covers (E18, in part)', async () => {
    const { page } = visit;
    await world.client.patch({ kind: clusterKind, project: 'default', name: 'dev' }, { spec: { drift: 'report' } });
    world.report(facts([DEPLOYMENT]));
    await page.goto(at('/clusters/list'));
    await page.getByText('1 object differs from what was applied').waitFor();
    await page.goto(at('/clusters/list/default/dev?tab=drift'));
    const row = page.getByRole('row').filter({ hasText: 'spec.replicas' });
    await row.waitFor();
    expect(await row.getByRole('cell').allTextContents()).toEqual(['spec.replicas', '1', '4', '1']);
    const adopt = page.getByRole('button', { name: 'Adopt as override' });
    await expect
      .poll(() => adopt.getAttribute('title'), { timeout: PATIENCE })
      .toContain('was removed: an override can only change a value');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page), colorScheme).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Ignore …' }).click();
    const dialog = page.getByRole('dialog');
    const paths = dialog.getByLabel('Field, and all below it');
    await paths.nth(1).fill('metadata.nothing');
    await dialog.getByText('spec.replicas', { exact: true }).waitFor();
    expect(await dialog.getByRole('listitem').allTextContents()).toEqual(['spec.replicas']);
    await paths.nth(0).fill('spec.nothing');
    await dialog.getByText('nothing that differs now').waitFor();
    expect(await dialog.getByRole('button', { name: 'Confirm' }).getAttribute('aria-disabled')).toBe('true');
    await paths.nth(0).fill('spec.replicas');
    await paths.nth(1).fill('spec.replicas');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Ignored' }).waitFor();
    expect((await spec()).driftIgnored).toContainEqual({
      layer: 'metrics-server',
      kind: 'Deployment',
      namespace: 'metrics-server',
      name: 'metrics-server',
      path: 'spec.replicas',
    });
    await page.getByRole('button', { name: 'See it again' }).first().click();
    await page.getByRole('heading', { name: 'Ignored' }).waitFor({ state: 'detached' });
  });

  it('is reverted by a wish for this very difference, with the command line’s own patch (E18, in part)', async () => {
    const { page } = visit;
    await page.getByRole('button', { name: 'Revert' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('being put right').waitFor();
    expect((await spec()).driftReverts).toEqual([
      {
        layer: 'metrics-server',
        kind: 'Deployment',
        namespace: 'metrics-server',
        name: 'metrics-server',
        detectedAt: DEPLOYMENT.detectedAt,
      },
    ]);
    expect(await page.getByRole('button', { name: 'Revert' }).getAttribute('title')).toBe('It is being put right already.');
    world.report(facts([]));
    await page.getByText('Everything is as it was applied').waitFor();
  });
});

describe('the ways in', () => {
  it('has a kubeconfig with a key for this cluster alone, who can reach it, and the commands', async () => {
    const { page } = visit;
    await world.client.create(userKind, { metadata: { name: 'nina' }, spec: {} } as unknown as NewObject);
    const binding = { metadata: { name: 'nina-edits' }, spec: { role: 'project-editor', subjects: [{ kind: 'User', name: 'nina' }] } };
    await world.client.create(roleBindingKind, binding as unknown as NewObject);
    await page.goto(at('/clusters/list/default/dev?tab=access'));
    await page.getByRole('row').filter({ hasText: 'User nina' }).getByText('edit', { exact: true }).waitFor();
    await page.getByText('slipway kubeconfig dev -p default --merge').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page), colorScheme).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download kubeconfig' }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe('dev.kubeconfig');
    const kubeconfig = await saved.path();
    const pods = await world.api.kubectl(['get', 'pods', '-n', 'shop', '-o', 'name'], { kubeconfig });
    expect(pods.stdout).toContain('pod/web-0');
    // For this cluster and nothing else.
    const token = /token: (\S+)/.exec(await readFile(kubeconfig, 'utf8'))?.[1] ?? '';
    const answer = await requestOf({ ...world.hub, token }, 'GET', '/apis/slipway.dev/v1/namespaces/default/machines');
    expect(answer.status).toBe(403);
    const key = await page.locator('.notice code').first().textContent();
    await world.client.delete({ kind: apiKeyKind, name: key ?? '' });
    await expect
      .poll(async () => (await requestOf({ ...world.hub, token }, 'GET', '/apis/slipway.dev/v1/namespaces/default/clusters/dev')).status, {
        timeout: PATIENCE,
      })
      .toBe(401);
  });
});

describe('the timeline', () => {
  it('says elapsed and usual time, what it waits for, and after twice the usual time what is likely (E12, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list/default/dev'));
    const timeline = page.getByRole('region', { name: 'Timeline' });
    await timeline.getByText('Infrastructure').waitFor();
    await timeline.getByText('usually 30s').waitFor();
    await timeline.getByText('Waiting for the gateway "local" to take up the cluster.').waitFor();
    await page.clock.setFixedTime(new Date(Date.now() + 3_600_000));
    await page.reload();
    await timeline.getByText('The gateway is not connected, or does not have the cloud account’s rights.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await timeline.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.clock.setSystemTime(new Date());
    await page.clock.resume();
  });
});

it('has no violation of WCAG on its routes in either theme, with the dock open, and asks nobody else', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const other = await world.visit('/clusters/list/default/dev?tab=workloads&ns=shop', { colorScheme });
    await other.page.getByRole('button', { name: 'Logs of web-0' }).click();
    await other.page.getByText('listening on :8080').waitFor();
    expect(await violationsOf(other.page), `logs, ${colorScheme}`).toEqual([]);
    await other.page.getByRole('button', { name: 'Shell in web-0' }).click();
    await other.page.locator('.xterm-rows').getByText('pod$').first().waitFor();
    expect(await violationsOf(other.page), `terminal, ${colorScheme}`).toEqual([]);
    expect(other.wrongs).toEqual([]);
    await other.context.close();
  }
  expect(visit.wrongs).toEqual([]);
});

describe('what is not possible', () => {
  it('is said where the permission is missing, and the logs that may be read are read (E20, in part)', async () => {
    await world.client.create(userKind, { metadata: { name: 'vera' }, spec: {} } as unknown as NewObject);
    await world.hub.hub.identity.accounts.setPassword({ tenant: 'default', name: 'vera' }, 'correct-horse-battery-9');
    const binding = { metadata: { name: 'vera-views' }, spec: { role: 'project-viewer', subjects: [{ kind: 'User', name: 'vera' }] } };
    await world.client.create(roleBindingKind, binding as unknown as NewObject);
    const other = await world.visit();
    await other.page.goto(at('/clusters/list/default/dev?tab=workloads&ns=shop'));
    await other.page.getByLabel('User').fill('vera');
    await other.page.getByLabel('Password').fill('correct-horse-battery-9');
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    const shell = other.page.getByRole('button', { name: 'Shell in web-0' });
    await expect.poll(() => shell.getAttribute('title'), { timeout: PATIENCE }).toContain('You may not open a shell in namespace shop');
    expect(await shell.getAttribute('aria-disabled')).toBe('true');
    await other.page.getByRole('button', { name: 'Logs of web-0' }).click();
    await other.page.getByText('listening on :8080').waitFor();
    await other.context.close();
  });

  it('is said when the cluster is out of reach: since when, and the buttons with it (E7, in part; E9, in part)', async () => {
    const { page } = visit;
    await open('&ns=shop');
    await row('web-0').waitFor();
    await world.disconnect();
    await page
      .getByText(/Its workloads cannot be seen, and logs and shells cannot be opened, until it connects again/)
      .waitFor({ timeout: 90_000 });
    const shell = page.getByRole('button', { name: 'Shell in web-0' });
    expect(await shell.getAttribute('title')).toMatch(/Cluster "dev" is not connected since/);
    expect(visit.wrongs).toEqual([]);
  }, 120_000);
});
