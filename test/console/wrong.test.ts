import { type NewObject, registryKind, roleBindingKind, teamKind, userKind } from '@slipway/model';
import { startApiServer } from '@slipway/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { linkCluster } from './cluster-world.ts';
import { type ConsoleWorld, makePerson, PASSWORD, PATIENCE, signIn, startConsoleWorld, type Visit, visitAs } from './console-world.ts';
import { picture } from './screenshots.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  visit = await world.visit('/clusters/overview');
});
afterAll(() => world?.stop());

const at = (path: string): string => `${world.hub.url}/console${path}`;
const make = (kind: typeof teamKind | typeof userKind | typeof registryKind | typeof roleBindingKind, name: string, spec: object) =>
  world.client.create(kind, { metadata: { name }, spec } as unknown as NewObject);
/** As an administrator does it: everywhere at once. */
const endSessions = (name: string) => world.client.text(`/apis/slipway.dev/v1/users/${name}/sessions`, { method: 'DELETE' });

/** Resolves when a page has asked to follow a kind, also when it did before. */
function follows(page: Page, plural: string): () => Promise<void> {
  let asked = false;
  page.on('request', (request) => (asked ||= request.url().includes('/v1/watch?') && request.url().includes(plural)));
  return () => expect.poll(() => asked, { timeout: PATIENCE }).toBe(true);
}

describe('a session that ends', () => {
  it('over a form that is not saved loses nothing: another window signs in, and the form is as it was, secrets too (E25, in part)', async () => {
    const { page, context } = visit;
    await make(registryKind, 'charts', { type: 'helm', url: 'https://charts.example.com', webhook: { secret: 'tulips-and-windmills' } });
    await page.goto(at('/clusters/packs/registries/charts?tab=edit'));
    await page.getByLabel('Secret (required)').fill('roses-and-rain-9');
    await page.getByLabel('Url', { exact: true }).fill('https://charts.example.com/stable');
    await endSessions('admin');
    // Nobody touched the page: the stream hears it.
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    await page.getByText('What you wrote stays as it is').waitFor();
    await picture(page, 'session-ended');
    expect(await violationsOf(page)).toEqual([]);
    const [other] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: 'Sign in again' }).click()]);
    await other.getByLabel('User').fill('admin');
    await other.getByLabel('Password').fill(PASSWORD);
    await Promise.all([other.waitForEvent('close'), other.getByRole('button', { name: 'Sign in' }).click()]);
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ state: 'detached' });
    expect(await page.getByLabel('Secret (required)').inputValue()).toBe('roses-and-rain-9');
    expect(await page.getByLabel('Url', { exact: true }).inputValue()).toBe('https://charts.example.com/stable');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByRole('button', { name: 'Save Registry' }).click();
    const url = async () => ((await world.client.get({ kind: registryKind, name: 'charts' })).spec as { url: string }).url;
    await expect.poll(url, { timeout: PATIENCE }).toBe('https://charts.example.com/stable');
    // The page is live again.
    await page.goto(at('/clusters/people?tab=teams'));
    await make(teamKind, 'back-again', {});
    await page.getByRole('link', { name: 'back-again' }).waitFor();
  });

  it('shows by itself to somebody who has no role at all', async () => {
    await makePerson(world, 'guest');
    const guest = await world.visit();
    const followed = follows(guest.page, 'useritems');
    await signIn(guest.page, at('/clusters/list'), { user: 'guest', password: PASSWORD });
    await guest.page.getByText('You may not see this').waitFor();
    await followed();
    await endSessions('guest');
    await guest.page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    expect(guest.wrongs).toEqual([]);
    await guest.context.close();
  });

  it('is not said when it is a cluster that does not know who asks', async () => {
    const { page } = visit;
    const api = await startApiServer({});
    // A real API server, before which the agent's token is no longer valid.
    const { agent, gateway } = await linkCluster(world, 'stranger', { server: api.server, ca: api.ca, token: 'long-gone' });
    const asked = page.waitForResponse((answer) => answer.url().includes('/proxy/') && answer.status() === 401);
    const looked = page.waitForResponse(
      (answer) => answer.url().endsWith('/auth/session') && answer.request().isNavigationRequest() === false,
    );
    await page.goto(at('/clusters/list/default/stranger?tab=workloads'));
    await asked;
    await looked;
    await page.getByRole('alert').getByText('See whether the cluster’s agent is connected').waitFor();
    expect(await page.getByRole('heading', { name: 'Your session has ended' }).count()).toBe(0);
    await page.goto(at('/clusters/people?tab=teams'));
    await page.getByRole('link', { name: 'back-again' }).waitFor();
    await agent.stop();
    await gateway.stop();
    await api.stop();
  });
});

