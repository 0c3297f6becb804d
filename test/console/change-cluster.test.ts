import {
  type ApiObject,
  clusterKind,
  type ClusterSpec,
  kinds,
  machinePoolKind,
  type MachinePoolSpec,
  type NewObject,
  projectRoleBindingKind,
} from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, makePerson, PATIENCE, startConsoleWorld, type Visit, visitAs } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  await makeCluster(world.client, 'default', 'dev');
  await world.client.create(machinePoolKind, {
    metadata: { name: 'dev-workers', namespace: 'default' },
    spec: { cluster: 'dev', replicas: 2 },
  } as unknown as NewObject);
  await makeOverriding();
  visit = await world.visit('/clusters/list/default/dev');
});
afterAll(() => world?.stop());

const versionWith = (number: string, kubelet: object) => ({
  version: number,
  layers: [{ name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' }, values: { kubelet } }],
});

/** A cluster and a pool that want otherwise what their profile changes. */
async function makeOverriding(): Promise<void> {
  const make = (kind: typeof clusterKind | typeof machinePoolKind | typeof profileKind, name: string, spec: object) =>
    world.client.create(kind, {
      metadata: { name, ...(kind.scope === 'project' ? { namespace: 'default' } : {}) },
      spec,
    } as unknown as NewObject);
  const profileKind = kinds.find(({ kind }) => kind === 'SystemClusterProfile')!;
  await make(profileKind, 'own', {
    versions: [
      versionWith('1.0.0', { maxPods: 50, podPidsLimit: 1000, podsPerCore: 10 }),
      versionWith('1.1.0', { maxPods: 70, podPidsLimit: 2000 }),
    ],
  });
  for (const name of ['shop', 'store'])
    await make(clusterKind, name, {
      profile: { scope: 'system', name: 'own', version: '1.0.0' },
      overrides: { kubernetes: { values: { kubelet: { maxPods: 60, podPidsLimit: 1500, podsPerCore: 5, containerLogMaxFiles: 3 } } } },
    });
  await make(machinePoolKind, 'shop-large', {
    cluster: 'shop',
    replicas: 1,
    overrides: { kubernetes: { values: { kubelet: { maxPods: 65 } } } },
  });
}

const at = (path: string): string => `${world.hub.url}/console${path}`;
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: true });
const setting = (name: RegExp) => visit.page.getByRole('listitem').filter({ hasText: name });
const stored = async (name = 'dev') =>
  (await world.client.get<ApiObject<ClusterSpec>>({ kind: clusterKind, project: 'default', name })).spec;
const storedPool = async (name = 'dev-workers') =>
  (await world.client.get<ApiObject<MachinePoolSpec>>({ kind: machinePoolKind, project: 'default', name })).spec;
const planShown = () => visit.page.getByRole('heading', { name: 'When it runs' }).waitFor();

/** What is copied, by what it is copied as. */
const COPIES: Readonly<Record<string, RegExp>> = {
  'A command line': /^slipway apply -f - <<'EOF'[^]*version: 1\.1\.0/,
  'A request of the API': /^curl .*clusters\/dev\?fieldManager=me[^]*version: 1\.1\.0/,
  'Terraform-ready YAML': /^apiVersion: slipway\.dev\/v1[^]*version: 1\.1\.0/,
};

