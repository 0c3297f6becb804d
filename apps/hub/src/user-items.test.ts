import { type ApiClient, createApiClient } from '@slipway/api';
import { waitFor } from '@slipway/kit';
import { type NewObject, userItemKind, userKind } from '@slipway/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestHub, type TestHub } from './testing/test-hub.ts';

let hub: TestHub;
let ada: ApiClient;
let bob: ApiClient;
beforeAll(async () => {
  hub = await startTestHub('pglite');
  [ada, bob] = await Promise.all([somebody('ada'), somebody('bob')]);
});
afterAll(() => hub?.stop());

async function somebody(name: string): Promise<ApiClient> {
  await hub.client.create(userKind, { kind: 'User', metadata: { name }, spec: {} } as NewObject);
  const { token } = await hub.hub.identity.issueToken({ name });
  return createApiClient({ server: hub.url, ca: hub.hub.ca, token });
}

const item = (name: string, spec: object): NewObject => ({
  kind: 'UserItem',
  metadata: { name },
  spec: { owner: 'ada', about: 'create-cluster', ...spec },
});
const draft = { kind: userItemKind, name: 'ada-draft' };

it('a user without any role keeps things for themselves, and nobody else of their kind sees or touches them', async () => {
  await ada.create(userItemKind, item('ada-draft', { content: { cluster: 'name: dev' } }));
  const own = { fieldSelector: 'spec.owner=ada' };
  expect((await ada.list(userItemKind, own)).items.map(({ metadata }) => metadata.name)).toEqual(['ada-draft']);
  // That there is one is not told either.
  await expect(bob.get(draft)).rejects.toMatchObject({ code: 'NotFound' });
  expect((await bob.list(userItemKind, own)).items).toEqual([]);
  expect((await bob.list(userItemKind)).items).toEqual([]);
  await expect(bob.patch(draft, { spec: { title: 'mine' } })).rejects.toMatchObject({ code: 'NotFound' });
  await expect(bob.delete(draft)).rejects.toMatchObject({ code: 'NotFound' });
  await expect(bob.create(userItemKind, item('for-ada', {}))).rejects.toMatchObject({ code: 'Forbidden' });
});

it('it stays whose it is, is small, and holds no secret', async () => {
  await expect(ada.patch(draft, { spec: { owner: 'bob' } })).rejects.toMatchObject({ code: expect.stringMatching(/Invalid|Forbidden/) });
  await expect(ada.patch(draft, { spec: { content: { adminPassword: 'hunter2' } } })).rejects.toMatchObject({
    code: 'Invalid',
    causes: [{ field: 'spec.content.adminPassword' }],
  });
  await expect(ada.patch(draft, { spec: { content: { long: 'x'.repeat(70_000) } } })).rejects.toMatchObject({ code: 'Invalid' });
});

it('says when a draft goes, and that a view stays', async () => {
  await ada.create(userItemKind, item('ada-view', { type: 'view', about: 'clusters' }));
  const expiry = async (name: string): Promise<string | undefined> =>
    ((await ada.get({ kind: userItemKind, name })).status as { expiresAt?: string } | undefined)?.expiresAt;
  await waitFor(async () => (await expiry('ada-draft')) !== undefined, { what: 'the draft to say when it goes', timeoutMs: 30_000 });
  const days = (Date.parse((await expiry('ada-draft')) ?? '') - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29);
  expect(days).toBeLessThanOrEqual(30);
  expect(await expiry('ada-view')).toBeUndefined();
});
