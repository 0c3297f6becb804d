import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256Hex, waitFor } from '@slipway/kit';
import {
  type ApiObject,
  type NewObject,
  packKinds,
  type PackSpec,
  type PackStatus,
  registryKind,
  type RegistryStatus,
} from '@slipway/model';
import { packChart } from '@slipway/packs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
let upstream: Server;
const chart = (words: string): Buffer =>
  packChart('blue', [
    { name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: blue\nversion: 1.0.0\n') },
    { name: 'values.yaml', data: Buffer.from(`words: ${words}\n`) },
    { name: 'slipway.yaml', data: Buffer.from('upgradeNotes: Blue is **bluer** now.\n') },
  ]);
let served = chart('one');

beforeAll(async () => {
  upstream = createServer((request, response) => {
    const index = `apiVersion: v1\nentries:\n  blue:\n  - {version: 1.0.0, urls: [blue.tgz], digest: ${sha256Hex(served)}, kubeVersion: '>=1.34', annotations: {slipway.dev/constraints: '{"architectures": ["arm64"]}'}}\n`;
    response.end(request.url === '/index.yaml' ? index : served);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  world = await startConsoleWorld({ outbound: { rules: { allow: ['127.0.0.1'] } } });
  visit = await world.visit('/clusters/packs');
}, 120_000);
afterAll(async () => {
  await world?.stop();
  await new Promise((resolve) => upstream.close(resolve).closeAllConnections());
});

async function sync(): Promise<void> {
  const { requested } = await world.client.request<{ requested: string }>('/apis/slipway.dev/v1/registries/stable/sync', {
    method: 'POST',
    body: {},
  });
  const attempt = async () => {
    const { status } = await world.client.get<ApiObject<unknown, RegistryStatus>>({ kind: registryKind, name: 'stable' });
    return (status?.lastAttempt ?? '') >= requested;
  };
  await waitFor(attempt, { what: 'the sync', timeoutMs: PATIENCE });
}
const blue = () => world.client.get<ApiObject<PackSpec, PackStatus>>({ kind: packKinds.at('tenant'), name: 'stable.blue' });

it('a version that was replaced in its registry is told, and its new content is used only when somebody has reviewed and accepted it (E14, in part)', async () => {
  const { page } = visit;
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  await world.client.create(registryKind, { metadata: { name: 'stable' }, spec: { type: 'helm', url } } as unknown as NewObject);
  await sync();
  const first = (await blue()).spec.versions[0]?.digest;
  await page.goto(`${world.hub.url}/console/clusters/packs/packs/stable.blue`);
  await page.getByRole('row', { name: /As it was seen first/ }).waitFor();
  served = chart('two');
  await sync();
  // Live: nobody loads the page anew.
  await page.getByText('Version 1.0.0 was replaced in its registry.').waitFor();
  await page.getByRole('button', { name: 'Review replacement' }).click();
  await page.getByRole('dialog').getByText('No cluster changes').waitFor();
  expect((await blue()).spec.versions[0]?.digest).toBe(first);
  await page.getByRole('button', { name: 'Accept content' }).click();
  await page.getByText('was replaced in its registry').waitFor({ state: 'detached' });
  expect((await blue()).spec.versions[0]?.digest).toBe(`sha256:${sha256Hex(served)}`);
});

it('a pack shows its versions with digest and standing, what it needs, its README without anything of other hosts, and its values (E14, in part)', async () => {
  const { page } = visit;
  await page.goto(`${world.hub.url}/console/clusters/packs/packs/builtin.ingress`);
  await page.getByRole('heading', { level: 1, name: 'Ingress' }).waitFor();
  await page.getByRole('row', { name: /1\.0\.0 .*sha256:[0-9a-f]{12}.* As it was seen first/ }).waitFor();
  await page.locator('.readme').last().waitFor();
  expect(await page.locator('.readme img').count()).toBe(0);
  await page.getByRole('textbox', { name: 'Values of ingress' }).waitFor();
  await picture(page, 'pack');
  await page.goto(`${world.hub.url}/console/clusters/packs/packs/builtin.nothing`);
  await page.getByText('Pack “builtin.nothing” is not here').waitFor();
});

it('are found by words, and narrowed by type, registry, machines and Kubernetes, which the address keeps (E14, in part)', async () => {
  const { page } = visit;
  await page.goto(`${world.hub.url}/console/clusters/packs`);
  const packs = () => page.getByRole('group', { name: 'Packs', exact: true }).getByRole('row').allInnerTexts();
  const names = async () =>
    (await packs()).slice(1).map((row) =>
      row
        .split('\t')[0]
        ?.trim()
        .replace(/^(builtin|stable)\./, ''),
    );
  await expect.poll(names, { timeout: PATIENCE }).toEqual(expect.arrayContaining(['blue', 'flannel', 'ingress']));
  await page.getByLabel('Type', { exact: true }).selectOption('cni');
  await expect.poll(names, { timeout: PATIENCE }).toEqual(['flannel']);
  await page.getByLabel('Type', { exact: true }).selectOption('');
  // Who names no machines works on all of them; this one names arm64.
  await page.getByLabel('Machines').selectOption('amd64');
  await page.waitForURL(/arch=amd64/);
  await expect.poll(names, { timeout: PATIENCE }).not.toContain('blue');
  expect(await names()).toContain('ingress');
  await page.getByLabel('Machines').selectOption('arm64');
  await expect.poll(names, { timeout: PATIENCE }).toContain('blue');
  await page.getByLabel('Suits Kubernetes').selectOption('1.33.0');
  await expect.poll(names, { timeout: PATIENCE }).not.toContain('blue');
  await page.getByLabel('Suits Kubernetes').selectOption('1.35.0');
  await page.getByLabel('Registry', { exact: true }).selectOption('stable');
  await expect.poll(names, { timeout: PATIENCE }).toEqual(['blue']);
  await page.reload();
  await expect.poll(names, { timeout: PATIENCE }).toEqual(['blue']);
  await page.getByLabel('Filter packs').fill('nothing-like-this');
  await page.getByText('Nothing matches').waitFor();
  await page.goto(`${world.hub.url}/console/clusters/packs?kind=registries`);
  const stable = page.getByRole('link', { name: 'stable', exact: true });
  await stable.waitFor();
  await page.getByLabel('Type', { exact: true }).selectOption('helm');
  await stable.waitFor();
  expect(await page.getByRole('link', { name: 'builtin', exact: true }).count()).toBe(0);
});

it('has versions with their notes, and values as YAML or as the form of a layer (E14)', async () => {
  const { page } = visit;
  await page.goto(`${world.hub.url}/console/clusters/packs/packs/stable.blue`);
  await page.getByRole('region', { name: 'Notes for moving to this version' }).getByText('bluer').waitFor();
  await page.getByRole('row', { name: /1\.0\.0.*Kubernetes >=1\.34.*arm64/s }).waitFor();
  await page.getByRole('textbox', { name: 'Values of blue' }).waitFor();
  await page.getByRole('navigation', { name: 'Values as' }).getByRole('link', { name: 'Form' }).click();
  await page.waitForURL(/values=form/);
  const words = page.getByRole('group', { name: 'Values of blue' }).getByLabel('Words');
  expect([await words.getAttribute('placeholder'), await words.isDisabled()]).toEqual(['two', true]);
});

it('has no axe violation, light or dark, and breaks no rule of its policy (E23, in part)', async () => {
  const { page } = visit;
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${world.hub.url}/console/clusters/packs/packs/builtin.ingress`);
    await page.getByRole('textbox', { name: 'Values of ingress' }).waitFor();
    found.push(...(await violationsOf(page)).map((one) => `${colorScheme}: ${one}`));
    await page.goto(`${world.hub.url}/console/clusters/packs?type=addon&suits=1.35.0`);
    await page.getByRole('group', { name: 'Packs', exact: true }).waitFor();
    found.push(...(await violationsOf(page)).map((one) => `${colorScheme} list: ${one}`));
  }
  expect(found).toEqual([]);
  expect(visit.wrongs).toEqual([]);
});
