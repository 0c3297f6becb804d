import { readFile } from 'node:fs/promises';
import { waitFor } from '@slipway/kit';
import { expect } from 'vitest';
import { PATIENCE, type RealConsole } from './real-console.ts';

const ANYWHERE = `tolerations: [{operator: Exists}]
  terminationGracePeriodSeconds: 0`;
/** One that says a line a second; one whose first container ended once, and has another beside it; one that ends again and again. */
export const PODS = `apiVersion: v1
kind: Pod
metadata: {name: talker, namespace: default}
spec:
  ${ANYWHERE}
  containers:
    - name: talker
      image: slipway.dev/busybox:1
      command: [/bin/sh, -c, 'n=0; while true; do n=$((n+1)); echo "line $n"; /bin/busybox sleep 1; done']
      env: [{name: PATH, value: /bin}]
---
apiVersion: v1
kind: Pod
metadata: {name: twice, namespace: default}
spec:
  ${ANYWHERE}
  volumes: [{name: state, emptyDir: {}}]
  containers:
    - name: app
      image: slipway.dev/busybox:1
      command: [/bin/sh, -c, 'if [ ! -e /state/begun ]; then : > /state/begun; echo "last words of the first"; exit 3; fi; while true; do echo "the second lives"; /bin/busybox sleep 1; done']
      volumeMounts: [{name: state, mountPath: /state}]
    - name: side
      image: slipway.dev/busybox:1
      command: [/bin/sh, -c, 'echo "the side is up"; /bin/busybox sleep 100000']
---
apiVersion: v1
kind: Pod
metadata: {name: crasher, namespace: default}
spec:
  ${ANYWHERE}
  containers:
    - name: crasher
      image: slipway.dev/busybox:1
      command: [/bin/sh, -c, 'echo "last words"; exit 3']
`;

const row = ({ page }: RealConsole, name: string) => page.getByRole('row').filter({ hasText: name });
const logs = ({ page }: RealConsole, pod: string) => page.getByRole('tabpanel', { name: `Logs of ${pod}` });
const shell = ({ page }: RealConsole) => page.getByRole('tabpanel', { name: 'Shell in talker' });
async function typeLine({ page }: RealConsole, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Terminal input' }).focus();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

async function downloaded({ page }: RealConsole, button: string): Promise<string> {
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return readFile(await (await saving).path(), 'utf8');
}

async function copied({ page }: RealConsole, button: string): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: button }).click();
  return page.evaluate('navigator.clipboard.readText()');
}

/** Follow, find, wrap, time range and download of a pod that goes on talking. */
export async function showLogs(real: RealConsole): Promise<void> {
  const { page, instance } = real;
  await instance.kubectl('dev', ['apply', '-f', '-'], { input: PODS });
  await real.open('?tab=workloads&ns=default');
  await row(real, 'talker').getByText('Running').waitFor();
  await page.getByRole('button', { name: 'Logs of talker' }).click();
  const log = logs(real, 'talker').getByRole('region', { name: 'Log', exact: true });
  // Only lines in view are in the page: that it follows is seen by the last of them.
  const last = async () => Number(/\d+$/.exec((await log.locator('.log-text').last().textContent()) ?? '')?.[0]);
  const first = await last();
  expect(first).toBeGreaterThan(0);
  await expect.poll(last, { timeout: PATIENCE }).toBeGreaterThan(first + 3);
  const followed = await last();
  await page.getByLabel('Find in the log').fill('line 1');
  await page.getByText(/^1 of \d+$/).waitFor();
  await page.getByLabel('Find in the log').fill('');
  await page.getByRole('button', { name: 'Wrap' }).click();
  await page.getByLabel('Time range').selectOption('300');
  await log
    .getByText(/^line \d+$/)
    .first()
    .waitFor();
  expect(await downloaded(real, 'Download the log')).toMatch(/line \d+\n/);
  expect(await copied(real, 'Copy the log')).toMatch(/line \d+\n/);
  // A stretch of time ends where it was said to end.
  const begun = Date.parse(/^\S+/.exec(await downloaded(real, 'Download the log'))?.[0] ?? '');
  const until = Math.ceil(begun / 1000) * 1000 + 1000;
  await page.getByLabel('Time range').selectOption('between');
  // As the field has it: without a zone, in the browser's own.
  const local = `((at) => new Date(at - new Date(at).getTimezoneOffset() * 60000).toISOString().slice(0, 19))(${until})`;
  await page.getByLabel('Until').fill(await page.evaluate(local));
  await page.getByText('That is all: nothing more comes.').waitFor();
  const times = (await downloaded(real, 'Download the log'))
    .trim()
    .split('\n')
    .map((line) => Date.parse(line.slice(0, line.indexOf(' '))));
  expect(times.length).toBeLessThan(followed);
  expect(times[0]).toBe(begun);
  expect(Math.max(...times)).toBeLessThanOrEqual(until);
}

