import { request } from 'node:https';
import { type ApiClient, createApiClient } from '@slipway/api';
import { identityProviderKind, teamKind } from '@slipway/model';
import { fieldOf, type PageAnswer, startIdentityProvider, TestBrowser, type TestIdentityProvider } from '@slipway/testkit';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../../testing/test-hub.ts';

/** What openid-client sends its requests with, trusting the hub's authority. */
const fetchTrusting =
  (ca: string): oidc.CustomFetch =>
  (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, ca }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve(
            new Response(Buffer.concat(chunks), {
              status: response.statusCode ?? 500,
              headers: response.headers as Record<string, string>,
            }),
          ),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body === undefined || body === null ? undefined : String(body));
    });

describe('device authorization (RFC 8628), asked for by a certified client', () => {
  let test: TestHub;
  let idp: TestIdentityProvider;
  let program: oidc.Configuration;
  const clients: ApiClient[] = [];
  const browser = () => new TestBrowser([test.hub.ca, idp.ca]);
  const ask = (hints: Record<string, string> = {}) => oidc.initiateDeviceAuthorization(program, hints);
  const whoHas = async (token: string) => {
    const api = createApiClient({ server: test.url, ca: test.hub.ca, token });
    clients.push(api);
    return api.request<{ user: string; tenant: string; groups: string[] }>('/auth/session');
  };
  /** From the address the program shows to the form for the code, by way of the identity provider. */
  const toCodePage = async (own: TestBrowser, address: string): Promise<PageAnswer> => {
    const signIn = await own.open(address);
    const link = /href="(\/auth\/oidc\/[^"]+)"/.exec(signIn.text)?.[1] ?? '';
    const page = await own.open(new URL(link.replaceAll('&amp;', '&'), signIn.url));
    expect(page.text).toContain('Type the code');
    return page;
  };
  const type = (own: TestBrowser, page: PageAnswer, code: string) =>
    own.submit(page, '/auth/device', { csrf: fieldOf(page, 'csrf'), code });
  const decide = (own: TestBrowser, page: PageAnswer, decision: string) =>
    own.submit(page, '/auth/device/decision', { csrf: fieldOf(page, 'csrf'), code: fieldOf(page, 'code'), decision });

  beforeAll(async () => {
    test = await startTestHub('pglite', undefined, { outbound: { rules: { allow: ['127.0.0.1'] } } });
    idp = await startIdentityProvider([`${test.url}/auth/oidc/default/corp/callback`]);
    idp.person = { sub: 'ada', preferred_username: 'ada', groups: ['ops'] };
    await test.client.create(teamKind, { kind: 'Team', metadata: { name: 'ops' }, spec: {} });
    const { issuer, clientId, clientSecret, ca: caBundle } = idp;
    await test.client.create(identityProviderKind, {
      kind: 'IdentityProvider',
      metadata: { name: 'corp' },
      spec: {
        oidc: { issuer, clientId, clientSecret, caBundle, scopes: ['openid', 'profile', 'groups'] },
        teams: [{ group: 'ops', team: 'ops' }],
      },
    });
    const metadata = {
      issuer: test.url,
      device_authorization_endpoint: `${test.url}/auth/device/code`,
      token_endpoint: `${test.url}/auth/device/token`,
    };
    program = new oidc.Configuration(metadata, 'slipway-cli', undefined, oidc.None());
    program[oidc.customFetch] = fetchTrusting(test.hub.ca);
  }, 120_000);
  afterAll(async () => {
    for (const one of clients) one.close();
    await idp?.stop();
    await test?.stop();
  });

  it('signs a program in as who approves, by whatever way they sign in', async () => {
    const asked = await ask({ tenant: 'default', provider: 'corp' });
    expect(asked.verification_uri).toBe(`${test.url}/auth/device?tenant=default&provider=corp`);
    expect(asked.verification_uri_complete, 'a link alone must not be enough').toBeUndefined();
    const own = browser();
    const confirm = await type(own, await toCodePage(own, asked.verification_uri), asked.user_code.toLowerCase());
    expect(confirm.text).toContain(asked.user_code);
    expect(confirm.text).toMatch(/Asked from[^]*127\.0\.0\.1/);
    const waits = oidc.pollDeviceAuthorizationGrant(program, asked);
    expect((await decide(own, confirm, 'approve')).text).toContain('goes on by itself');
    const tokens = await waits;
    expect(tokens.token_type).toBe('bearer');
    expect(tokens.expires_in).toBeGreaterThan(3600);
    expect(await whoHas(tokens.access_token)).toMatchObject({ user: 'ada', tenant: 'default', groups: ['authenticated', 'team:ops'] });
    // It came through the provider, so it ends with it.
    await test.client.patch({ kind: identityProviderKind, name: 'corp' }, { spec: { disabled: true } });
    await expect(whoHas(tokens.access_token)).rejects.toMatchObject({ code: 'Unauthorized' });
    await test.client.patch({ kind: identityProviderKind, name: 'corp' }, { spec: { disabled: false } });
    await expect(whoHas(tokens.access_token), 'for good').rejects.toMatchObject({ code: 'Unauthorized' });
  });

  it('and with a password', async () => {
    const password = 'violet anchor tundra 7';
    await test.hub.identity.accounts.setPassword({ tenant: 'default', name: 'admin' }, password);
    const asked = await ask();
    const own = browser();
    const signIn = await own.open(asked.verification_uri);
    const wrong = await own.submit(signIn, '/auth/sign-in', {
      tenant: 'default',
      user: 'admin',
      password: 'wrong',
      returnTo: '/auth/device',
    });
    expect([wrong.status, wrong.text]).toEqual([401, expect.stringContaining('wrong')]);
    const page = await own.submit(signIn, '/auth/sign-in', {
      tenant: 'default',
      user: 'admin',
      password,
      returnTo: fieldOf(signIn, 'returnTo'),
    });
    const waits = oidc.pollDeviceAuthorizationGrant(program, asked);
    await decide(own, await type(own, page, asked.user_code), 'approve');
    expect(await whoHas((await waits).access_token)).toMatchObject({ user: 'admin' });
  });

  it('is denied', async () => {
    const asked = await ask();
    const own = browser();
    const waits = oidc.pollDeviceAuthorizationGrant(program, asked);
    const refused = expect(waits).rejects.toMatchObject({ error: 'access_denied' });
    await decide(own, await type(own, await toCodePage(own, `${test.url}/auth/device?provider=corp`), asked.user_code), 'deny');
    await refused;
  });

  it('phishing: neither a link, nor another site’s form, nor a stolen form approves', async () => {
    const asked = await ask();
    const victim = browser();
    const page = await toCodePage(victim, `${test.url}/auth/device?provider=corp`);
    const linked = await victim.open(`${test.url}/auth/device?user_code=${asked.user_code}&code=${asked.user_code}`);
    expect(linked.text).not.toContain(asked.user_code);
    expect((await victim.open(`${test.url}/auth/device/decision?code=${asked.user_code}&decision=approve`)).status).toBe(405);
    const form = { csrf: fieldOf(page, 'csrf'), code: asked.user_code, decision: 'approve' };
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])
      expect((await victim.submit(page, '/auth/device/decision', form, headers)).status, JSON.stringify(headers)).toBe(403);
    expect((await victim.submit(page, '/auth/device/decision', { ...form, csrf: 'x'.repeat(43) })).status).toBe(403);
    const other = browser();
    const theirs = await toCodePage(other, `${test.url}/auth/device?provider=corp`);
    expect(
      (await victim.submit(page, '/auth/device/decision', { ...form, csrf: fieldOf(theirs, 'csrf') })).status,
      'of another session',
    ).toBe(403);
    expect((await browser().submit(page, '/auth/device/decision', form)).status, 'without a session').toBe(401);
    expect(
      (await victim.submit(page, '/auth/sign-in', { tenant: 'default', user: 'x', password: 'y' }, { origin: 'https://evil.example' }))
        .status,
      'login CSRF',
    ).toBe(403);
    // None of it did anything: it still waits.
    expect((await type(victim, page, asked.user_code)).text).toContain('Approve');
  });

  it('what a program says of itself is text', async () => {
    program[oidc.customFetch] = (url, options) =>
      fetchTrusting(test.hub.ca)(url, { ...options, headers: { ...options.headers, 'user-agent': '<img src=x onerror=alert(1)>' } });
    const asked = await ask();
    const own = browser();
    const confirm = await type(own, await toCodePage(own, `${test.url}/auth/device?provider=corp`), asked.user_code);
    expect(confirm.text).toContain('&lt;img src=x');
    expect(confirm.text).not.toContain('<img');
  });

  it('signs out', async () => {
    const own = browser();
    const page = await toCodePage(own, `${test.url}/auth/device?provider=corp`);
    await own.submit(page, '/auth/sign-out', { csrf: fieldOf(page, 'csrf') });
    expect(own.cookie(test.url, '__Host-slipway-session')).toBeUndefined();
    expect((await own.open(`${test.url}/auth/device`)).text).toContain('Password');
  });
});
