import { readFile } from 'node:fs/promises';
import {
  apiKeyKind,
  type ChainedRecord,
  chainVerifier,
  identityProviderKind,
  type Kind,
  type NewObject,
  roleBindingKind,
  serviceAccountKind,
  teamKind,
  userKind,
} from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';
import { picture } from './screenshots.ts';

const GOOD = 'violet anchor tundra 7';

describe('people, their rights and what they did', () => {
  let world: ConsoleWorld;
  let visit: Visit;
  const at = (path: string): string => `${world.hub.url}/console${path}`;
  const open = async (path: string, title: string): Promise<void> => {
    await visit.page.goto(at(path));
    await visit.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
  };
  const dialog = (name: string) => visit.page.getByRole('dialog', { name });
  const make = (kind: Kind, name: string, spec: object, namespace?: string) =>
    world.client.create(kind, { metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec } as unknown as NewObject);

  beforeAll(async () => {
    world = await startConsoleWorld();
    await make(userKind, 'ada', { email: 'ada@example.com' });
    await make(teamKind, 'shop', { members: ['ada'] });
    await make(serviceAccountKind, 'ci', {}, 'default');
    await make(roleBindingKind, 'shop-edits', {
      role: 'project-editor',
      subjects: [{ kind: 'Team', name: 'shop' }],
      projects: ['default'],
    });
    await make(identityProviderKind, 'corp', { oidc: { issuer: 'https://login.example.com/realms/corp', clientId: 'slipway' } });
    visit = await world.visit('/clusters/people');
  });
  afterAll(() => world?.stop());

  it('invites somebody by a link that is shown once and works once', async () => {
    const { page } = visit;
    await page.getByRole('button', { name: 'Invite user' }).click();
    await dialog('Invite a user').getByLabel('Name (required)').fill('bob');
    await page.keyboard.press('Enter');
    const link = await dialog('The link for bob').getByLabel('One-time link').inputValue();
    expect(link).toMatch(/\/auth\/invitation#swi_/);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'bob', exact: true }).waitFor();
    expect(await page.content()).not.toContain('swi_');
    const other = await world.visit();
    await other.page.goto(link);
    await other.page.getByLabel('New password').fill(GOOD);
    await other.page.getByLabel('The same again').fill(GOOD);
    await other.page.getByRole('button', { name: 'Set password' }).click();
    await other.page.getByRole('button', { name: 'User menu of bob' }).waitFor();
    // Their session is seen, and ended from here.
    await page.getByRole('button', { name: 'bob', exact: true }).click();
    await page.waitForURL(/open=bob/);
    await dialog('User bob')
      .getByRole('button', { name: /^End the session/ })
      .click();
    await dialog('User bob').getByText('Nowhere.').waitFor();
    // Also somebody without a role hears of it without doing anything.
    await other.page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    await other.context.close();
  });

  it('disables and enables a user, and makes a new link for a forgotten password', async () => {
    const { page } = visit;
    await open('/clusters/people?open=ada', 'People & access');
    const ada = dialog('User ada');
    await ada.getByRole('button', { name: 'Make link for a new password' }).click();
    expect(await ada.getByLabel('One-time link').inputValue()).toContain('#swi_');
    await ada.getByRole('button', { name: 'Disable user' }).click();
    await ada.getByRole('button', { name: 'Enable user' }).waitFor();
    expect(await ada.getByRole('button', { name: 'Make link for a new password' }).getAttribute('title')).toBe('Enable the user first.');
    expect(await world.client.get({ kind: userKind, name: 'ada' })).toMatchObject({ spec: { disabled: true } });
    await ada.getByRole('button', { name: 'Enable user' }).click();
    await ada.getByRole('button', { name: 'Disable user' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await ada.waitFor({ state: 'detached' });
  });

  it('says who has what where, and what each role allows, in words', async () => {
    const { page } = visit;
    await open('/clusters/people', 'People & access');
    await page.getByRole('link', { name: 'Who has what' }).click();
    const row = page.getByRole('row', { name: /project-editor/ });
    expect(await row.getByRole('cell').allTextContents()).toEqual(['shop', 'team', 'project-editor', 'project default', 'shop-edits']);
    await page.getByRole('link', { name: 'Roles' }).click();
    await page.getByLabel('Filter roles').fill('cluster-admin');
    const role = page.getByRole('row', { name: /cluster-admin/ }).first();
    expect(await role.textContent()).toContain('Slipway: cannot be changed');
    await role.getByText(/rules?$/).click();
    expect(await role.getByRole('listitem').first().textContent()).toMatch(/^[A-Z].*\.$/);
    await page.reload();
    expect(await page.getByLabel('Filter roles').inputValue()).toBe('cluster-admin');
  });

  it('makes a key that is shown once, says when it was used, and revokes it by name', async () => {
    const { page } = visit;
    await open('/clusters/people?tab=keys', 'People & access');
    await page.getByRole('button', { name: 'Make key' }).click();
    const form = dialog('Make a key');
    await form.getByLabel('Name (required)').fill('deploy');
    await form.getByLabel('Acts as').selectOption('default/ci');
    await form.getByLabel('Works for').selectOption('30');
    await form.getByRole('button', { name: 'Make key' }).click();
    const token = await dialog('The token of key deploy').getByLabel('Token').inputValue();
    expect(token).toMatch(/^swt_/);
    await page.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain(token);
    const row = page.getByRole('row', { name: /deploy/ });
    expect(await row.textContent()).toContain('service account default/ci');
    const key = (await world.client.get({ kind: apiKeyKind, name: 'deploy' })) as { spec: { expiresAt: string } };
    const days = (Date.parse(key.spec.expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    await row.getByRole('button', { name: 'Revoke key deploy' }).click();
    const revoke = dialog('Revoke key deploy?').getByRole('button', { name: 'Revoke key' });
    expect(await revoke.getAttribute('aria-disabled')).toBe('true');
    await page.getByLabel('Type deploy to go on').fill('deploy');
    await revoke.click();
    await row.waitFor({ state: 'detached' });
    expect(await world.client.find({ kind: apiKeyKind, name: 'deploy' })).toBeUndefined();
  });

  it('answers whether one may, and by which rule, as the command line does', async () => {
    const { page } = visit;
    await open('/clusters/people?tab=ask', 'People & access');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('role "system-admin" by binding "system-admin-admin"').waitFor();
    for (const tab of ['teams', 'access', 'roles', 'keys', 'accounts', 'providers', 'ask']) {
      await open(`/clusters/people?tab=${tab}`, 'People & access');
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      expect(await violationsOf(page), tab).toEqual([]);
    }
    await open('/clusters/people', 'People & access');
    await page.getByRole('button', { name: 'bob', exact: true }).waitFor();
    await picture(page, 'people');
  });

  it('finds who did what and when, shows before and after with secrets masked, and keeps it in the address', async () => {
    const { page } = visit;
    await makeCluster(world.client, 'default', 'dev', { spec: { paused: true } });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, stringData: { password: 'hunter2' } };
    await world.client.request('/api/v1/namespaces/default/secrets', { method: 'POST', body: secret });
    await world.client.patch({ kind: userKind, name: 'ada' }, { spec: { displayName: 'Ada L.' } });
    await open('/clusters/audit', 'Audit');
    await page.getByLabel('Kind, such as clusters').fill('users');
    await page.getByLabel('What was done').selectOption('update');
    await page.waitForURL(/resource=users.*verb=update|verb=update.*resource=users/);
    await page
      .getByRole('row', { name: /users ada/ })
      .first()
      .getByRole('button')
      .click();
    const record = page.getByRole('dialog');
    await record.getByText('spec.displayName').waitFor();
    expect(await record.getByRole('row', { name: /spec.displayName/ }).textContent()).toContain('Ada L.');
    await page.reload();
    await record.getByText('spec.displayName').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await picture(page, 'audit');
    await page.keyboard.press('Escape');
    await open('/clusters/audit?resource=secrets&verb=create', 'Audit');
    await page
      .getByRole('row', { name: /secrets default\/db/ })
      .getByRole('button')
      .click();
    await record.getByText('Request').waitFor();
    expect(await page.content()).not.toContain('hunter2');
    expect(await page.content()).not.toContain(Buffer.from('hunter2').toString('base64'));
    await open('/clusters/audit?text=there-is-no-such-word', 'Audit');
    await page.getByText('Nothing matches').waitFor();
  });

  it('verifies the chain here, and gives records away as the command line reads them', async () => {
    const { page } = visit;
    await open('/clusters/audit', 'Audit');
    await page.getByRole('button', { name: 'Verify chain' }).click();
    await dialog('The chain is whole')
      .getByText(/Records 1 to \d+ are whole/)
      .waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    const lines = (await readFile(await (await saved).path(), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ChainedRecord);
    const check = chainVerifier({ tenant: '', checkpoints: [], keys: {}, partial: true, from: 1 });
    for (const line of lines) check.add(line);
    expect(check.end()).toMatchObject({ ok: true, records: lines.length });
    expect(lines.length).toBeGreaterThan(10);
  });

  it('who may not see people or records is told what is missing', async () => {
    await world.hub.hub.identity.accounts.setPassword({ tenant: 'default', name: 'bob' }, GOOD);
    const other = await world.visit();
    await other.page.goto(at('/clusters/audit'));
    await other.page.getByLabel('User').fill('bob');
    await other.page.getByLabel('Password').fill(GOOD);
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.getByText('You may not see this').waitFor();
    expect(await other.page.getByRole('alert').textContent()).toContain('cannot list auditrecords');
    await other.page.goto(at('/clusters/people'));
    await other.page.getByText('You may not see this').waitFor({ timeout: PATIENCE });
    expect(other.wrongs).toEqual([]);
    await other.context.close();
  });

  it('asks no other host, breaks no rule of its policy and fails nowhere', () => expect(visit.wrongs).toEqual([]));
});
