import { createTransport } from '@slipway/api';
import { type NewObject, projectKind } from '@slipway/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.stop());

interface Line {
  readonly of: number;
  readonly type: string;
  readonly object: { readonly metadata?: { readonly name?: string }; readonly code?: number };
}

/** Lines of a stream until one is as wanted. */
async function linesUntil(
  of: readonly string[],
  wanted: (line: Line) => boolean,
  during: () => Promise<void>,
  token = hub.token,
): Promise<Line[]> {
  const transport = createTransport({ server: hub.url, ca: hub.hub.ca, token });
  const found: Line[] = [];
  const query = new URLSearchParams(of.map((one) => ['of', one] as [string, string]));
  let begun = false;
  for await (const line of transport.lines(`/apis/slipway.dev/v1/watch?${query.toString()}`, { signal: AbortSignal.timeout(60_000) })) {
    // An empty line says that it is open.
    if (!begun) {
      begun = true;
      await during();
    }
    if (line === '') continue;
    found.push(JSON.parse(line) as Line);
    if (wanted(found.at(-1) as Line)) break;
  }
  transport.close();
  return found;
}

const makeProject = (name: string) => hub.client.create(projectKind, { metadata: { name }, spec: {} } as unknown as NewObject);

it('changes of several kinds come in one answer, each with the number of its collection', async () => {
  const { resourceVersion } = await hub.client.list(projectKind);
  const of = [`projects?resourceVersion=${resourceVersion}`, `roles?resourceVersion=${resourceVersion}`];
  const role = {
    apiVersion: 'slipway.dev/v1',
    kind: 'Role',
    metadata: { name: 'looker' },
    spec: { level: 'tenant', rules: [{ resources: ['clusters'], verbs: ['get'] }] },
  };
  const lines = await linesUntil(
    of,
    ({ of: part }) => part === 1,
    async () => {
      await makeProject('seen');
      const answer = await requestOf(hub, 'POST', '/apis/slipway.dev/v1/roles', { body: role });
      expect(answer.status, answer.text).toBe(201);
    },
  );
  expect(lines.filter(({ type }) => type === 'ADDED').map(({ of: part, object }) => [part, object.metadata?.name])).toEqual([
    [0, 'seen'],
    [1, 'looker'],
  ]);
});

it('a version from which nothing is known any more ends its part, and no other', async () => {
  const { resourceVersion } = await hub.client.list(projectKind);
  const lines = await linesUntil(
    [`projects?resourceVersion=${resourceVersion}`, 'roles?resourceVersion=9999999'],
    ({ type, of: part }) => part === 0 && type === 'ADDED',
    async () => {
      await makeProject('after');
    },
  );
  expect(lines.some(({ of: part, object }) => part === 0 && object.metadata?.name === 'after')).toBe(true);
});

it('what the caller may not watch is refused part by part; nobody is told anything without a token', async () => {
  const user = { apiVersion: 'slipway.dev/v1', kind: 'User', metadata: { name: 'ada' }, spec: {} };
  expect((await requestOf(hub, 'POST', '/apis/slipway.dev/v1/users', { body: user })).status).toBe(201);
  await hub.hub.identity.accounts.setPassword({ tenant: 'default', name: 'ada' }, 'correct-horse-battery-9');
  const login = await requestOf(hub, 'POST', '/auth/login', {
    body: { tenant: 'default', user: 'ada', password: 'correct-horse-battery-9', session: 'token' },
    anonymous: true,
  });
  const { token } = JSON.parse(login.text) as { token: string };
  const lines = await linesUntil(
    ['users?resourceVersion=1', 'clusters?resourceVersion=1'],
    ({ of: part }) => part === 1,
    async () => {},
    token,
  );
  expect(lines.map(({ type, object }) => [type, object.code])).toContainEqual(['ERROR', 403]);
  expect((await requestOf(hub, 'GET', '/apis/slipway.dev/v1/watch?of=users%3FresourceVersion%3D1', { anonymous: true })).status).toBe(401);
});

it.each([
  '',
  'of=nothings%3FresourceVersion%3D1',
  'of=users',
  'of=namespaces%2Fdefault%2Fusers%3FresourceVersion%3D1',
  `${'of=users%3FresourceVersion%3D1&'.repeat(25)}`,
])('an address that names no collections and versions is refused: %s', async (query) => {
  expect((await requestOf(hub, 'GET', `/apis/slipway.dev/v1/watch?${query}`)).status).toBe(400);
});
