import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createApiClient } from '@slipway/api';
import { randomSuffix } from '@slipway/kit';
import { apiKeyKind, identityProviderKind, registryKind, roleBindingKind, roleKind } from '@slipway/model';
import { testEngines } from '@slipway/testkit';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bind, LEAVING, type SingleSignOnWorld, startSingleSignOn } from '../../testing/single-sign-on.ts';
import { requestOf } from '../../testing/test-hub.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** OpenID Connect Back-Channel Logout 1.0, with a certified provider that tells the hub. */
describe.each(testEngines)('who was signed out at the provider, on %s', (engine) => {
  let sso: SingleSignOnWorld;
  const provider = { kind: identityProviderKind, name: LEAVING };
  beforeAll(async () => {
    sso = await startSingleSignOn(engine);
    await sso.makeProvider(LEAVING);
    const rules = [{ resources: ['registries', 'apikeys', 'apikeys/token'], verbs: ['*'] }];
    await sso.acme.create(roleKind, { kind: 'Role', metadata: { name: 'keeper' }, spec: { level: 'tenant', rules } });
  }, 180_000);
  afterAll(() => sso?.stop());

  /** Somebody new, signed in, with rights. */
  const comer = async () => {
    const sub = `p-${randomSuffix(8)}`;
    sso.idp.person = { sub, preferred_username: sub };
    const first = await sso.signedIn(LEAVING);
    const { username } = await sso.me(first.api);
    await sso.acme.create(roleBindingKind, bind(sub, 'keeper', { kind: 'User', name: username }));
    return { sub, username, ...first, sid: sso.idp.sids.at(-1) ?? '' };
  };
  const again = async (sub: string) => {
    sso.idp.person = { sub, preferred_username: sub };
    return { ...(await sso.signedIn(LEAVING)), sid: sso.idp.sids.at(-1) ?? '' };
  };
  const stands = (api: { list: (kind: typeof registryKind) => Promise<unknown> }): Promise<string> =>
    api.list(registryKind).then(
      () => 'stands',
      (error: { code?: string }) => error.code ?? 'failed',
    );
  const keyOf = async ({ api, username }: Awaited<ReturnType<typeof comer>>) => {
    const name = `key-${randomSuffix()}`;
    await api.create(apiKeyKind, { kind: 'ApiKey', metadata: { name }, spec: { owner: { kind: 'User', name: username } } });
    const path = `/apis/slipway.dev/v1/apikeys/${name}/token`;
    return sso.client((await api.request<{ token: string }>(path, { method: 'POST', body: {} })).token);
  };
  const sendOnce = (token: string | undefined, name: string, tenant: string) =>
    requestOf(sso.test, 'POST', `/auth/oidc/${tenant}/${name}/backchannel-logout`, {
      anonymous: true,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: token === undefined ? 'x=y' : new URLSearchParams({ logout_token: token }).toString(),
    });
  /** As a provider does it, which comes again when the hub could not look at its keys in time. */
  const send = async (token: string | undefined, name = LEAVING, tenant = 'acme') => {
    let answer = await sendOnce(token, name, tenant);
    for (let tries = 0; tries < 5 && answer.status === 503; tries++) answer = await sendOnce(token, name, tenant);
    return answer;
  };
  const now = () => Math.floor(Date.now() / 1000);
  const claimsFor = (sub: string, more: object = {}) => ({
    iss: sso.idp.issuer,
    aud: sso.idp.clientId,
    iat: now(),
    exp: now() + 120,
    jti: randomUUID(),
    sub,
    events: { [EVENT]: {} },
    ...more,
  });

  it('has no session and no open watch any more within 5 s; others, and keys, go on', async () => {
    const [gone, other] = [await comer(), await comer()];
    const second = await again(gone.sub);
    const key = await keyOf(gone);
    const watches = [gone.api, second.api].map((api) => api.watch(registryKind, '0')[Symbol.asyncIterator]());
    for (const events of watches) expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
    const from = performance.now();
    await sso.idp.logout(gone.sub);
    for (const events of watches) while (!(await events.next()).done);
    expect(performance.now() - from).toBeLessThan(5000);
    expect(await Promise.all([gone.api, second.api, other.api, key].map(stands))).toEqual([
      'Unauthorized',
      'Unauthorized',
      'stands',
      'stands',
    ]);
  });

  it('of one session ends that one only', async () => {
    const first = await comer();
    const second = await again(first.sub);
    expect(first.sid).not.toBe('');
    expect(second.sid).not.toBe(first.sid);
    await sso.idp.logout(first.sub, first.sid);
    expect(await Promise.all([first.api, second.api].map(stands))).toEqual(['Unauthorized', 'stands']);
    // The same by the id alone, as some providers send it.
    const { sub: _sub, ...claims } = claimsFor('', { sid: second.sid });
    expect((await send(await sso.idp.signed(claims))).status).toBe(200);
    expect(await stands(second.api)).toBe('Unauthorized');
  });

  it('keys rest too where the provider’s object says so, until the person signs in again', async () => {
    await sso.acme.patch(provider, { spec: { logoutEndsKeys: true } });
    const gone = await comer();
    const key = await keyOf(gone);
    const second = await again(gone.sub);
    await sso.idp.logout(gone.sub, second.sid);
    expect(await stands(key), 'one session says nothing about keys').toBe('stands');
    await sso.idp.logout(gone.sub);
    await expect.poll(() => stands(key), { timeout: 5000 }).toBe('Unauthorized');
    await again(gone.sub);
    await expect.poll(() => stands(key), { timeout: 10_000 }).toBe('stands');
    await sso.acme.patch(provider, { spec: { logoutEndsKeys: false } });
  });

  it('is in the audit as signed out, by the provider', async () => {
    const gone = await comer();
    await sso.idp.logout(gone.sub);
    const admin = createApiClient({ server: sso.test.url, ca: sso.test.hub.ca, token: sso.test.token, tenant: 'acme', userAgent: 'test' });
    const path = '/apis/slipway.dev/v1/auditrecords?fieldSelector=spec.verb=sign-out';
    const { items } = await admin.request<{ items: { spec: { user: { name: string; auth?: object }; outcome: string } }[] }>(path);
    admin.close();
    const record = items.find(({ spec }) => spec.user.name === gone.username);
    expect(record?.spec).toMatchObject({ outcome: 'ok', user: { auth: { kind: 'oidc', id: LEAVING } } });
  });

  it('a token counts once', async () => {
    const first = await comer();
    const token = await sso.idp.signed(claimsFor(first.sub));
    expect((await send(token)).status).toBe(200);
    const second = await again(first.sub);
    const both = await Promise.all([send(token), send(token)]);
    expect(both.map(({ status }) => status)).toEqual([400, 400]);
    expect(await stands(second.api)).toBe('stands');
    // Of two that come at the same moment one counts.
    const once = await sso.idp.signed(claimsFor(first.sub));
    const answers = await Promise.all([send(once), send(once), send(once)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400]);
  });

  describe('forged', () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const unsigned = (claims: object) => `${base64({ alg: 'none' })}.${base64(claims)}.`;
    const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forgeries: [string, (sub: string) => Promise<string | undefined>][] = [
      ['is not there', async () => undefined],
      ['is empty', async () => ''],
      ['is no token', async () => 'a.b.c'],
      ['has no signature', async (sub) => unsigned(claimsFor(sub))],
      ['is of a stranger’s key', (sub) => new SignJWT(claimsFor(sub)).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(stranger)],
      [
        'is signed with the client’s secret (algorithm confusion)',
        (sub) =>
          new SignJWT(claimsFor(sub)).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(new TextEncoder().encode(sso.idp.clientSecret)),
      ],
      [
        'was changed',
        async (sub) =>
          `${(await sso.idp.signed(claimsFor('x'))).split('.')[0]}.${base64(claimsFor(sub))}.${(await sso.idp.signed(claimsFor('x'))).split('.')[2]}`,
      ],
      ['is of another issuer', (sub) => sso.idp.signed(claimsFor(sub, { iss: 'https://other.example' }))],
      ['is for another client', (sub) => sso.idp.signed(claimsFor(sub, { aud: 'another' }))],
      ['is for nobody', (sub) => sso.idp.signed(claimsFor(sub, { aud: undefined }))],
      ['has run out', (sub) => sso.idp.signed(claimsFor(sub, { iat: now() - 300, exp: now() - 120 }))],
      ['is of last week, and valid for ever', (sub) => sso.idp.signed(claimsFor(sub, { iat: now() - 7 * 86_400, exp: undefined }))],
      ['is of the future', (sub) => sso.idp.signed(claimsFor(sub, { iat: now() + 3600, exp: now() + 7200 }))],
      ['has no time', (sub) => sso.idp.signed(claimsFor(sub, { iat: undefined }))],
      ['has no jti', (sub) => sso.idp.signed(claimsFor(sub, { jti: undefined }))],
      ['is an ID token: it has a nonce', (sub) => sso.idp.signed(claimsFor(sub, { nonce: 'n' }))],
      ['is an ID token: it has no event', (sub) => sso.idp.signed(claimsFor(sub, { events: undefined }))],
      ['has another event', (sub) => sso.idp.signed(claimsFor(sub, { events: { 'https://example.com/other': {} } }))],
      ['has an event that is no object', (sub) => sso.idp.signed(claimsFor(sub, { events: { [EVENT]: true } }))],
      ['has events that are a list', (sub) => sso.idp.signed(claimsFor(sub, { events: [EVENT] }))],
      ['names nobody', () => sso.idp.signed(claimsFor('', { sub: undefined }))],
      ['names a list of people', (sub) => sso.idp.signed(claimsFor('', { sub: [sub] }))],
      ['is an access token', (sub) => sso.idp.signed(claimsFor(sub), { typ: 'at+jwt' })],
    ];
    it.each(forgeries)('a logout token that %s ends nothing, and is answered as the standard says', async (_what, make) => {
      const person = await comer();
      const answer = await send(await make(person.sub));
      expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { error: 'invalid_request', error_description: expect.any(String) }]);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(await stands(person.api)).toBe('stands');
    });

    it('a true token at another provider’s address, another tenant’s, or nobody’s ends nothing; all are answered alike', async () => {
      const person = await comer();
      const answers = await Promise.all([
        send(await sso.idp.signed(claimsFor(person.sub)), 'nosuch'),
        send(await sso.idp.signed(claimsFor(person.sub)), LEAVING, 'nosuch'),
        send(await sso.idp.signed(claimsFor(person.sub)), LEAVING, 'default'),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      // Another object of the same issuer: its sessions are its own.
      expect((await send(await sso.idp.signed(claimsFor(person.sub)), 'corp')).status).toBe(200);
      expect(await stands(person.api)).toBe('stands');
    });

    it('who sends any number of wrong tokens makes the hub fetch nothing', async () => {
      const before = sso.idp.asked.length;
      for (let n = 0; n < 20; n++) await send(await sso.idp.signed(claimsFor('x', { iss: 'https://other.example' })));
      expect(sso.idp.asked.length).toBe(before);
    });
  });
});