describe('what is open', () => {
  it('and is not allowed any more: lists let go of it, a page says so and stays as it was last (E5, in part)', async () => {
    await makePerson(world, 'ada');
    const binding = await make(roleBindingKind, 'ada-looks', { role: 'tenant-viewer', subjects: [{ kind: 'User', name: 'ada' }] });
    const ada = await visitAs(world, 'ada', '/clusters/people?tab=teams');
    await ada.page.getByRole('link', { name: 'back-again' }).waitFor();
    const other = await ada.context.newPage();
    other.setDefaultTimeout(PATIENCE);
    const followed = follows(other, 'teams');
    await other.goto(at('/clusters/people/teams/back-again'));
    await other.getByRole('heading', { level: 1, name: 'back-again' }).waitFor();
    await followed();
    await world.client.delete({ kind: roleBindingKind, name: binding.metadata.name });
    await ada.page.getByText('You may not see this').waitFor();
    expect(await ada.page.getByRole('alert').first().textContent()).toMatch(/cannot list .+ can grant it/);
    expect(await ada.page.getByRole('link', { name: 'back-again' }).count()).toBe(0);
    await other.getByText('You may not see this any more. What you see is how it was last.').waitFor();
    expect(await other.getByRole('heading', { level: 1, name: 'back-again' }).count()).toBe(1);
    await ada.context.close();
  });

  it('and is deleted: the page keeps how it was last, its form keeps what was written and makes it again', async () => {
    const { page, context } = visit;
    await make(teamKind, 'short-lived', { members: ['admin'] });
    const other = await context.newPage();
    other.setDefaultTimeout(PATIENCE);
    await other.goto(at('/clusters/people/teams/short-lived'));
    await other.getByRole('heading', { level: 1, name: 'short-lived' }).waitFor();
    await page.goto(at('/clusters/people/teams/short-lived?tab=edit'));
    await page.getByRole('button', { name: 'Add to members', exact: true }).click();
    await page.getByRole('textbox', { name: 'Member 2' }).fill('ada');
    await world.client.delete({ kind: teamKind, name: 'short-lived' });
    await other.getByText('This was deleted while the page was open. What you see is how it was last.').waitFor();
    expect(await other.getByRole('button', { name: 'Delete' }).getAttribute('title')).toBe('It is deleted already');
    await other.close();
    await page.getByText('Somebody deleted this while you were editing it.').waitFor();
    expect(await page.getByRole('textbox', { name: 'Member 2' }).inputValue()).toBe('ada');
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByRole('heading', { name: 'What will be created' }).waitFor();
    await page.getByRole('button', { name: 'Create Team' }).click();
    const team = async () => (await world.client.find({ kind: teamKind, name: 'short-lived' }))?.spec;
    await expect.poll(team, { timeout: PATIENCE }).toMatchObject({ members: ['admin', 'ada'] });
    await page.getByText('This was deleted while the page was open').waitFor({ state: 'detached' });
  });
});

describe('what fails', () => {
  it('is one sentence with one next step, an id to copy, and never a document; again it is counted (E25)', async () => {
    const { page, context } = visit;
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: world.hub.url });
    await page.goto(at('/clusters/people/new/teams'));
    await page.getByLabel('Name (required)', { exact: true }).fill('Not A Name');
    await page.getByRole('button', { name: 'Review changes' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText(/^request /).waitFor();
    const told = (await alert.textContent()) ?? '';
    expect(told).not.toMatch(/[{}]/);
    await alert.getByRole('button', { name: 'Copy the request id' }).press('Enter');
    const copied = (await page.evaluate('navigator.clipboard.readText()')) as string;
    expect(copied).toMatch(/^[\w-]{8,}$/);
    expect(told).toContain(copied);
    // At the field, too.
    const name = page.getByLabel('Name (required)', { exact: true });
    const described = ((await name.getAttribute('aria-describedby')) ?? '').split(' ');
    await expect.poll(() => page.locator(`[id="${described[1] ?? ''}"]`).textContent(), { timeout: PATIENCE }).not.toBe('');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await alert.getByText('2 times, first').waitFor();
    expect(await alert.count()).toBe(1);
    // Two parts of a page that fail for one reason: it is told once, and the other says so.
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'People & access' }).waitFor();
  });

  it('in several parts of a page for one reason is told once and counted (E25, in part)', async () => {
    const { page } = visit;
    const away = (url: URL): boolean => /\/v1\/(?:machinepools|events)$/.test(url.pathname);
    await page.route(away, (route) => route.abort());
    await page.goto(at('/clusters/overview'));
    await page.getByText('This part failed too, for the same reason: it is told above.').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    // It is tried again by itself, and counted, until it is there.
    await page
      .getByRole('alert')
      .getByText(/^\d+ times, first/)
      .waitFor();
    await page.unroute(away);
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});

describe('a tab that nobody sees', () => {
  it('gives its connection back, and when it is looked at again has missed nothing (E8)', async () => {
    const hidden = await world.visit();
    const { page } = hidden;
    await page.clock.install();
    const followed = follows(page, 'teams');
    await signIn(page, at('/clusters/people?tab=teams'));
    await page.getByRole('link', { name: 'back-again' }).waitFor();
    const watches = (url: string): boolean => url.includes('/v1/watch?') && url.includes('teams');
    await followed();
    const closed = page.waitForEvent('requestfailed', (request) => watches(request.url()));
    const look = (state: string) =>
      page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true }); document.dispatchEvent(new Event('visibilitychange'));`,
      );
    await look('hidden');
    await page.clock.fastForward(61_000);
    await closed;
    await make(teamKind, 'made-unseen', {});
    await world.client.delete({ kind: teamKind, name: 'back-again' });
    expect(await page.getByRole('link', { name: 'made-unseen' }).count()).toBe(0);
    await look('visible');
    await page.getByRole('link', { name: 'made-unseen' }).waitFor();
    await page.getByRole('link', { name: 'back-again' }).waitFor({ state: 'detached' });
    expect(hidden.wrongs).toEqual([]);
    await hidden.context.close();
  });

  it('broke no rule of the policy, and asked no other host', () => expect(visit.wrongs).toEqual([]));
});
