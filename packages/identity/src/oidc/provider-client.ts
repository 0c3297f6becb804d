import { type Clock, minutes, SlipwayError } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';
import type { ApiObject, Claims, IdentityProviderSpec } from '@slipway/model';
import type { Vault } from '@slipway/store';
import type { FetchImplementation, JWTVerifyGetKey } from 'jose';
import type { Configuration, CustomFetch } from 'openid-client';
import { notValid } from './back-channel-logout.ts';

export type Provider = ApiObject<IdentityProviderSpec>;

/** What binds an answer of a provider to the question. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface ProviderClients {
  /** Where the browser is sent to. */
  authorizationUrl(tenant: string, provider: Provider, redirectUri: string, secrets: SignInSecrets): Promise<URL>;
  /** Trades the provider's answer (the callback's whole URL) for the claims about a person; everything about the answer is checked. */
  claims(tenant: string, provider: Provider, answer: URL, secrets: SignInSecrets): Promise<Claims>;
  /** The claims of a logout token whose signature, issuer, audience and time are right. */
  logoutClaims(tenant: string, provider: Provider, token: string): Promise<Claims>;
  close(): Promise<void>;
}

export interface ProviderClientDeps {
  /** Its discovery document, keys and tokens come from a URL that a tenant's admin wrote: nothing is fetched in another way. */
  readonly outbound: (ca: readonly string[]) => Pick<Outbound, 'fetch' | 'close'>;
  readonly secrets: Pick<Vault, 'open'>;
  readonly clock: Clock;
}

/** Discovery documents and key sets are some ten kilobytes. */
const MAX_BYTES = 512 * 1024;
const TIMEOUT_MS = 10_000;
/** How long a discovery document is believed; keys are looked up again by themselves when a signature has an unknown one. */
const KEPT_MS = minutes(10);
const MOST_KEPT = 500;

interface Kept {
  readonly version: string;
  readonly until: number;
  readonly configuration: Promise<Configuration>;
  readonly outbound: Pick<Outbound, 'close'>;
}

/** With a key of the provider's own, which nobody else has: `none` and shared secrets are not among them. */
const SIGNATURES = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

const isTimeout = (error: unknown): boolean => (error as { code?: unknown }).code === 'ERR_JWKS_TIMEOUT';

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

const signatures = () => import('jose');
// Loaded by the first sign-in: a hub without providers does without.
const library = () => import('openid-client');

