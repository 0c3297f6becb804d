import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { type ApiClient, createApiClient } from '@slipway/api';
import { type Logger, randomSuffix } from '@slipway/kit';
import {
  apiKeyKind,
  type ApiObject,
  type AuditRecordSpec,
  findKind,
  identityProviderKind,
  type Kind,
  registryKind,
  roleBindingKind,
  roleKind,
  teamKind,
  tenantKind,
  userKind,
} from '@slipway/model';
import { answerJson, type PageAnswer, startIdentityProvider, TestBrowser, testEngines, type TestIdentityProvider } from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../../testing/test-hub.ts';

const SESSION = '__Host-slipway-session';
const PENDING = '__Host-slipway-sign-in';
const ada = { sub: 'subject-of-ada', preferred_username: 'Ada.L', name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true };

describe.each(testEngines)('single sign-on with a certified provider on %s', (engine) => {
  let test: TestHub;
  let idp: TestIdentityProvider;
  let acme: ApiClient;
  const clients: ApiClient[] = [];
  const reasons: string[] = [];
  const keep = (fields: Readonly<Record<string, unknown>>) =>
    void (fields['error'] !== undefined && reasons.push(`${String(fields['error'])} ${String(fields['detail'])}`));
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
  const start = (provider: string, returnTo?: string) =>
    `${test.url}/auth/oidc/acme/${provider}/start${returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`}`;
  const callback = (provider: string) => `/auth/oidc/acme/${provider}/callback`;
  const browser = () => new TestBrowser([test.hub.ca, idp.ca]);
  const client = (token: string): ApiClient => {
    const made = createApiClient({ server: test.url, ca: test.hub.ca, token, userAgent: 'slipway-test' });
    clients.push(made);
    return made;
  };
  const providerSpec = (rest: object = {}, oidc: object = {}) => ({
    oidc: {
      issuer: idp.issuer,
      clientId: idp.clientId,
      clientSecret: idp.clientSecret,
      caBundle: idp.ca,
      scopes: ['openid', 'profile', 'email', 'groups'],
      ...oidc,
    },
    ...rest,
  });
  const makeProvider = (name: string, rest: object = {}, oidc: object = {}) =>
    acme.create(identityProviderKind, { kind: 'IdentityProvider', metadata: { name }, spec: providerSpec(rest, oidc) });
  /** As far as the callback, without going there. */
  const toCallback = async (from: TestBrowser, provider: string): Promise<URL> =>
    (await from.open(start(provider), (url) => url.pathname === callback(provider))).url;
  const signedIn = async (provider: string): Promise<{ token: string; api: ApiClient; page: PageAnswer }> => {
    const own = browser();
    const page = await own.open(start(provider));
    const token = own.cookie(test.url, SESSION) ?? '';
    expect(token, page.text).toMatch(/^sws_/);
    return { token, api: client(token), page };
  };
  const me = async (api: ApiClient) => {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const { status } = await api.request<{ status: { userInfo: { username: string; groups: string[] } } }>(path, {
      method: 'POST',
      body: {},
    });
    return status.userInfo;
  };
  const userNamed = (name: string) => acme.get<ApiObject<any, any>>({ kind: userKind, name });
  /** `why` is what the operator finds in the log: that it was refused for this and not for something else. */
  const refusedPage = async (from: TestBrowser, url: string | URL, text: RegExp, why = /./) => {
    const page = await from.open(url);
    expect(reasons.at(-1)).toMatch(why);
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect(page.text).toMatch(text);
    expect(from.cookie(test.url, SESSION)).toBeUndefined();
    expect(from.cookie(test.url, PENDING), 'this sign-in is over').toBeUndefined();
    return page;
  };

  beforeAll(async () => {
    test = await startTestHub(engine, logger, { outbound: { rules: { allow: ['127.0.0.1'] } } });
    idp = await startIdentityProvider(
      ['corp', 'twin', 'closed', 'mapped', 'brief', 'strict', 'ending'].map((name) => `${test.url}${callback(name)}`),
    );
    await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name: 'acme' }, spec: {} });
    acme = createApiClient({ server: test.url, ca: test.hub.ca, token: test.token, tenant: 'acme', userAgent: 'slipway-test' });
    clients.push(acme);
    for (const name of ['corp', 'twin']) await makeProvider(name);
  }, 120_000);
  beforeEach(() => {
    idp.person = ada;
    idp.instead = undefined;
  });
  afterAll(async () => {
    for (const one of clients) one.close();
    await idp?.stop();
    await test?.stop();
  });

  it('signs somebody in who becomes a user, and finds the same user again', async () => {
    const { api, page } = await signedIn('corp');
    expect(page.text).toMatch(/You are signed in[^]*ada-l[^]*acme/);
    expect(await me(api)).toEqual(expect.objectContaining({ username: 'ada-l', groups: ['authenticated'] }));
    expect((await userNamed('ada-l')).spec).toEqual({
      displayName: 'Ada Lovelace',
      email: 'ada@example.com',
      disabled: false,
      identity: { provider: 'corp', issuer: idp.issuer, subject: ada.sub },
    });
    idp.person = { ...ada, preferred_username: 'renamed', email: 'other@example.com' };
    expect((await me((await signedIn('corp')).api)).username).toBe('ada-l');
    const records = await acme.list(findKind('auditrecords') as Kind, { fieldSelector: 'spec.user.name=ada-l' });
    expect(records.items.map((record) => (record.spec as AuditRecordSpec).verb)).toEqual(expect.arrayContaining(['create', 'sign-in']));
    expect(JSON.stringify(records.items)).toContain('"kind":"oidc"');
  });

  it('asks for a code with PKCE, state and nonce of this browser, and one exact redirect URI', async () => {
    const own = browser();
    const seen: URL[] = [];
    await own.open(start('corp'), (url) => url.origin === idp.issuer && seen.push(url) > 0);
    const asked = Object.fromEntries((seen[0] as URL).searchParams);
    expect(asked).toEqual({
      client_id: 'slipway',
      response_type: 'code',
      redirect_uri: `${test.url}${callback('corp')}`,
      scope: 'openid profile email groups',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const again: URL[] = [];
    await own.open(start('corp'), (url) => url.origin === idp.issuer && again.push(url) > 0);
    for (const once of ['state', 'nonce', 'code_challenge']) expect((again[0] as URL).searchParams.get(once)).not.toBe(asked[once]);
  });

  it('pages have a strict policy, no script and no other site’s anything', async () => {
    const page = await browser().open(`${test.url}/auth/sign-in?tenant=acme&provider=corp`);
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
    const style = /<style>([^]*)<\/style>/.exec(page.text)?.[1] ?? '';
    expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
    expect(page.headers['referrer-policy']).toBe('same-origin');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.text).not.toMatch(/<script|onclick|javascript:/i);
    expect(page.text).toContain('Continue with corp');
    const odd = await browser().open(`${test.url}/auth/sign-in?tenant=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(odd.text).not.toContain('<script>');
  });

  it('a tenant or provider that is not there is answered like one that is not shown', async () => {
    const answers = [];
    for (const path of ['acme/nosuch', 'nosuch/corp', 'nosuch/nosuch'])
      answers.push(await browser().open(`${test.url}/auth/oidc/${path}/start`));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    const pages = [];
    for (const tenant of ['acme', 'nosuch'])
      pages.push((await browser().open(`${test.url}/auth/sign-in?tenant=${tenant}`)).text.replaceAll(tenant, '…'));
    expect(pages[0]).toBe(pages[1]);
  });

  describe('an answer that is not this browser’s', () => {
    it('login CSRF: the answer to somebody else’s sign-in signs nobody in', async () => {
      const attackers = await toCallback(browser(), 'corp');
      await refusedPage(browser(), attackers, /did not begin this sign-in/);
      const victim = browser();
      await toCallback(victim, 'corp');
      await refusedPage(victim, attackers, /could not be confirmed/, /"state" response parameter/);
    });

    it('a wrong state, none, or two', async () => {
      for (const change of [
        (url: URL) => url.searchParams.set('state', 'x'.repeat(43)),
        (url: URL) => url.searchParams.delete('state'),
        (url: URL) => url.searchParams.append('state', 'x'),
      ]) {
        const own = browser();
        const url = await toCallback(own, 'corp');
        change(url);
        await refusedPage(own, url, /could not be confirmed/, /parameter "state"|"state" (response )?parameter/);
      }
    });

    it.each([
      ['nonce', /unexpected ID Token "nonce"/],
      ['verifier', /invalid_grant/],
    ] as const)('a wrong %s', async (part, why) => {
      const own = browser();
      const url = await toCallback(own, 'corp');
      const pending = JSON.parse(Buffer.from(own.cookie(test.url, PENDING) ?? '', 'base64url').toString()) as Record<string, string>;
      own.setCookie(test.url, PENDING, Buffer.from(JSON.stringify({ ...pending, [part]: 'y'.repeat(64) })).toString('base64url'));
      await refusedPage(own, url, /could not be confirmed/, why);
    });

    it('a replayed code: with the cookie of then, and in a sign-in of its own', async () => {
      const own = browser();
      const url = await toCallback(own, 'corp');
      const cookie = own.cookie(test.url, PENDING) ?? '';
      await own.open(url);
      const thief = browser();
      thief.setCookie(test.url, PENDING, cookie);
      await refusedPage(thief, url, /was finished before/);
      const other = browser();
      const fresh = await toCallback(other, 'corp');
      fresh.searchParams.set('code', url.searchParams.get('code') ?? '');
      await refusedPage(other, fresh, /could not be confirmed/, /invalid_grant/);
    });

    it('one that is too late', async () => {
      const own = browser();
      const url = await toCallback(own, 'corp');
      const pending = JSON.parse(Buffer.from(own.cookie(test.url, PENDING) ?? '', 'base64url').toString()) as Record<string, unknown>;
      own.setCookie(test.url, PENDING, Buffer.from(JSON.stringify({ ...pending, expires: Date.now() - 1 })).toString('base64url'));
      await refusedPage(own, url, /too long ago/);
    });

    it('mix-up: the answer of one provider at the callback of another', async () => {
      const own = browser();
      const url = await toCallback(own, 'corp');
      await refusedPage(own, new URL(`${callback('twin')}${url.search}`, url), /did not begin this sign-in/);
    });

    it.each([
      ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
      ['no issuer, although the provider says it', (url: URL) => url.searchParams.delete('iss')],
    ])('mix-up: %s in the answer (RFC 9207)', async (_what, change) => {
      const own = browser();
      const url = await toCallback(own, 'corp');
      expect(url.searchParams.get('iss')).toBe(idp.issuer);
      change(url);
      await refusedPage(own, url, /could not be confirmed/, /"iss"/);
    });

    it('the person refuses at the provider: in our words, not in the provider’s', async () => {
      idp.person = undefined;
      const page = await refusedPage(browser(), start('corp'), /did not sign you in/);
      expect(page.text).not.toContain('<b>no</b>');
    });
  });

  describe('a provider that lies', () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = (nonce: string, more: object = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return { iss: idp.issuer, aud: idp.clientId, sub: 'somebody', nonce, iat: now, exp: now + 600, ...more };
    };
    const unsigned = (nonce: string) => `${part({ alg: 'none' })}.${part(claims(nonce))}.`;
    const symmetric = (nonce: string) => {
      const text = `${part({ alg: 'HS256' })}.${part(claims(nonce))}`;
      return `${text}.${createHmac('sha256', idp.clientSecret).update(text).digest('base64url')}`;
    };
    const strangersKey = (nonce: string) => {
      const text = `${part({ alg: 'RS256', kid: 'one' })}.${part(claims(nonce))}`;
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    };

    it.each([
      ['unsigned', unsigned],
      ['signed with the client’s secret (algorithm confusion)', symmetric],
      ['signed by somebody else', strangersKey],
    ])('an ID token that is %s', async (_how, forge) => {
      const own = browser();
      const url = await toCallback(own, 'corp');
      const { nonce } = JSON.parse(Buffer.from(own.cookie(test.url, PENDING) ?? '', 'base64url').toString()) as { nonce: string };
      idp.instead = (request, response) =>
        request.url === '/token' &&
        answerJson(response, { access_token: 'x', token_type: 'Bearer', expires_in: 60, id_token: forge(nonce) });
      await refusedPage(own, url, /could not be confirmed/, /alg|signature/i);
      expect(await acme.find({ kind: userKind, name: 'somebody' })).toBeUndefined();
    });

    it('a discovery document of another issuer', async () => {
      idp.instead = (request, response) =>
        request.url === '/.well-known/openid-configuration' &&
        answerJson(response, {
          issuer: 'https://evil.example',
          authorization_endpoint: `${idp.issuer}/auth`,
          token_endpoint: `${idp.issuer}/token`,
          jwks_uri: `${idp.issuer}/jwks`,
        });
      await makeProvider('closed');
      await refusedPage(browser(), start('closed'), /cannot be used now/, /issuer/);
    });

    it('a document that does not end, and a redirect to elsewhere', async () => {
      idp.instead = (request, response) => {
        if (request.url !== '/.well-known/openid-configuration') return false;
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => void (response.writable && response.write(' '.repeat(65_536), () => setImmediate(more)));
        more();
        return true;
      };
      await refusedPage(browser(), start('closed'), /cannot be used now/, /sent more than 524288 bytes/);
      idp.instead = (request, response) => {
        if (request.url !== '/.well-known/openid-configuration') return false;
        response.writeHead(302, { location: `${idp.issuer}/inside` }).end();
        return true;
      };
      await refusedPage(browser(), start('closed'), /cannot be used now/);
      expect(idp.asked).not.toContain('/inside');
    });

    it('SSRF: an issuer inside the hub’s network is not connected to, and the visitor learns nothing of it', async () => {
      for (const [index, issuer] of [
        idp.issuer.replace('127.0.0.1', '127.0.0.2'),
        'https://169.254.169.254',
        'https://[::1]:1',
      ].entries()) {
        await makeProvider(`inside-${index}`, {}, { issuer });
        const page = await refusedPage(browser(), start(`inside-${index}`), /cannot be used now/, /Slipway does not connect to/);
        expect(page.text).not.toMatch(/loopback|127\.|169\.254|address|metadata/);
      }
      for (const issuer of ['http://127.0.0.1', 'file:///etc/passwd', 'https://user:pw@idp.example', 'https://idp.example/?x=1'])
        await expect(makeProvider('wrong', {}, { issuer }), issuer).rejects.toMatchObject({ code: 'Invalid' });
    });

    it('the client’s secret is not sent to a new issuer by who was not told it', async () => {
      const address = { kind: identityProviderKind, name: 'twin' };
      await expect(acme.patch(address, { spec: { oidc: { issuer: 'https://evil.example' } } })).rejects.toMatchObject({
        code: 'Invalid',
        causes: [expect.objectContaining({ field: 'spec.oidc.clientSecret' })],
      });
      await acme.patch(address, { spec: { displayName: 'Twin' } });
      expect((await acme.get<ApiObject<any>>(address)).spec.oidc.clientSecret).toBe('***');
    });
  });

  describe('whom somebody becomes', () => {
    it('account takeover: not the local user of the same name and e-mail address, nor whoever had them before', async () => {
      await acme.create(userKind, { kind: 'User', metadata: { name: 'eve' }, spec: { email: 'eve@example.com' } });
      idp.person = { sub: 'first-eve', preferred_username: 'eve', email: 'eve@example.com', email_verified: true };
      const first = (await me((await signedIn('corp')).api)).username;
      expect(first).toMatch(/^eve-[0-9a-f]{8}$/);
      idp.person = { ...idp.person, sub: 'second-eve' };
      const second = (await me((await signedIn('corp')).api)).username;
      expect(second).toMatch(/^eve-[0-9a-f]{8}$/);
      expect(second).not.toBe(first);
      expect((await userNamed('eve')).spec.identity).toBeUndefined();
    });

    it('nor a name that rights wait for: a binding, a team', async () => {
      await acme.create(roleBindingKind, bind('waiting', 'tenant-admin', { kind: 'User', name: 'boss' }));
      await acme.create(teamKind, { kind: 'Team', metadata: { name: 'waiting' }, spec: { members: ['helper'] } });
      for (const name of ['boss', 'helper']) {
        idp.person = { sub: `not-${name}`, preferred_username: name };
        const { username, groups } = await me((await signedIn('corp')).api);
        expect(username).toMatch(new RegExp(`^${name}-[0-9a-f]{8}$`));
        expect(groups).toEqual(['authenticated']);
      }
    });

    it('an unverified e-mail address is neither kept nor enough', async () => {
      await makeProvider('strict', { allow: { emailDomains: ['example.com'] } });
      idp.person = { sub: 'liar', preferred_username: 'liar', email: 'ada@example.com', email_verified: false };
      await refusedPage(browser(), start('strict'), /verified/);
      expect((await me((await signedIn('corp')).api)).username).toBe('liar');
      expect((await userNamed('liar')).spec.email).toBe('');
      idp.person = { ...idp.person, email_verified: true };
      expect((await me((await signedIn('strict')).api)).username).toMatch(/^liar-/);
    });

    it('a provider that makes no users lets in whom an admin linked', async () => {
      await acme.patch({ kind: identityProviderKind, name: 'closed' }, { spec: { createUsers: false } });
      idp.person = { sub: 'grace-1', preferred_username: 'grace' };
      await refusedPage(browser(), start('closed'), /grace-1/);
      const identity = { provider: 'closed', issuer: idp.issuer, subject: 'grace-1' };
      await acme.create(userKind, { kind: 'User', metadata: { name: 'grace' }, spec: { identity } });
      expect((await me((await signedIn('closed')).api)).username).toBe('grace');
      for (const [wrong, field] of [
        [identity, 'spec.identity.subject'],
        [{ ...identity, subject: 'x', issuer: 'https://evil.example' }, 'spec.identity.issuer'],
        [{ ...identity, subject: 'x', provider: 'nosuch' }, 'spec.identity.provider'],
      ] as const)
        await expect(
          acme.create(userKind, { kind: 'User', metadata: { name: 'grace2' }, spec: { identity: wrong } }),
        ).rejects.toMatchObject({
          code: 'Invalid',
          causes: [expect.objectContaining({ field })],
        });
    });

    it('somebody disabled is not let in, whatever the provider says', async () => {
      idp.person = { sub: 'fired', preferred_username: 'fired' };
      await signedIn('corp');
      await acme.patch({ kind: userKind, name: 'fired' }, { spec: { disabled: true } });
      await refusedPage(browser(), start('corp'), /cannot sign in/);
    });
  });

  describe('teams', () => {
    const rules = [{ resources: ['registries'], verbs: ['list', 'watch'] }];
    const carol = { sub: 'carol', preferred_username: 'carol' };
    const watch = async (api: ApiClient) => {
      const events = api.watch(registryKind, '0')[Symbol.asyncIterator]();
      expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
      return async (): Promise<number> => {
        const from = performance.now();
        while (!(await events.next()).done);
        return performance.now() - from;
      };
    };
    beforeAll(async () => {
      await acme.create(roleKind, { kind: 'Role', metadata: { name: 'sees' }, spec: { level: 'tenant', rules } });
      for (const team of ['ops', 'dev']) await acme.create(teamKind, { kind: 'Team', metadata: { name: team }, spec: {} });
      await acme.create(roleBindingKind, bind('ops', 'sees', { kind: 'Team', name: 'ops' }));
      await makeProvider('mapped', {
        teams: [
          { group: 'operators', team: 'ops' },
          { group: 'devs', team: 'dev' },
        ],
      });
    });

    it('come from the provider’s groups beside those an admin gave, and go with the group', async () => {
      idp.person = { ...carol, groups: ['operators', 'others'] };
      const { api } = await signedIn('mapped');
      expect((await me(api)).groups).toEqual(['authenticated', 'team:ops']);
      await acme.patch({ kind: teamKind, name: 'dev' }, { spec: { members: ['carol'] } });
      await expect.poll(async () => (await me(api)).groups).toEqual(['authenticated', 'team:dev', 'team:ops']);
      expect((await acme.get<ApiObject<any>>({ kind: teamKind, name: 'ops' })).spec.members).toEqual([]);
      const ends = await watch(api);
      idp.person = carol;
      await signedIn('mapped');
      expect(await ends(), 'the group is gone at the next sign-in, for every session').toBeLessThan(5000);
      expect((await me(api)).groups).toEqual(['authenticated', 'team:dev']);
    });

    it('an open watch ends within 5 s when the mapping is removed', async () => {
      idp.person = { ...carol, groups: ['operators'] };
      const { api } = await signedIn('mapped');
      const ends = await watch(api);
      await acme.patch({ kind: identityProviderKind, name: 'mapped' }, { spec: { teams: [] } });
      expect(await ends()).toBeLessThan(5000);
      await expect(api.list(registryKind)).rejects.toMatchObject({ code: 'Forbidden' });
    });

    it('nobody maps to a team what they do not hold, nor changes whom a provider’s people are', async () => {
      const writes = [{ resources: ['identityproviders', 'users', 'users/status'], verbs: ['*'] }];
      await acme.create(roleKind, { kind: 'Role', metadata: { name: 'sso-admin' }, spec: { level: 'tenant', rules: writes } });
      await acme.create(userKind, { kind: 'User', metadata: { name: 'mallory' }, spec: {} });
      await acme.create(roleBindingKind, bind('mallory', 'sso-admin', { kind: 'User', name: 'mallory' }));
      const mallory = client((await test.hub.identity.issueToken({ tenant: 'acme', name: 'mallory' })).token);
      const spec = providerSpec();
      const forbidden = { code: 'Forbidden', message: expect.stringContaining('do not hold') };
      const mine = { kind: identityProviderKind, name: 'mine' };
      await expect(
        mallory.create(identityProviderKind, {
          kind: 'IdentityProvider',
          metadata: { name: 'mine' },
          spec: { ...spec, teams: [{ group: 'g', team: 'ops' }] },
        }),
      ).rejects.toMatchObject(forbidden);
      await mallory.create(identityProviderKind, {
        kind: 'IdentityProvider',
        metadata: { name: 'mine' },
        spec: { ...spec, teams: [{ group: 'g', team: 'dev' }] },
      });
      await expect(mallory.patch(mine, { spec: { teams: [{ group: 'g', team: 'ops' }] } })).rejects.toMatchObject(forbidden);
      // Its people include somebody who holds more: pointing it elsewhere would be becoming them.
      idp.person = { sub: 'powerful', preferred_username: 'powerful' };
      await signedIn('corp');
      await acme.create(roleBindingKind, bind('powerful', 'tenant-admin', { kind: 'User', name: 'powerful' }));
      const corp = { kind: identityProviderKind, name: 'corp' };
      await expect(mallory.patch(corp, { spec: { oidc: { clientSecret: 'mine' } } })).rejects.toMatchObject(forbidden);
      await expect(mallory.patch(corp, { spec: { allow: { claims: [] }, displayName: 'x' } })).rejects.toMatchObject(forbidden);
      // Nor linking a user who holds more to a subject of their own, nor saying who is in which team.
      const identity = { provider: 'mine', issuer: idp.issuer, subject: 'mallory' };
      await expect(mallory.patch({ kind: userKind, name: 'powerful' }, { spec: { identity } })).rejects.toMatchObject(forbidden);
      const signIn = { providerUid: 'x', subject: 'x', groups: ['operators'], at: new Date().toISOString() };
      await expect(
        mallory.patch({ kind: userKind, name: 'mallory' }, { status: { signIn } }, { subresource: 'status' }),
      ).rejects.toMatchObject({ code: 'Forbidden' });
      await expect(
        acme.patch({ kind: userKind, name: 'mallory' }, { status: { signIn } }, { subresource: 'status' }),
      ).rejects.toMatchObject({ code: 'Forbidden' });
      // Taking away is allowed.
      await mallory.patch(mine, { spec: { disabled: true } });
    });
  });

  describe('what ends with the provider', () => {
    const dora = { sub: 'dora', preferred_username: 'dora' };
    const name = 'ending';
    const provider = { kind: identityProviderKind, name };
    const everything = async () => {
      idp.person = dora;
      const { api } = await signedIn(name);
      const user = (await me(api)).username;
      const keyName = `key-${randomSuffix()}`;
      await api.create(apiKeyKind, { kind: 'ApiKey', metadata: { name: keyName }, spec: { owner: { kind: 'User', name: user } } });
      const key = client(
        (await api.request<{ token: string }>(`/apis/slipway.dev/v1/apikeys/${keyName}/token`, { method: 'POST', body: {} })).token,
      );
      const watches = [api, key].map((one) => one.watch(registryKind, '0')[Symbol.asyncIterator]());
      for (const events of watches) expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
      return { api, key, user, watches };
    };
    beforeAll(async () => {
      const rules = [{ resources: ['registries', 'apikeys', 'apikeys/token'], verbs: ['*'] }];
      await acme.create(roleKind, { kind: 'Role', metadata: { name: 'keeper' }, spec: { level: 'tenant', rules } });
      await makeProvider(name);
      idp.person = dora;
      const { username } = await me((await signedIn(name)).api);
      await acme.create(roleBindingKind, bind('dora', 'keeper', { kind: 'User', name: username }));
    });

    it.each([
      [
        'it is disabled',
        () => acme.patch(provider, { spec: { disabled: true } }),
        () => acme.patch(provider, { spec: { disabled: false } }),
      ],
      [
        'it gets another issuer',
        () => acme.patch(provider, { spec: { oidc: { issuer: 'https://other.example', clientSecret: 'x' } } }),
        () => acme.patch(provider, { spec: { oidc: { issuer: idp.issuer, clientSecret: idp.clientSecret } } }),
      ],
      ['it is removed', () => acme.delete(provider), () => makeProvider(name)],
    ])('sessions, keys and open watches end within 5 s when %s; making it good revives no session', async (_what, end, restore) => {
      const { api, key, watches } = await everything();
      const from = performance.now();
      await end();
      for (const events of watches) while (!(await events.next()).done);
      expect(performance.now() - from).toBeLessThan(5000);
      for (const one of [api, key]) await expect(one.list(registryKind)).rejects.toMatchObject({ code: 'Unauthorized' });
      await restore();
      // Who signs in again has their keys again: it is the same person.
      idp.person = dora;
      await signedIn(name);
      await expect
        .poll(() =>
          key.list(registryKind).then(
            () => 'works',
            () => 'refused',
          ),
        )
        .toBe('works');
      await expect(api.list(registryKind)).rejects.toMatchObject({ code: 'Unauthorized' });
    });

    it('and when its user is linked to somebody else', async () => {
      const { api, key, user, watches } = await everything();
      await acme.patch({ kind: userKind, name: user }, { spec: { identity: { subject: 'somebody-else' } } });
      for (const events of watches) while (!(await events.next()).done);
      for (const one of [api, key]) await expect(one.list(registryKind)).rejects.toMatchObject({ code: 'Unauthorized' });
    });
  });
});

const bind = (name: string, role: string, subject: object) => ({
  kind: 'RoleBinding',
  metadata: { name },
  spec: { role, subjects: [subject] },
});