/** Of a pod's other container, and of the container before: where the pod runs again, and where it ends again and again. */
export async function showPreviousLogs(real: RealConsole): Promise<void> {
  const { page, instance } = real;
  await row(real, 'twice').getByText('Running').waitFor();
  await page.getByRole('button', { name: 'Logs of twice' }).click();
  const twice = logs(real, 'twice');
  await twice.getByText('the second lives').first().waitFor();
  await twice.getByRole('button', { name: 'Previous container' }).click();
  await twice.getByText('last words of the first').waitFor();
  await twice.getByText('This is all the container said before it ended.').waitFor();
  expect(await twice.getByText('the second lives').count()).toBe(0);
  await twice.getByRole('button', { name: 'Previous container' }).click();
  await twice.getByLabel('Container').selectOption('side');
  await twice.getByText('the side is up').waitFor();
  // Where the node has only the last one that ended, which the API does not call the previous one, it is found nevertheless.
  const path = 'jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].state.terminated.reason}';
  const state = async () => (await instance.kubectl('dev', ['get', 'pod', 'crasher', '-o', path])).stdout;
  await waitFor(async () => /^[1-9]\d* Error$/.test(await state()), {
    what: 'the container to have ended again',
    timeoutMs: 240_000,
    intervalMs: 500,
  });
  await page.getByRole('button', { name: 'Logs of crasher' }).click();
  const crasher = logs(real, 'crasher');
  await crasher.getByText('last words', { exact: true }).first().waitFor();
  await crasher.getByText('The container has ended. The log goes on as soon as it is started again.').waitFor();
  await crasher.getByRole('button', { name: 'Previous container' }).click();
  await crasher.getByText('last words', { exact: true }).first().waitFor();
  await crasher.getByText(/this is all the last of them said|This is all the container said/).waitFor();
  expect(await crasher.locator('.log-line').count()).toBe(1);
}

/** A shell that is typed in, sized, outlasts navigation and a tunnel that is cut, and is left by keyboard. */
export async function showShell(real: RealConsole): Promise<void> {
  const { page } = real;
  const rows = shell(real).locator('.xterm-rows');
  await real.open('?tab=workloads&ns=default');
  await page.getByRole('button', { name: 'Shell in talker' }).click();
  await rows.getByText('#').first().waitFor();
  await typeLine(real, 'echo this is $HOSTNAME, and six times seven is $((6*7))');
  await rows.getByText('this is talker, and six times seven is 42').waitFor();
  const size = async (word: string): Promise<[number, number]> => {
    await typeLine(real, `echo ${word}: $(/bin/busybox stty size)`);
    const said = rows.getByText(new RegExp(`${word}: \\d+ \\d+`));
    await said.waitFor();
    const [, height, width] = /: (\d+) (\d+)/.exec((await said.textContent()) ?? '') ?? [];
    return [Number(height), Number(width)];
  };
  await page.getByLabel('Find in the terminal').fill('six times');
  await page.getByLabel('Find in the terminal').press('Enter');
  expect(await shell(real).getByText('not found').count()).toBe(0);
  await page.getByLabel('Find in the terminal').fill('nowhere to be found');
  await page.getByLabel('Find in the terminal').press('Enter');
  await shell(real).getByText('not found').waitFor();
  await page.getByLabel('Find in the terminal').fill('');
  expect(await copied(real, 'Copy the selection, or everything')).toContain('this is talker, and');
  expect(await downloaded(real, "Download the terminal's text")).toContain('this is talker, and');
  const before = await size('before');
  expect(before[1]).toBeGreaterThan(40);
  const handle = page.getByRole('separator', { name: 'Height of the dock' });
  for (let step = 0; step < 3; step += 1) await handle.press('ArrowUp');
  await expect.poll(async () => (await size('after'))[0], { timeout: PATIENCE }).toBeGreaterThan(before[0]);
  await page.getByRole('navigation', { name: 'Cluster mode' }).getByRole('link', { name: 'Clusters' }).click();
  await page.getByRole('heading', { level: 1, name: 'Clusters' }).waitFor();
  await rows.getByText('six times seven is 42').waitFor();
  await typeLine(real, 'echo still $((1+1))');
  await rows.getByText('still 2').waitFor();
  await page.keyboard.press('Control+Shift+L');
  expect(await page.evaluate("document.activeElement?.getAttribute('role')")).toBe('tab');
}