/** OpenID Connect with the providers of every tenant. */
export function createProviderClients(deps: ProviderClientDeps): ProviderClients {
  const kept = new Map<string, Kept>();
  /** Keys of a provider, looked up again when a signature names an unknown one, twice a minute at most. */
  const keySets = new WeakMap<Configuration, JWTVerifyGetKey>();
  const forget = (uid: string): void => {
    const old = kept.get(uid);
    kept.delete(uid);
    old?.outbound.close().catch(() => undefined);
  };

  const configure = async (tenant: string, provider: Provider, fetch: CustomFetch): Promise<Configuration> => {
    const oidc = await library();
    const { issuer, clientId } = provider.spec.oidc;
    const { name, uid } = provider.metadata;
    const secret = (await deps.secrets.open({ tenant, kind: 'IdentityProvider', project: '', name, uid }))['oidc/clientSecret'];
    const options = { [oidc.customFetch]: fetch, timeout: TIMEOUT_MS / 1000 };
    const found = (await oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), options)).serverMetadata();
    const methods = found.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const post = methods.includes('client_secret_post');
    const authentication = secret === undefined ? oidc.None() : post ? oidc.ClientSecretPost(secret) : oidc.ClientSecretBasic(secret);
    const configuration = new oidc.Configuration(found, clientId, undefined, authentication);
    configuration[oidc.customFetch] = fetch;
    configuration.timeout = TIMEOUT_MS / 1000;
    // The signature is checked although the token comes straight from the provider: what a proxy in between made up is refused.
    oidc.enableNonRepudiationChecks(configuration);
    return configuration;
  };

  const configurationOf = (tenant: string, provider: Provider): Promise<Configuration> => {
    const { uid, resourceVersion } = provider.metadata;
    const known = kept.get(uid);
    if (known !== undefined && known.version === resourceVersion && known.until > deps.clock.now()) return known.configuration;
    forget(uid);
    const oldest = kept.size >= MOST_KEPT ? kept.keys().next().value : undefined;
    if (oldest !== undefined) forget(oldest);
    const { caBundle } = provider.spec.oidc;
    const outbound = deps.outbound(caBundle === '' ? [] : [caBundle]);
    const fetch: CustomFetch = (url, { body, method, headers, signal }) =>
      outbound.fetch(url, {
        method,
        headers,
        redirect: 'manual',
        maxBytes: MAX_BYTES,
        timeoutMs: TIMEOUT_MS,
        ...(body === undefined || body === null ? {} : { body: body as NonNullable<RequestInit['body']> }),
        ...(signal === undefined ? {} : { signal }),
      });
    const configuration = configure(tenant, provider, fetch);
    kept.set(uid, { version: resourceVersion, until: deps.clock.now() + KEPT_MS, configuration, outbound });
    // What failed is asked for again the next time.
    configuration.catch(() => kept.get(uid)?.configuration === configuration && forget(uid));
    return configuration;
  };

  return {
    async authorizationUrl(tenant, provider, redirectUri, { state, nonce, verifier }) {
      const oidc = await library();
      const configuration = await configurationOf(tenant, provider).catch((error: unknown) => {
        throw unreachable(provider, error);
      });
      return oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: provider.spec.oidc.scopes.join(' '),
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
    },
    async claims(tenant, provider, answer, { state, nonce, verifier }) {
      const oidc = await library();
      try {
        const configuration = await configurationOf(tenant, provider);
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
        const tokens = await oidc.authorizationCodeGrant(configuration, answer, checks);
        const claims: Claims | undefined = tokens.claims();
        if (typeof claims?.['sub'] !== 'string') throw new SlipwayError('Unauthorized', 'The provider did not say who it is.');
        if (configuration.serverMetadata().userinfo_endpoint === undefined || hasAll(provider.spec, claims)) return claims;
        return { ...(await oidc.fetchUserInfo(configuration, tokens.access_token, claims['sub'])), ...claims };
      } catch (error) {
        throw refusedAnswer(provider, error);
      }
    },
    async logoutClaims(tenant, provider, token) {
      const jose = await signatures();
      // Whose it says it is comes first: nobody makes the hub fetch anything by sending something.
      const claimed = attempt(() => jose.decodeJwt(token));
      if (claimed?.iss !== provider.spec.oidc.issuer) throw notValid('it is of another issuer, or no token at all');
      const configuration = await configurationOf(tenant, provider).catch((error: unknown) => {
        throw unreachable(provider, error);
      });
      const { issuer, jwks_uri: keysAt } = configuration.serverMetadata();
      if (keysAt === undefined) throw notValid('the provider names no keys');
      let keys = keySets.get(configuration);
      if (keys === undefined) {
        const oidc = await library();
        const fetch = configuration[oidc.customFetch] as unknown as FetchImplementation;
        keys = jose.createRemoteJWKSet(new URL(keysAt), { [jose.customFetch]: fetch, timeoutDuration: TIMEOUT_MS });
        keySets.set(configuration, keys);
      }
      return jose
        .jwtVerify(token, keys, {
          issuer,
          audience: provider.spec.oidc.clientId,
          algorithms: SIGNATURES,
          requiredClaims: ['iat', 'jti', 'events'],
          maxTokenAge: '10 minutes',
          clockTolerance: '30 seconds',
          currentDate: new Date(deps.clock.now()),
        })
        .then(
          ({ payload, protectedHeader: { typ } }) => {
            if (typ !== undefined && !/^(?:application\/)?(?:logout\+jwt|jwt)$/i.test(typ)) throw notValid(`it is a ${typ.slice(0, 50)}`);
            return payload;
          },
          (error: unknown) => {
            const outage = causesOf(error).find((one) => one instanceof SlipwayError) ?? (isTimeout(error) ? error : undefined);
            throw outage === undefined ? notValid(reasonOf(error), error) : unreachable(provider, error);
          },
        );
    },
    async close() {
      const all = [...kept.values()];
      kept.clear();
      await Promise.all(all.map(({ outbound }) => outbound.close()));
    },
  };
}

/** Some providers put everything into the ID token, others tell it only when asked. */
function hasAll(spec: IdentityProviderSpec, claims: Claims): boolean {
  const { username, email, groups, displayName } = spec.oidc.claims;
  const wanted = [username, email, displayName, ...(spec.teams.length > 0 ? [groups] : []), ...spec.allow.claims.map(({ claim }) => claim)];
  return wanted.every((claim) => claims[claim] !== undefined);
}

const nameOf = ({ metadata, spec }: Provider): string => spec.displayName || metadata.name;

/** For the visitor's eyes. Why is for the log: it may tell of the inside of a network. */
const unreachable = (provider: Provider, cause: unknown): SlipwayError =>
  new SlipwayError('Unavailable', `The identity provider "${nameOf(provider)}" cannot be used now.`, {
    hint: 'Try again in a minute; if it stays, tell an admin of the tenant.',
    detail: reasonOf(cause),
    cause,
  });

function refusedAnswer(provider: Provider, cause: unknown): SlipwayError {
  const chain = causesOf(cause);
  const known = chain.find((error) => error instanceof SlipwayError);
  if (known !== undefined && known.code !== 'Unauthorized') return unreachable(provider, cause);
  // The provider's own word, of a list of the standard; its free text could be anybody's.
  const refused = chain.some((error) => error instanceof Error && error.name === 'AuthorizationResponseError');
  const message = refused
    ? `The identity provider "${nameOf(provider)}" did not sign you in: you or it refused.`
    : `The answer of the identity provider "${nameOf(provider)}" could not be confirmed.`;
  return new SlipwayError('Unauthorized', message, { hint: 'Begin again from the sign-in page.', detail: reasonOf(cause), cause });
}

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let at = error; at !== undefined && at !== null && chain.length < 10; at = (at as { cause?: unknown }).cause) chain.push(at);
  return chain;
}

/** Codes and messages of the libraries, without what the provider wrote. */
const reasonOf = (error: unknown): string =>
  causesOf(error)
    .filter((one) => one instanceof Error)
    .map((one) =>
      [one.message, (one as { code?: unknown }).code, (one as { error?: unknown }).error]
        .filter((part) => typeof part === 'string')
        .join(' '),
    )
    .join(': ')
    .slice(0, 1000);
