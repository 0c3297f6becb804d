import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@slipway/kit';
import { createKubeClient } from '@slipway/kube';
import { startApiServer, type TestApiServer, testTool } from '@slipway/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHelm, type Helm } from './helm.ts';

let api: TestApiServer;
let helm: Helm;
let workDir: string;
beforeAll(async () => {
  api = await startApiServer();
  workDir = join(api.dir, 'helm');
  const kube = createKubeClient({ server: api.server, ca: api.ca, token: api.token });
  helm = createHelm({ binary: testTool('helm'), workDir, kubeconfig: api.kubeconfig, kube });
}, 60_000);
afterAll(() => api?.stop());

/** A chart on disk made of the given templates. */
async function chart(name: string, templates: Record<string, string>): Promise<string> {
  const dir = join(api.dir, 'charts', name);
  await mkdir(join(dir, 'templates'), { recursive: true });
  await writeFile(join(dir, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`);
  for (const [file, text] of Object.entries(templates)) await writeFile(join(dir, 'templates', file), text);
  return dir;
}

const configMap = (name: string, body: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {text: ${body}}\n`;
const read = async (name: string, namespace: string) =>
  (await api.kubectl(['get', 'configmap', name, '-n', namespace, '-o', 'jsonpath={.data.text}'])).stdout;

const uidOf = async (name: string) => (await api.kubectl(['get', 'configmap', name, '-o', 'jsonpath={.metadata.uid}'])).stdout;

test('installs, upgrades, tells the state and removes', async () => {
  const chartFile = await chart('web', { 'cm.yaml': configMap('web', '{{ .Values.text | quote }}') });
  const release = { release: 'web', namespace: 'shop' };
  expect(await helm.status(release)).toBeUndefined();
  expect(await helm.history(release)).toEqual([]);
  const first = await helm.upgradeInstall({ ...release, chartFile, values: { text: 'one: {}\n- "two"' }, timeoutMs: 30_000 });
  expect(first.revision).toBe(1);
  expect(first.manifest).toContain('kind: ConfigMap');
  expect(await read('web', 'shop')).toBe('one: {}\n- "two"');
  const second = await helm.upgradeInstall({ ...release, chartFile, values: { text: 'two' }, timeoutMs: 30_000 });
  expect(second.revision).toBe(2);
  expect(await helm.status(release)).toMatchObject({ revision: 2, status: 'deployed' });
  expect((await helm.history(release)).map(({ revision, status }) => [revision, status])).toEqual([
    [1, 'superseded'],
    [2, 'deployed'],
  ]);
  expect(await helm.getManifest(release)).toContain('text: "two"');
  await helm.uninstall(release);
  await expect(read('web', 'shop')).rejects.toThrow(/not found/);
  await helm.uninstall(release);
  // Values may hold secrets: none stays on disk.
  expect((await readdir(workDir)).filter((name) => name.startsWith('values-'))).toEqual([]);
}, 60_000);

test('a failing chart gives helm’s own words', async () => {
  const chartFile = await chart('broken', {
    'cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ required "a name is needed" .Values.name }}}\n',
  });
  const input = { release: 'broken', namespace: 'default', chartFile, values: {}, timeoutMs: 30_000 };
  await expect(helm.upgradeInstall(input)).rejects.toThrow(/^execution error at \(broken\/templates\/cm.yaml:3:\d+\): a name is needed$/);
  expect((await helm.upgradeInstall({ ...input, values: { name: 'fixed' } })).revision).toBe(1);
  const badKind = await chart('bad-kind', { 'x.yaml': 'apiVersion: nowhere.dev/v1\nkind: Nothing\nmetadata: {name: x}\n' });
  await expect(helm.upgradeInstall({ ...input, release: 'bad', chartFile: badKind })).rejects.toThrow(/no matches for kind "Nothing"/);
}, 60_000);

/** Starts helm with a hook Job that never ends (there are no nodes), and kills it with SIGKILL once its record is there. */
async function killHalfWay(release: string, chartFile: string, phase: string): Promise<void> {
  const child = spawn(testTool('helm'), ['upgrade', release, chartFile, '--install', '-n', 'default'], {
    env: { PATH: process.env['PATH'], HOME: workDir, KUBECONFIG: api.kubeconfig },
    stdio: 'ignore',
  });
  await waitFor(async () => (await helm.status({ release, namespace: 'default' }))?.status === phase, { what: phase, timeoutMs: 20_000 });
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
}

const hook = (when: string) =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: {name: hook, annotations: {helm.sh/hook: ${when}, helm.sh/hook-delete-policy: before-hook-creation}}\n` +
  'spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}\n';

test('a helm killed during the first install and during an upgrade is recovered from, and nothing is lost', async () => {
  const release = { release: 'killed', namespace: 'default' };
  const healthy = await chart('killed', { 'a.yaml': configMap('kept', 'one') });
  const stuck = await chart('killed-1', { 'a.yaml': configMap('kept', 'half'), 'hook.yaml': hook('post-install') });
  await killHalfWay('killed', stuck, 'pending-install');
  const uid = await uidOf('kept');
  await helm.upgradeInstall({ ...release, chartFile: healthy, values: {}, timeoutMs: 30_000 });
  expect(await read('kept', 'default')).toBe('one');
  expect(await uidOf('kept')).toBe(uid);

  const upgrade = await chart('killed-2', { 'b.yaml': configMap('added', 'two'), 'hook.yaml': hook('post-upgrade') });
  await killHalfWay('killed', upgrade, 'pending-upgrade');
  const final = await chart('killed-3', { 'a.yaml': configMap('kept', 'three') });
  await helm.upgradeInstall({ ...release, chartFile: final, values: {}, timeoutMs: 30_000 });
  expect(await helm.status(release)).toMatchObject({ status: 'deployed' });
  expect(await read('kept', 'default')).toBe('three');
}, 90_000);

test('an abort stops helm before it rejects', async () => {
  const chartFile = await chart('slow', { 'hook.yaml': hook('pre-install') });
  const aborting = new AbortController();
  const running = helm.upgradeInstall({
    release: 'slow',
    namespace: 'default',
    chartFile,
    values: {},
    timeoutMs: 60_000,
    signal: aborting.signal,
  });
  await waitFor(async () => (await helm.status({ release: 'slow', namespace: 'default' }))?.status === 'pending-install', {
    what: 'helm',
    timeoutMs: 20_000,
  });
  aborting.abort(new Error('the plan changed'));
  await expect(running).rejects.toThrow('the plan changed');
  const healthy = await chart('slow-fixed', { 'a.yaml': configMap('slow', 'ok') });
  await helm.upgradeInstall({ release: 'slow', namespace: 'default', chartFile: healthy, values: {}, timeoutMs: 30_000 });
  expect(await read('slow', 'default')).toBe('ok');
}, 60_000);
