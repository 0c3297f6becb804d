import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { type ApiObject, type AuditRecordSpec, findKind, identityProviderKind, type Kind, userKind } from '@slipway/model';
import { answerJson, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PENDING, type SingleSignOnWorld, startSingleSignOn } from '../../testing/single-sign-on.ts';

const ada = { sub: 'subject-of-ada', preferred_username: 'Ada.L', name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true };

describe.each(testEngines)('single sign-on with a certified provider on %s', (engine) => {
  let sso: SingleSignOnWorld;
  beforeAll(async () => {
    sso = await startSingleSignOn(engine);
  }, 180_000);
  beforeEach(() => {
    sso.idp.person = ada;
    sso.idp.instead = undefined;
  });
  afterAll(() => sso?.stop());

  it('signs somebody in who becomes a user, and finds the same user again', async () => {
    const { api, page } = await sso.signedIn('corp');
    expect(page.text).toMatch(/You are signed in[^]*ada-l[^]*acme/);
    expect(await sso.me(api)).toEqual(expect.objectContaining({ username: 'ada-l', groups: ['authenticated'] }));
    expect((await sso.userNamed('ada-l')).spec).toEqual({
      displayName: 'Ada Lovelace',
      email: 'ada@example.com',
      disabled: false,
      identity: { provider: 'corp', issuer: sso.idp.issuer, subject: ada.sub },
    });
    sso.idp.person = { ...ada, preferred_username: 'renamed', email: 'other@example.com' };
    expect((await sso.me((await sso.signedIn('corp')).api)).username).toBe('ada-l');
    const records = await sso.acme.list(findKind('auditrecords') as Kind, { fieldSelector: 'spec.user.name=ada-l' });
    expect(records.items.map((record) => (record.spec as AuditRecordSpec).verb)).toEqual(expect.arrayContaining(['create', 'sign-in']));
    expect(JSON.stringify(records.items)).toContain('"kind":"oidc"');
  });

  it('asks for a code with PKCE, state and nonce of this browser, and one exact redirect URI', async () => {
    const own = sso.browser();
    const seen: URL[] = [];
    await own.open(sso.start('corp'), (url) => url.origin === sso.idp.issuer && seen.push(url) > 0);
    const asked = Object.fromEntries((seen[0] as URL).searchParams);
    expect(asked).toEqual({
      client_id: 'slipway',
      response_type: 'code',
      redirect_uri: `${sso.test.url}${sso.callback('corp')}`,
      scope: 'openid profile email groups',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const again: URL[] = [];
    await own.open(sso.start('corp'), (url) => url.origin === sso.idp.issuer && again.push(url) > 0);
    for (const once of ['state', 'nonce', 'code_challenge']) expect((again[0] as URL).searchParams.get(once)).not.toBe(asked[once]);
  });

  it('pages have a strict policy, no script and no other site’s anything', async () => {
    const page = await sso.browser().open(`${sso.test.url}/auth/sign-in?tenant=acme&provider=corp`);
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
    const style = /<style>([^]*)<\/style>/.exec(page.text)?.[1] ?? '';
    expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
    expect(page.headers['referrer-policy']).toBe('same-origin');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.text).not.toMatch(/<script|onclick|javascript:/i);
    expect(page.text).toContain('Continue with corp');
    const odd = await sso.browser().open(`${sso.test.url}/auth/sign-in?tenant=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(odd.text).not.toContain('<script>');
  });

  it('a tenant or provider that is not there is answered like one that is not shown', async () => {
    const answers = [];
    for (const path of ['acme/nosuch', 'nosuch/corp', 'nosuch/nosuch'])
      answers.push(await sso.browser().open(`${sso.test.url}/auth/oidc/${path}/start`));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    const pages = [];
    for (const tenant of ['acme', 'nosuch'])
      pages.push((await sso.browser().open(`${sso.test.url}/auth/sign-in?tenant=${tenant}`)).text.replaceAll(tenant, '…'));
    expect(pages[0]).toBe(pages[1]);
  });

  describe('an answer that is not this browser’s', () => {
    it('login CSRF: the answer to somebody else’s sign-in signs nobody in', async () => {
      const attackers = await sso.toCallback(sso.browser(), 'corp');
      await sso.refusedPage(sso.browser(), attackers, /did not begin this sign-in/);
      const victim = sso.browser();
      await sso.toCallback(victim, 'corp');
      await sso.refusedPage(victim, attackers, /could not be confirmed/, /"state" response parameter/);
    });

    it('a wrong state, none, or two', async () => {
      for (const change of [
        (url: URL) => url.searchParams.set('state', 'x'.repeat(43)),
        (url: URL) => url.searchParams.delete('state'),
        (url: URL) => url.searchParams.append('state', 'x'),
      ]) {
        const own = sso.browser();
        const url = await sso.toCallback(own, 'corp');
        change(url);
        await sso.refusedPage(own, url, /could not be confirmed/, /parameter "state"|"state" (response )?parameter/);
      }
    });

    it.each([
      ['nonce', /unexpected ID Token "nonce"/],
      ['verifier', /invalid_grant/],
    ] as const)('a wrong %s', async (part, why) => {
      const own = sso.browser();
      const url = await sso.toCallback(own, 'corp');
      const pending = JSON.parse(Buffer.from(own.cookie(sso.test.url, PENDING) ?? '', 'base64url').toString()) as Record<string, string>;
      own.setCookie(sso.test.url, PENDING, Buffer.from(JSON.stringify({ ...pending, [part]: 'y'.repeat(64) })).toString('base64url'));
      await sso.refusedPage(own, url, /could not be confirmed/, why);
    });

    it('a replayed code: with the cookie of then, and in a sign-in of its own', async () => {
      const own = sso.browser();
      const url = await sso.toCallback(own, 'corp');
      const cookie = own.cookie(sso.test.url, PENDING) ?? '';
      await own.open(url);
      const thief = sso.browser();
      thief.setCookie(sso.test.url, PENDING, cookie);
      await sso.refusedPage(thief, url, /was finished before/);
      const other = sso.browser();
      const fresh = await sso.toCallback(other, 'corp');
      fresh.searchParams.set('code', url.searchParams.get('code') ?? '');
      await sso.refusedPage(other, fresh, /could not be confirmed/, /invalid_grant/);
    });

    it('one that is too late', async () => {
      const own = sso.browser();
      const url = await sso.toCallback(own, 'corp');
      const pending = JSON.parse(Buffer.from(own.cookie(sso.test.url, PENDING) ?? '', 'base64url').toString()) as Record<string, unknown>;
      own.setCookie(sso.test.url, PENDING, Buffer.from(JSON.stringify({ ...pending, expires: Date.now() - 1 })).toString('base64url'));
      await sso.refusedPage(own, url, /too long ago/);
    });

    it('mix-up: the answer of one provider at the callback of another', async () => {
      const own = sso.browser();
      const url = await sso.toCallback(own, 'corp');
      await sso.refusedPage(own, new URL(`${sso.callback('twin')}${url.search}`, url), /did not begin this sign-in/);
    });

    it.each([
      ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
      ['no issuer, although the provider says it', (url: URL) => url.searchParams.delete('iss')],
    ])('mix-up: %s in the answer (RFC 9207)', async (_what, change) => {
      const own = sso.browser();
      const url = await sso.toCallback(own, 'corp');
      expect(url.searchParams.get('iss')).toBe(sso.idp.issuer);
      change(url);
      await sso.refusedPage(own, url, /could not be confirmed/, /"iss"/);
    });

    it('the person refuses at the provider: in our words, not in the provider’s', async () => {
      sso.idp.person = undefined;
      const page = await sso.refusedPage(sso.browser(), sso.start('corp'), /did not sign you in/);
      expect(page.text).not.toContain('<b>no</b>');
    });
  });

  describe('a provider that lies', () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = (nonce: string, more: object = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return { iss: sso.idp.issuer, aud: sso.idp.clientId, sub: 'somebody', nonce, iat: now, exp: now + 600, ...more };
    };
    const unsigned = (nonce: string) => `${part({ alg: 'none' })}.${part(claims(nonce))}.`;
    const symmetric = (nonce: string) => {
      const text = `${part({ alg: 'HS256' })}.${part(claims(nonce))}`;
      return `${text}.${createHmac('sha256', sso.idp.clientSecret).update(text).digest('base64url')}`;
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
      const own = sso.browser();
      const url = await sso.toCallback(own, 'corp');
      const { nonce } = JSON.parse(Buffer.from(own.cookie(sso.test.url, PENDING) ?? '', 'base64url').toString()) as { nonce: string };
      sso.idp.instead = (request, response) =>
        request.url === '/token' &&
        answerJson(response, { access_token: 'x', token_type: 'Bearer', expires_in: 60, id_token: forge(nonce) });
      await sso.refusedPage(own, url, /could not be confirmed/, /alg|signature/i);
      expect(await sso.acme.find({ kind: userKind, name: 'somebody' })).toBeUndefined();
    });

    it('a discovery document of another issuer', async () => {
      sso.idp.instead = (request, response) =>
        request.url === '/.well-known/openid-configuration' &&
        answerJson(response, {
          issuer: 'https://evil.example',
          authorization_endpoint: `${sso.idp.issuer}/auth`,
          token_endpoint: `${sso.idp.issuer}/token`,
          jwks_uri: `${sso.idp.issuer}/jwks`,
        });
      await sso.makeProvider('closed');
      await sso.refusedPage(sso.browser(), sso.start('closed'), /cannot be used now/, /issuer/);
    });

    it('a document that does not end, and a redirect to elsewhere', async () => {
      sso.idp.instead = (request, response) => {
        if (request.url !== '/.well-known/openid-configuration') return false;
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => void (response.writable && response.write(' '.repeat(65_536), () => setImmediate(more)));
        more();
        return true;
      };
      await sso.refusedPage(sso.browser(), sso.start('closed'), /cannot be used now/, /sent more than 524288 bytes/);
      sso.idp.instead = (request, response) => {
        if (request.url !== '/.well-known/openid-configuration') return false;
        response.writeHead(302, { location: `${sso.idp.issuer}/inside` }).end();
        return true;
      };
      await sso.refusedPage(sso.browser(), sso.start('closed'), /cannot be used now/);
      expect(sso.idp.asked).not.toContain('/inside');
    });

    it('SSRF: an issuer inside the hub’s network is not connected to, and the visitor learns nothing of it', async () => {
      for (const [index, issuer] of [
        sso.idp.issuer.replace('127.0.0.1', '127.0.0.2'),
        'https://169.254.169.254',
        'https://[::1]:1',
      ].entries()) {
        await sso.makeProvider(`inside-${index}`, {}, { issuer });
        const page = await sso.refusedPage(
          sso.browser(),
          sso.start(`inside-${index}`),
          /cannot be used now/,
          /Slipway does not connect to/,
        );
        expect(page.text).not.toMatch(/loopback|127\.|169\.254|address|metadata/);
      }
      for (const issuer of ['http://127.0.0.1', 'file:///etc/passwd', 'https://user:pw@sso.idp.example', 'https://idp.example/?x=1'])
        await expect(sso.makeProvider('wrong', {}, { issuer }), issuer).rejects.toMatchObject({ code: 'Invalid' });
    });

    it('the client’s secret is not sent to a new issuer by who was not told it', async () => {
      const address = { kind: identityProviderKind, name: 'twin' };
      await expect(sso.acme.patch(address, { spec: { oidc: { issuer: 'https://evil.example' } } })).rejects.toMatchObject({
        code: 'Invalid',
        causes: [expect.objectContaining({ field: 'spec.oidc.clientSecret' })],
      });
      await sso.acme.patch(address, { spec: { displayName: 'Twin' } });
      expect((await sso.acme.get<ApiObject<any>>(address)).spec.oidc.clientSecret).toBe('***');
    });
  });
});