/** The tunnel of the cluster breaks: log and shell come back by themselves, and of the log nothing is lost and nothing is said twice. */
export async function showReconnect(real: RealConsole): Promise<void> {
  const { page, instance } = real;
  const rows = shell(real).locator('.xterm-rows');
  const process = async (word: string): Promise<string> => {
    await typeLine(real, `echo ${word} is $$`);
    const said = rows.getByText(new RegExp(`${word} is \\d+`));
    await said.waitFor();
    return /is (\d+)/.exec((await said.textContent()) ?? '')?.[1] ?? '';
  };
  const first = await process('first');
  await page.getByRole('link', { name: 'dev', exact: true }).first().click();
  await page.getByRole('link', { name: 'Workloads' }).click();
  await page.getByRole('button', { name: 'Logs of talker' }).click();
  const log = logs(real, 'talker');
  await log
    .getByText(/^line \d+$/)
    .first()
    .waitFor();
  const agent = ['-n', 'slipway-system', '-l', 'app.kubernetes.io/name=slipway-agent'];
  // What goes is what brings the answer: that may break off with it, and the log says whether it went.
  await instance.kubectl('dev', ['delete', 'pod', ...agent, '--force', '--grace-period=0', '--wait=false']).catch(() => undefined);
  const broke = log.getByText('The log broke off');
  await broke.waitFor();
  await broke.waitFor({ state: 'detached' });
  const numbers = async () =>
    Array.from((await downloaded(real, 'Download the log')).matchAll(/line (\d+)\n/g), ([, number]) => Number(number));
  const before = (await numbers()).length;
  await expect.poll(async () => (await numbers()).length, { timeout: PATIENCE }).toBeGreaterThan(before);
  const all = await numbers();
  expect(all).toEqual(all.map((_number, index) => index + 1));
  await page.getByRole('tab', { name: 'Shell in talker' }).click();
  await rows.getByText('──').first().waitFor();
  await expect.poll(() => shell(real).getByRole('button', { name: 'New shell' }).count(), { timeout: PATIENCE }).toBe(0);
  expect(await process('second')).not.toBe(first);
}

/** Who opened a shell, where and when: by command line and in the console. */
export async function showAudit(real: RealConsole): Promise<void> {
  const { page, instance } = real;
  const { stdout } = await instance.slipway(['audit', 'list', '--verb', 'connect', '--name', 'dev', '-o', 'json']);
  const shells = JSON.parse(stdout).filter(({ request }: any) => request?.path.endsWith('/namespaces/default/pods/talker/exec'));
  expect(shells.length).toBeGreaterThanOrEqual(2);
  expect(shells[0]).toMatchObject({ outcome: 'ok', user: { name: 'admin', auth: { kind: 'session' } } });
  await real.go('/console/clusters/audit');
  await page.getByLabel('What was done').selectOption('connect');
  await page.getByRole('button', { name: `Record ${shells[0].seq}`, exact: true }).click();
  const record = page.getByRole('dialog');
  await record.getByText('admin by session').waitFor();
  await record.getByText('/namespaces/default/pods/talker/exec').waitFor();
}
