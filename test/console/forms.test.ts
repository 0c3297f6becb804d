import type { KindAddress } from '@slipway/api';
import { type NewObject, registryKind, roleBindingKind, teamKind, userKind } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, PATIENCE, signIn, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  visit = await world.visit('/clusters/people?tab=teams');
  // Leaving by the browser itself asks too; here the answer is to go.
  visit.page.on('dialog', (dialog) => void dialog.accept());
});
afterAll(() => world?.stop());

const at = (path: string): string => `${world.hub.url}/console${path}`;
const heading = (name: string) => visit.page.getByRole('heading', { level: 1, name, exact: true });
const button = (name: string) => visit.page.getByRole('button', { name, exact: true });
const stored = (kind: KindAddress, name: string) => world.client.get<any>({ kind, name });

describe('forms of ordinary kinds', () => {
  it('creates by a form after the hub was asked what would come of it (E17, in part)', async () => {
    const { page } = visit;
    await page.getByRole('link', { name: 'Create team' }).click();
    await heading('Create team').waitFor();
    await page.getByLabel('Name (required)', { exact: true }).fill('Platform Team');
    await button('Review changes').click();
    // What is wrong is said at its field, and nothing was stored.
    await expect
      .poll(() => page.getByLabel('Name (required)', { exact: true }).getAttribute('aria-invalid'), { timeout: PATIENCE })
      .toBe('true');
    // It is where the keyboard goes by itself, and from the summary.
    const focused = () => page.locator(':focus').getAttribute('data-field');
    await expect.poll(focused, { timeout: PATIENCE }).toBe('metadata.name');
    await button('Add to members').focus();
    await page.getByRole('alert').getByRole('button', { name: 'metadata.name' }).press('Enter');
    expect(await focused()).toBe('metadata.name');
    // Tried again and refused again, it is said once.
    await button('Review changes').click();
    await expect.poll(() => page.getByRole('alert').count(), { timeout: PATIENCE }).toBe(1);
    await page.getByLabel('Name (required)', { exact: true }).fill('platform');
    await button('Add to members').click();
    await page.getByRole('textbox', { name: 'Member 1' }).fill('admin');
    await button('Review changes').click();
    await page.getByRole('heading', { name: 'What will be created' }).waitFor();
    await page.getByText('- admin').waitFor();
    expect(await world.client.find({ kind: teamKind, name: 'platform' })).toBeUndefined();
    await button('Create Team').click();
    await heading('platform').waitFor();
    expect((await stored(teamKind, 'platform')).spec.members).toEqual(['admin']);
  });

  it('form and YAML are one text: comments and unknown order stay, what is wrong is said in both (E11)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/packs/new/registries'));
    await heading('Create registry').waitFor();
    await page.getByLabel('Name (required)', { exact: true }).fill('charts');
    await button('YAML').click();
    const editor = page.getByRole('textbox', { name: 'YAML of Registry' });
    await editor.click();
    await page.keyboard.press('Control+a');
    // Chromium gives what replaces a selection the looks of what was there, as an inline style, which the policy refuses.
    await page.keyboard.press('Delete');
    const text =
      'apiVersion: slipway.dev/v1\nkind: Registry\nmetadata:\n  name: charts # ours\nspec:\n  # An ordinary repository.\n  type: helm\n  url: https://charts.example.com # public\n';
    await page.keyboard.insertText(text);
    await button('Form').click();
    expect(await page.getByRole('combobox', { name: 'Type (required)' }).first().inputValue()).toBe('helm');
    await page.getByLabel('Url', { exact: true }).fill('no url');
    await button('Review changes').click();
    await page.getByRole('alert').first().waitFor();
    const field = page.getByLabel('Url', { exact: true });
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('.form-row', { has: field }).locator('.form-problem').textContent()).toMatch(/url/i);
    await button('YAML').click();
    const shown = await editor.textContent();
    expect(shown).toContain('# An ordinary repository.');
    expect(shown).toContain('name: charts # ours');
    expect(shown).toContain('url: no url # public');
    await page.locator('.cm-lint-marker-error').first().waitFor();
  });

  it('completes and explains fields from the schema of the kind (E11)', async () => {
    const { page } = visit;
    const editor = page.getByRole('textbox', { name: 'YAML of Registry' });
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText('  sync:\n    ');
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: /intervalMinutes/ }).waitFor();
    await page.keyboard.press('Escape');
    // Tab is not the editor's own: it goes on.
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.dataset.typing === undefined')).toBe(true);
  });

  it('keeps what the form does not know as it is written, and says in both that it would not be stored (E11)', async () => {
    const { page } = visit;
    const editor = page.getByRole('textbox', { name: 'YAML of Registry' });
    await editor.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(
      'apiVersion: slipway.dev/v1\nkind: Registry\nmetadata:\n  name: charts\nspec:\n  type: helm\n  colour: red # mine\n  url: https://a.example.com # public\n',
    );
    // What was put in at once is the editor's a moment later; the draft says when.
    await expect.poll(() => page.evaluate('JSON.stringify(localStorage)'), { timeout: PATIENCE }).toContain('colour: red');
    await button('Form').click();
    await page.getByLabel('Url', { exact: true }).fill('https://charts.example.com');
    await button('Review changes').click();
    await page
      .getByRole('alert')
      .getByText(/colour/)
      .first()
      .waitFor();
    await button('YAML').click();
    expect(await editor.textContent()).toContain('url: https://charts.example.com # public');
    expect(await editor.textContent()).toContain('colour: red # mine');
    await page.locator('.cm-lint-marker-error').first().waitFor();
    expect(await world.client.find({ kind: registryKind, name: 'charts' })).toBeUndefined();
  });

  it('what is not saved asks before it is left, and is there again after leaving and after a reload (E25, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/people/teams/platform?tab=edit'));
    await button('Add to members').click();
    await page.getByRole('textbox', { name: 'Member 2' }).fill('ada');
    await page.getByRole('navigation', { name: 'Cluster mode' }).getByRole('link', { name: 'Projects' }).click();
    await page.getByRole('heading', { name: 'Leave without saving?' }).waitFor();
    await button('Stay here').click();
    expect(await page.getByRole('textbox', { name: 'Member 2' }).inputValue()).toBe('ada');
    // Also from the review: looking at it is not saving it.
    await button('Review changes').click();
    await page.getByRole('heading', { name: 'What will change' }).waitFor();
    await page.getByRole('navigation', { name: 'Cluster mode' }).getByRole('link', { name: 'Projects' }).click();
    await page.getByRole('heading', { name: 'Leave without saving?' }).waitFor();
    await button('Stay here').click();
    await page.reload();
    await page.getByText('What you had written here and not saved is back').waitFor();
    expect(await page.getByRole('textbox', { name: 'Member 2' }).inputValue()).toBe('ada');
  });

  it('two people who edit: both stand when they changed different fields, and nothing is written over unseen', async () => {
    const { page } = visit;
    const team = await stored(teamKind, 'platform');
    await world.client.update(teamKind, { ...team, metadata: { ...team.metadata, labels: { cost: 'shared' } } });
    // What is taken up again after that is still what was begun before it: their change is not undone by mine.
    await page.reload();
    await page.getByText('What you had written here and not saved is back').waitFor();
    await button('Review changes').click();
    await page.getByText('Somebody else saved this while you were editing.').waitFor();
    await page.getByText('You changed different fields, so both can stand.').waitFor();
    await button('Keep both').click();
    await button('Review changes').click();
    await button('Save Team').click();
    await expect
      .poll(
        async () => {
          const { metadata, spec } = await stored(teamKind, 'platform');
          return { labels: metadata.labels, members: spec.members };
        },
        { timeout: PATIENCE },
      )
      .toEqual({ labels: { cost: 'shared' }, members: ['admin', 'ada'] });
  });

  it('and names what both changed', async () => {
    const { page } = visit;
    await world.client.create(userKind, { metadata: { name: 'grace' }, spec: { displayName: 'Grace' } } as unknown as NewObject);
    await page.goto(at('/clusters/people/users/grace?tab=edit'));
    await page.getByLabel('Display name').fill('Grace H.');
    const user = await stored(userKind, 'grace');
    await world.client.update(userKind, { ...user, spec: { ...user.spec, displayName: 'Hopper' } });
    await button('Review changes').click();
    await page.getByText('You both changed spec.displayName.').waitFor();
    await picture(page, 'two-people');
    expect(await violationsOf(page)).toEqual([]);
    await button('Keep theirs where both changed').click();
    expect(await page.getByLabel('Display name').inputValue()).toBe('Hopper');
  });

  it('says before a name is typed why the hub would not delete, from the row of a list by keyboard (E20, in part; E4, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/projects'));
    await page.getByRole('button', { name: 'Delete default', exact: true }).press('Enter');
    await page.getByRole('dialog').getByRole('alert').waitFor();
    expect(await page.getByRole('dialog').getByRole('button', { name: 'Delete default' }).getAttribute('title')).toBe(
      'The hub would refuse it',
    );
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Edit default', exact: true }).press('Enter');
    await heading('default').waitFor();
    await button('Review changes').waitFor();
  });

  it('names the missing permission and who can give it, and keeps what is not saved from who signs in next (E5, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/projects/new/projects'));
    await page.getByLabel('Name (required)', { exact: true }).fill('half-written');
    await page.getByText('Not saved yet; kept in this browser.').waitFor();
    await world.client.create(userKind, { metadata: { name: 'mary' }, spec: {} } as unknown as NewObject);
    await world.hub.hub.identity.accounts.setPassword({ tenant: 'default', name: 'mary' }, 'correct-horse-battery-9');
    await visit.context.clearCookies();
    await signIn(page, at('/clusters/packs?kind=registries'), { user: 'mary', password: 'correct-horse-battery-9' });
    await page.getByText('You may not see this').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/cannot list registries: .+ one of these roles would: .+; .+ can grant it/);
    await page.goto(at('/clusters/projects/new/projects'));
    await heading('Create project').waitFor();
    expect(await page.getByLabel('Name (required)', { exact: true }).inputValue()).toBe('');
    await visit.context.clearCookies();
    await signIn(page, at('/clusters/projects/new/projects'));
    await page.getByText('What you had written here and not saved is back').waitFor();
    expect(await page.getByLabel('Name (required)', { exact: true }).inputValue()).toBe('half-written');
    await button('Start over').click();
  });

  it('deletes after its name was typed, having said what goes with it (E20, in part)', async () => {
    const { page } = visit;
    await page.goto(at('/clusters/people/users/grace'));
    await button('Delete').click();
    await page.getByText('Their sessions, keys and open connections end at once.').waitFor();
    expect(await button('Delete grace').getAttribute('aria-disabled')).toBe('true');
    await page.getByLabel('Type grace to confirm').fill('grace');
    await page.keyboard.press('Enter');
    await heading('People & access').waitFor();
    await expect.poll(() => world.client.find({ kind: userKind, name: 'grace' }), { timeout: PATIENCE }).toBeUndefined();
    await page.goto(at('/clusters/people/users/grace'));
    await page.getByText('User “grace” is not here').waitFor();
  });

  it('a secret is written and never shown, and is kept when the rest is saved', async () => {
    const { page } = visit;
    await world.client.create(registryKind, {
      metadata: { name: 'hooked' },
      spec: { type: 'helm', url: 'https://charts.example.com', webhook: { secret: 'tulips-and-windmills' } },
    } as unknown as NewObject);
    await page.goto(at('/clusters/packs/registries/hooked?tab=edit'));
    const secret = page.getByLabel('Secret (required)');
    await secret.waitFor();
    expect(await secret.inputValue()).toBe('');
    expect(await secret.getAttribute('placeholder')).toBe('Kept as it is');
    await secret.fill('roses-and-rain-9');
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('roses');
    expect(await page.content()).not.toContain('tulips');
  });

  it('has no axe violation on its pages, light or dark, and broke no rule of the policy (E23, in part)', async () => {
    const { page } = visit;
    await world.client.create(roleBindingKind, {
      metadata: { name: 'viewers' },
      spec: { role: 'tenant-viewer', subjects: [{ kind: 'Team', name: 'platform' }] },
    } as unknown as NewObject);
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of [
        '/clusters/people/teams/platform',
        '/clusters/people/rolebindings/viewers?tab=edit',
        '/clusters/people/rolebindings/viewers?tab=yaml',
        '/clusters/packs/new/registries',
      ]) {
        await page.goto(at(path));
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.locator('.form, .facts, .cm-content').first().waitFor();
        found.push(...(await violationsOf(page)).map((one) => `${colorScheme} ${path}: ${one}`));
        if (path.includes('tab=edit')) await picture(page, `form-${colorScheme}`);
      }
    }
    expect(found).toEqual([]);
    expect(visit.wrongs).toEqual([]);
  });
});
