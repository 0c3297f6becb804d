import { type ApiClient, createApiClient } from '@slipway/api';
import type { Logger } from '@slipway/kit';
import { type ApiObject, identityProviderKind, tenantKind, userKind } from '@slipway/model';
import { type PageAnswer, startIdentityProvider, TestBrowser } from '@slipway/testkit';
import { expect } from 'vitest';
import { startTestHub } from './test-hub.ts';

const SESSION = '__Host-slipway-session';
/** A sign-in that a browser began. */
export const PENDING = '__Host-slipway-sign-in';
const PROVIDERS = ['corp', 'twin', 'closed', 'mapped', 'strict', 'ending', 'removed', 'off', 'leaving'];
/** The one that tells the hub of logouts. */
export const LEAVING = 'leaving';

/** A hub with the tenant `acme`, whose people sign in with a real provider, and what a browser does for it. */
export async function startSingleSignOn(engine: 'pglite' | 'postgres') {
  const clients: ApiClient[] = [];
  const reasons: string[] = [];
  const keep = (fields: Readonly<Record<string, unknown>>) =>
    void (fields['error'] !== undefined && reasons.push(`${String(fields['error'])} ${String(fields['detail'])}`));
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
  const callback = (provider: string) => `/auth/oidc/acme/${provider}/callback`;
  const test = await startTestHub(engine, logger, { outbound: { rules: { allow: ['127.0.0.1'] } } });
  const logoutAt = { uri: `${test.url}/auth/oidc/acme/${LEAVING}/backchannel-logout`, ca: test.hub.ca };
  const idp = await startIdentityProvider(
    PROVIDERS.map((name) => `${test.url}${callback(name)}`),
    logoutAt,
  );
  await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name: 'acme' }, spec: {} });
  const acme = createApiClient({ server: test.url, ca: test.hub.ca, token: test.token, tenant: 'acme', userAgent: 'slipway-test' });
  clients.push(acme);
  const start = (provider: string) => `${test.url}/auth/oidc/acme/${provider}/start`;
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

  for (const name of ['corp', 'twin']) await makeProvider(name);
  const stop = async (): Promise<void> => {
    for (const one of clients) one.close();
    await idp.stop();
    await test.stop();
  };
  return {
    test,
    idp,
    acme,
    start,
    callback,
    browser,
    client,
    providerSpec,
    makeProvider,
    toCallback,
    signedIn,
    me,
    userNamed,
    refusedPage,
    stop,
  };
}
export type SingleSignOnWorld = Awaited<ReturnType<typeof startSingleSignOn>>;

export const bind = (name: string, role: string, subject: object) => ({
  kind: 'RoleBinding',
  metadata: { name },
  spec: { role, subjects: [subject] },
});