describe('changing a cluster', () => {
  it('shows the hub’s plan of a pool that is scaled before anything is stored, at an address of its own (E17)', async () => {
    const { page } = visit;
    await page.getByRole('navigation', { name: 'Parts of the cluster' }).getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('textbox', { name: /^Pool dev-workers/ }).fill('x');
    expect(
      await setting(/Pool dev-workers/)
        .getByRole('button')
        .getAttribute('title'),
    ).toBe('Write a whole number from 0 to 500.');
    await page.getByRole('textbox', { name: /^Pool dev-workers/ }).fill('1');
    await setting(/Pool dev-workers/)
      .getByRole('button', { name: 'Review scaling' })
      .click();
    await page.waitForURL(/change=scale/);
    await planShown();
    await page.getByRole('cell', { name: /Scale pool workers down from 2 to 1/ }).waitFor();
    await page.getByText('restarts pods').first().waitFor();
    expect((await storedPool()).replicas).toBe(2);
    // The address is all that somebody else needs to look at the same change.
    await page.reload();
    await planShown();
    await button('Scale pool dev-workers to 1').click();
    await expect.poll(async () => (await storedPool()).replicas, { timeout: PATIENCE }).toBe(1);
    await page.waitForURL((url) => !url.search.includes('change'));
  });

  it('moves to another version of the profile after its plan was seen (E17)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list/default/dev?tab=settings'));
    await page.getByRole('combobox', { name: 'Version of starter', exact: true }).selectOption('1.1.0');
    await button('Review move').click();
    await planShown();
    await page.getByRole('cell', { name: /Move the control plane from Kubernetes/ }).waitFor();
    await page
      .getByRole('rowheader', { name: /^Changed/ })
      .or(page.getByText('Changed', { exact: false }))
      .first()
      .waitFor();
    await page.getByText('replaces every machine').first().waitFor();
    expect((await stored()).profile.version).toBe('1.0.0');
    await page.getByRole('heading', { name: 'Approvals' }).waitFor();
    await page.getByRole('heading', { name: 'Who and what is affected' }).waitFor();
    // The same change for other hands.
    await visit.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: world.hub.url });
    for (const [form, text] of Object.entries(COPIES)) {
      await button('Copy as').click();
      await page.getByRole('button', { name: form, exact: true }).click();
      await expect.poll(() => page.evaluate('navigator.clipboard.readText()'), { timeout: PATIENCE }).toMatch(text);
    }
    await button('Move to starter@1.1.0').click();
    await page.waitForURL((url) => !url.search.includes('change'));
    expect((await stored()).profile.version).toBe('1.1.0');
  });

  it('pauses and resumes, and reports drift instead of healing it, each after its plan was seen (E17)', async () => {
    const { page } = visit;
    for (const [review, act, is] of [
      ['Review pausing', 'Pause cluster', { paused: true }],
      ['Review resuming', 'Resume cluster', { paused: false }],
      ['Review reporting only', 'Report drift only', { drift: 'report' }],
    ] as const) {
      await page.goto(at('/clusters/list/default/dev?tab=settings'));
      await button(review).click();
      await planShown();
      await button(act).click();
      await page.waitForURL((url) => !url.search.includes('change'));
      expect(await stored()).toMatchObject(is);
    }
  });

  it('asks about each conflict and each override without a place when the version changes, and saves nothing before all is said (E19)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list/default/shop?tab=settings'));
    await button('Review move').click();
    await page.getByText('4 of 4 to decide').waitFor();
    const move = button('Move to system/own@1.1.0');
    const question = (name: RegExp) => page.getByRole('group', { name });
    // What nobody has to say anything about is carried over by itself.
    await page.getByText('kubelet.containerLogMaxFiles: 3').waitFor();
    expect(await move.getAttribute('title')).toBe('4 things are to be decided first.');
    const maxPods = question(/Conflict 1 of 4.*layer kubernetes, kubelet.maxPods/);
    await maxPods.getByText('1.0.0 had 50').waitFor();
    await maxPods.getByRole('radio', { name: 'Theirs: take 70 of 1.1.0' }).waitFor();
    // By keyboard alone: mine, theirs, and from there to another value.
    await maxPods.getByRole('radio', { name: 'Mine: keep 60' }).focus();
    await page.keyboard.press('Space');
    await page.getByText('3 of 4 to decide').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.getByText('4 of 4 to decide').waitFor();
    const typed = maxPods.getByRole('textbox', { name: 'The value of kubelet.maxPods, as YAML' });
    await typed.fill('null');
    await maxPods.getByText('To be rid of an override, take the profile’s value.').waitFor();
    await typed.fill('80');
    await question(/Conflict 2 of 4.*podPidsLimit/)
      .getByRole('radio', { name: 'Theirs: take 2000 of 1.1.0' })
      .check();
    await question(/Conflict 3 of 4.*pool shop-large.*maxPods/)
      .getByRole('radio', { name: 'Mine: keep 65' })
      .check();
    await page.getByText('1 of 4 to decide').waitFor();
    expect(await move.getAttribute('title')).toBe('One thing is to be decided first.');
    await move.click({ force: true });
    expect((await stored('shop')).profile.version).toBe('1.0.0');
    // Going away asks, and a reload keeps what was said.
    await page.getByRole('link', { name: 'Overview', exact: true }).first().click();
    await page.getByRole('button', { name: 'Stay here' }).click();
    page.once('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.getByText('1 of 4 to decide').waitFor();
    expect(await typed.inputValue()).toBe('80');
    await picture(page, 'change-review');
    await question(/Without a place 4 of 4.*podsPerCore/)
      .getByRole('radio', { name: 'Delete it' })
      .check();
    await page.getByText('All is decided').waitFor();
    await expect.poll(() => move.getAttribute('aria-disabled'), { timeout: PATIENCE }).toBeNull();
    expect((await stored('shop')).overrides['kubernetes']?.values).toMatchObject({ kubelet: { maxPods: 60, podsPerCore: 5 } });
    await move.click();
    await page.waitForURL((url) => !url.search.includes('change'));
    const { profile, overrides } = await stored('shop');
    expect(profile.version).toBe('1.1.0');
    expect(overrides['kubernetes']).toMatchObject({
      values: { kubelet: { maxPods: 80, podPidsLimit: 1500, containerLogMaxFiles: 3 } },
      madeFor: '1.1.0',
      decisions: { 'kubelet.maxPods': 'keep', 'kubelet.podPidsLimit': 'take' },
    });
    expect(overrides['kubernetes']?.values['kubelet']).not.toHaveProperty('podsPerCore');
    expect((await storedPool('shop-large')).overrides['kubernetes']).toMatchObject({
      values: { kubelet: { maxPods: 65 } },
      madeFor: '1.1.0',
      decisions: { 'kubelet.maxPods': 'keep' },
    });
  });

  it('goes back to any revision, says what that cannot undo, and leaves the template that would take it on again (E20)', async () => {
    const { page } = visit;
    const address = { kind: clusterKind, project: 'default', name: 'fleet' };
    await world.client.create(
      kinds.find(({ kind }) => kind === 'ClusterTemplate')!,
      {
        metadata: { name: 'everywhere' },
        spec: { profile: { scope: 'system', name: 'own', version: '1.1.0' } },
      } as unknown as NewObject,
    );
    await makeCluster(world.client, 'default', 'fleet', { spec: { profile: { scope: 'system', name: 'own', version: '1.0.0' } } });
    await world.client.patch(address, { spec: { drift: 'report' } });
    await world.client.patch(address, { spec: { profile: { version: '1.1.0' }, template: { name: 'everywhere' } } });
    await page.goto(at('/clusters/list/default/fleet?tab=settings'));
    const rows = page.getByRole('group', { name: 'History' }).getByRole('row');
    await rows.filter({ hasText: 'The cluster was created.' }).waitFor();
    expect(await rows.count()).toBe(4);
    await rows.filter({ hasText: 'profile.version: 1.0.0 → 1.1.0' }).waitFor();
    expect(await rows.nth(1).getByRole('button').getAttribute('title')).toBe('The cluster is so now.');
    await rows.filter({ hasText: 'The cluster was created.' }).getByRole('button').click();
    await page.waitForURL(/change=rollback/);
    await planShown();
    await page.getByText('It stops following the template everywhere').waitFor();
    const undone = page.getByRole('region', { name: 'What cannot be undone' });
    await undone.getByText(/^Data: what applications wrote/).waitFor();
    await undone.getByText(/^Machine pools: each is an object of its own/).waitFor();
    await page.getByRole('cell', { name: /Change.*profile.*of cluster fleet/ }).waitFor();
    expect((await stored('fleet')).profile.version).toBe('1.1.0');
    await button(/^Roll back to revision \d+$/).click();
    await page.waitForURL((url) => !url.search.includes('change'));
    const { profile, drift, template } = await stored('fleet');
    expect({ profile, drift, template }).toEqual({
      profile: { scope: 'system', name: 'own', version: '1.0.0' },
      drift: 'heal',
      template: undefined,
    });
  });

  it('deletes a cluster after saying what goes and what stays and asking for its name, and says who may not (E20)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/list/default/shop?tab=settings'));
    await button('Delete cluster').click();
    const dialog = page.getByRole('dialog', { name: 'Delete shop?' });
    await dialog.getByRole('region', { name: 'Goes' }).getByText('pool shop-large').waitFor();
    await dialog.getByRole('region', { name: 'Goes' }).getByText('every workload and volume inside the cluster').waitFor();
    await dialog.getByRole('region', { name: 'Stays' }).getByText('profile own, cloud account local and gateway local').waitFor();
    await dialog.getByRole('textbox').fill('sho');
    expect(await dialog.getByRole('button', { name: 'Delete shop' }).getAttribute('aria-disabled')).toBe('true');
    await dialog.getByRole('textbox').fill('shop');
    await page.keyboard.press('Enter');
    await expect
      .poll(
        async () =>
          (await world.client.find({ kind: clusterKind, project: 'default', name: 'shop' }))?.metadata.deletionTimestamp ?? 'gone',
        { timeout: PATIENCE },
      )
      .toMatch(/^20|gone/);
    // Who may only look is told so before anything is tried.
    await makePerson(world, 'vera');
    const spec = { role: 'project-viewer', subjects: [{ kind: 'User', name: 'vera' }] };
    await world.client.create(projectRoleBindingKind, {
      metadata: { name: 'vera-views', namespace: 'default' },
      spec,
    } as unknown as NewObject);
    const vera = await visitAs(world, 'vera', '/clusters/list/default/dev?tab=settings');
    for (const [name, verb] of [
      ['Review move', 'patch'],
      ['Review pausing', 'patch'],
      ['Delete cluster', 'delete'],
    ] as const) {
      const refused = vera.page.getByRole('button', { name, exact: true });
      await expect
        .poll(() => refused.getAttribute('title'), { timeout: PATIENCE })
        .toBe(`Your roles do not let you ${verb} clusters. Whoever manages roles can give you one that does.`);
      expect(await refused.getAttribute('aria-disabled')).toBe('true');
    }
    // Nor does an address that somebody sent: the plan is theirs to see, or is refused in words, and nothing is saved.
    await vera.page.goto(at('/clusters/list/default/dev?tab=settings&change=paused:true'));
    await expect
      .poll(() => vera.page.getByRole('button', { name: 'Pause cluster' }).getAttribute('title'), { timeout: PATIENCE })
      .toMatch(/do not let you patch clusters/);
    expect((await stored()).paused).toBe(false);
    expect(vera.wrongs).toEqual([]);
    await vera.context.close();
  });

  it('has no axe violation in either theme, and broke no rule of the policy (E23, in part)', async () => {
    const { page } = visit;
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [name, search] of [
        ['dev', ''],
        ['dev', '&change=scale:dev-workers%3D4'],
        ['store', '&change=move:system/own@1.1.0'],
      ] as const) {
        await page.goto(at(`/clusters/list/default/${name}?tab=settings${search}`));
        await page.getByRole('heading', { name: search === '' ? 'Delete' : 'When it runs', exact: true }).waitFor();
        await expect.poll(() => page.locator('.skeleton').count(), { timeout: PATIENCE }).toBe(0);
        found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${search}: ${one}`));
      }
    }
    expect(found).toEqual([]);
    expect(visit.wrongs).toEqual([]);
  });
});
