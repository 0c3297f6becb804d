import { sha256Hex } from '@slipway/kit';
import { clusterKind, clusterProfileKinds, macroKinds, type NewObject } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
const profiles = clusterProfileKinds.at('tenant');
const at = (path: string): string => `${world.hub.url}/console${path}`;
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' });
const panel = (name: string) => visit.page.getByRole('region', { name, exact: true });
const shop = async (version: string) =>
  (await world.client.get<any>({ kind: profiles, name: 'shop' })).spec.versions.find((one: { version: string }) => one.version === version);

const layers = [
  { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
  {
    name: 'metrics',
    type: 'addon',
    namespace: 'metrics',
    chart: { registry: 'builtin', name: 'metrics-server', version: '1.0.0' },
    valuesYaml: '# as many as asked for\nreplicas: {{ .var.replicas }}\n',
  },
];

beforeAll(async () => {
  world = await startConsoleWorld();
  const { client } = world;
  await client.create(macroKinds.at('tenant'), { metadata: { name: 'domain' }, spec: { value: 'example.org' } } as unknown as NewObject);
  const variables = [{ name: 'replicas', type: 'number', default: 2, min: 1, max: 9 }];
  const versions = [
    { version: '1.0.0', variables, layers },
    { version: '1.1.0', state: 'draft', variables, layers },
  ];
  await client.create(profiles, { metadata: { name: 'shop' }, spec: { versions } } as unknown as NewObject);
  visit = await world.visit('/clusters/profiles/tenant/shop?version=1.1.0');
}, 120_000);
afterAll(() => world?.stop());

describe('variables of a profile', () => {
  it('are defined with type, limits and default, and shown as their consumers will see them (E15, in part)', async () => {
    const { page } = visit;
    await button('Add variable').click();
    await page.waitForURL(/variable=variable/);
    await page.getByLabel('Name', { exact: true }).fill('2 bad');
    await page.getByText('must start with a letter').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('host');
    await page.keyboard.press('Enter');
    await page.waitForURL(/variable=host/);
    await page.getByLabel('Display name').fill('Host name');
    await page.getByLabel('Description').fill('Where the shop is served.');
    const asked = panel('As it is asked for');
    await asked.getByLabel('Host name').fill('try.example.org');
    await asked.getByText('Where the shop is served.').waitFor();
    await page.getByLabel('Type (required)').selectOption('enum');
    await page.getByLabel('Option 1', { exact: true }).fill('small');
    await button('Add to options').click();
    await page.getByLabel('Option 2', { exact: true }).fill('large');
    await page.getByLabel('Default', { exact: true }).selectOption('large');
    expect(await asked.getByLabel('Host name').locator('option').allTextContents()).toEqual(['Default (large)', 'small', 'large']);
    // Limits are those of the type: an enum has none, a number has a range.
    expect(await page.getByLabel('Smallest').count()).toBe(0);
    await page.getByLabel('Type (required)').selectOption('number');
    await page.getByLabel('Smallest').fill('5');
    await page.getByLabel('Largest').fill('3');
    await page.getByText('must not be greater than max (3)').first().waitFor();
    await panel('Variables').getByText('1 problem').waitFor();
    await page.getByLabel('Largest').fill('8');
    await asked.getByText('5 to 8').waitFor();
    await page.getByLabel('Type (required)').selectOption('secret');
    expect(await page.getByLabel('Default', { exact: true }).count()).toBe(0);
    await page.getByLabel('Required', { exact: true }).check();
    await page.getByLabel('Said once').check();
    expect(await asked.getByLabel('Host name (required)').getAttribute('type')).toBe('password');
    await asked.getByText('It cannot be changed later.').waitFor();
    await panel('Variables').getByText('never shown').waitFor();
    // A link to it shows it again.
    await page.reload();
    await page.getByLabel('Display name').waitFor();
    expect(await page.getByLabel('Required', { exact: true }).isChecked()).toBe(true);
  });

  it('are told where they are used, which leads there, and when they are used by nothing or declared by nobody (E15, in part)', async () => {
    const { page } = visit;
    await panel('Variables').getByRole('link', { name: /host/ }).getByText('not used').waitFor();
    await panel('Variables')
      .getByRole('link', { name: /^replicas/ })
      .click();
    await panel('Where it is used').getByText('values.replicas').waitFor();
    // Something uses it, so it stays, under its name.
    expect(await button('Remove variable replicas').getAttribute('title')).toBe('layer “metrics” uses it: take the reference out first.');
    await panel('Where it is used').getByRole('link', { name: 'metrics: values.replicas' }).click();
    await page.waitForURL(/panel=yaml/);
    const editor = page.getByRole('textbox', { name: 'Values of metrics' });
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText('url: "{{ .var.zone }}"\n');
    await panel('Variables').getByText('zone is used in 1 place and not declared.').waitFor();
    await button('Declare zone').click();
    await page.waitForURL(/variable=zone/);
    await panel('Variables').getByText('zone is used in 1 place and not declared.').waitFor({ state: 'detached' });
    await panel('Where it is used').getByText('values.url').waitFor();
  });

  it('are offered in the YAML of a layer, with macros, facts and functions (E15, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/profiles/tenant/shop?version=1.1.0&layer=metrics&panel=yaml'));
    const editor = page.getByRole('textbox', { name: 'Values of metrics' });
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('domain: {{ .', { delay: 20 });
    const offered = page.getByRole('listbox');
    await offered.getByRole('option', { name: /^\.var\.host/ }).waitFor();
    await page.keyboard.type('macro', { delay: 20 });
    await offered.getByRole('option', { name: /\.macro\.domain.*example\.org/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('domain: {{ .macro.domain }}').waitFor();
    for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowLeft');
    await page.keyboard.type(' | up', { delay: 20 });
    await offered.getByRole('option', { name: /^upper/ }).click();
    await page.getByText('domain: {{ .macro.domain | upper }}').waitFor();
    // References without quotes are no mistake of the text.
    expect(await page.locator('.cm-lintRange-error').count()).toBe(0);
  });

  it('are saved with the draft as the hub stores them', async () => {
    await button('Save draft').click();
    await expect.poll(async () => (await shop('1.1.0')).variables.length, { timeout: PATIENCE }).toBe(3);
    const { variables } = await shop('1.1.0');
    expect(variables.find(({ name }: { name: string }) => name === 'host')).toMatchObject({
      type: 'secret',
      displayName: 'Host name',
      description: 'Where the shop is served.',
      required: true,
      immutable: true,
    });
    expect(variables.find(({ name }: { name: string }) => name === 'host').default).toBeUndefined();
    await visit.page.goto(at('/clusters/profiles/tenant/shop?version=1.0.0&variable=replicas'));
    await visit.page.getByText('This version is published and stays as it is.').first().waitFor();
    expect(await visit.page.getByLabel('Smallest').isDisabled()).toBe(true);
    await picture(visit.page, 'variables');
  });
});

const CANARIES = ['CANARY-variable-1', 'CANARY-macro-2'];
/** A secret as it is, and as functions of a profile make others of it. */
const formsOf = (secret: string): string[] => [
  secret,
  secret.toUpperCase(),
  secret.toLowerCase(),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  sha256Hex(secret),
];
const app = (version: string, host: string) => ({
  version,
  variables: [
    { name: 'host', type: 'string', default: 'shop', displayName: 'Host name' },
    { name: 'password', type: 'secret', required: true },
  ],
  layers: [
    { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
    {
      name: 'settings',
      type: 'addon',
      chart: { registry: 'builtin', name: 'metrics-server', version: '1.0.0' },
      values: {
        resources: {
          host,
          url: 'https://me:{{ .var.password }}@x',
          hash: '{{ .var.password | sha256 }}',
          part: '{{ .var.password | b64enc }}',
        },
        upper: '{{ .macro.token | upper }}',
      },
    },
    {
      name: 'web',
      type: 'addon',
      manifests: ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {key: "{{ .var.password }}"}\n'],
    },
  ],
});

describe('rendered values of a cluster', () => {
  const seen: string[] = [];
  const row = (path: string) => visit.page.getByRole('group', { name: 'Values of settings' }).getByRole('row').filter({ hasText: path });

  beforeAll(async () => {
    const { client } = world;
    await client.create(macroKinds.at('tenant'), {
      metadata: { name: 'token' },
      spec: { secretValue: CANARIES[1] },
    } as unknown as NewObject);
    const versions = [
      app('1.0.0', '{{ .var.host }}.{{ .macro.domain }}'),
      app('1.1.0', 'new.{{ .var.host }}'),
      { ...app('1.2.0', 'next.{{ .var.host }}'), state: 'draft' },
    ];
    await client.create(profiles, { metadata: { name: 'app' }, spec: { versions } } as unknown as NewObject);
    const overrides = { settings: { values: { replicas: 3 } } };
    const spec = { profile: { name: 'app', version: '1.0.0' }, secretVariables: { password: CANARIES[0] }, overrides };
    await makeCluster(client, 'default', 'eu', { spec });
    visit.page.on(
      'response',
      (response) =>
        void response.text().then(
          (text) => seen.push(text),
          () => undefined,
        ),
    );
  }, 60_000);

  it('say of each value what it is and where it comes from, the override and the references too (E15, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list/default/eu?tab=layers'));
    await panel('Layers').getByRole('link', { name: 'settings' }).click();
    await page.waitForURL(/layer=settings/);
    await row('resources.host').getByText('shop.example.org').waitFor();
    expect(await row('resources.host').getByRole('cell').last().innerText()).toMatch(/^profile\s+\.var\.host\s+\.macro\.domain$/);
    expect(await row('replicas').getByRole('cell').allInnerTexts()).toEqual(['3', 'override of the cluster']);
    const origins = page.getByRole('group', { name: 'Variables and macros' });
    expect(await origins.getByRole('row').filter({ hasText: '.var.host' }).getByRole('cell').allInnerTexts()).toEqual([
      'shop',
      'a default app@1.0.0',
    ]);
    expect(await origins.getByRole('row').filter({ hasText: '.macro.domain' }).innerText()).toContain('of the tenant');
    // What the chart says itself comes only when it is asked for.
    const count = await page.getByRole('group', { name: 'Values of settings' }).getByRole('row').count();
    await page.getByLabel('With what charts say themselves').check();
    await expect
      .poll(() => page.getByRole('group', { name: 'Values of settings' }).getByRole('row').count(), { timeout: PATIENCE })
      .toBeGreaterThan(count);
    await row('resources.host').getByRole('link', { name: '.var.host' }).click();
    await panel('Variable host').waitFor();
  });

  it('can be seen as they would be: with another version, a draft, and other variables, beside what they are (E15, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list/default/eu?tab=layers&layer=settings'));
    await page.getByLabel('As', { exact: true }).selectOption({ label: 'with app@1.1.0' });
    await page.waitForURL(/as=app%401\.1\.0/);
    await row('resources.host').getByText('new.shop').waitFor();
    expect((await row('resources.host').getByRole('cell').allInnerTexts()).slice(0, 2)).toEqual(['new.shop', 'shop.example.org']);
    expect((await row('replicas').getByRole('cell').allInnerTexts()).slice(0, 2)).toEqual(['3', 'the same']);
    await page.getByLabel('As', { exact: true }).selectOption({ label: 'with app@1.2.0 (draft)' });
    await row('resources.host').getByText('next.shop').waitFor();
    await page.getByText('Try other values of variables').click();
    await page.getByLabel('Host name').fill('fresh');
    await row('resources.host').getByText('next.fresh').waitFor();
    // A secret is not asked for: nothing here could show it.
    expect(await page.getByLabel('password').count()).toBe(0);
    await row('replicas').scrollIntoViewIfNeeded();
    await picture(page, 'rendered-values');
    // Nothing of it was stored.
    const stored: any = await world.client.get({ kind: clusterKind, project: 'default', name: 'eu' });
    expect([stored.spec.profile.version, stored.spec.variables]).toEqual(['1.0.0', {}]);
    await page.getByLabel('Host name').fill('{{ .macro.nowhere }}');
    await page.getByText('which is neither in the project nor in the tenant').first().waitFor();
  });

  it('never hold a secret: not in the page, not in its HTML, not in what the hub answers (E15)', async () => {
    const { page } = visit;
    const pages: string[] = [];
    for (const path of [
      '?tab=layers&layer=settings',
      '?tab=layers&layer=web',
      '?tab=layers&layer=settings&as=app%401.2.0&defaults=yes',
      '?tab=yaml',
    ]) {
      await page.goto(at(`/clusters/list/default/eu${path}`));
      await page.getByText('***').first().waitFor();
      pages.push(await page.content(), await page.locator('body').innerText());
    }
    await page.goto(at('/clusters/list/default/eu?tab=layers&layer=settings'));
    for (const [path, text] of [
      ['resources.url', 'https://me:***@x'],
      ['resources.hash', '***'],
      ['resources.part', '***'],
      ['upper', '***'],
    ] as const)
      expect(await row(path).getByRole('cell').first().innerText()).toContain(text);
    expect(seen.filter((text) => text.includes('https://me:***@x')).length).toBeGreaterThan(0);
    for (const form of CANARIES.flatMap(formsOf)) {
      expect(pages.filter((text) => text.includes(form))).toEqual([]);
      expect(seen.filter((text) => text.includes(form))).toEqual([]);
    }
  });
});

it('have no axe violation, light or dark, and broke no rule of the policy (E23, in part)', async () => {
  const { page } = visit;
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const name of ['host', 'nobody']) {
      await page.goto(at(`/clusters/profiles/tenant/shop?version=1.1.0&variable=${name}`));
      await page.getByRole('heading', { name: 'Variables', exact: true }).waitFor();
      found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${name}: ${one}`));
    }
    for (const search of ['layer=settings&as=app%401.1.0', 'layer=web']) {
      await page.goto(at(`/clusters/list/default/eu?tab=layers&${search}`));
      await page.getByRole('group', { name: 'Variables and macros' }).waitFor();
      found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${search}: ${one}`));
    }
  }
  expect(found).toEqual([]);
  expect(visit.wrongs).toEqual([]);
});
