import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCa, issueCertificate } from '@slipway/kit';
import { SignJWT } from 'jose';
import type { JWK, ResponseType } from 'oidc-provider';

export interface TestPerson {
  readonly sub: string;
  readonly preferred_username?: string;
  readonly name?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly groups?: readonly string[];
}

export interface TestIdentityProvider {
  readonly issuer: string;
  readonly ca: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who sits before the browser: signs in at once and agrees to everything. Undefined: refuses. */
  person: TestPerson | undefined;
  /** Answers in the provider's place when it returns true: for a provider that lies. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** The provider's own ids of the sessions for which it signed somebody in, in that order. */
  readonly sids: string[];
  /** Tells the client, by back-channel logout, that a person was signed out; of one session only when its id is given. Rejects when the client does not take it. */
  logout(subject: string, sid?: string): Promise<void>;
  /** A token with the provider's own signature, whatever it says. */
  signed(claims: object, header?: object): Promise<string>;
  /** Requests that reached it, by path. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** Where the client wants to hear of logouts, and the authority of its certificate. */
export interface LogoutPlace {
  readonly uri: string;
  readonly ca: string;
}

/** A real OpenID provider (`oidc-provider`, certified) over HTTPS on loopback, with an authority of its own and one client. */
export async function startIdentityProvider(redirectUris: readonly string[], logoutAt?: LogoutPlace): Promise<TestIdentityProvider> {
  const { Provider } = await import('oidc-provider');
  const ca = await createCa('test identity provider');
  const certificate = await issueCertificate(ca, { commonName: 'idp', ipAddresses: ['127.0.0.1'] });
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = { id: 'slipway', secret: 'a-secret-that-only-the-hub-and-the-provider-know' };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const people = new Map<string, TestPerson>();

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [...redirectUris],
        response_types: ['code' as ResponseType],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
        ...(logoutAt === undefined ? {} : { backchannel_logout_uri: logoutAt.uri, backchannel_logout_session_required: true }),
      },
    ],
    jwks: { keys: [{ ...(privateKey.export({ format: 'jwk' }) as JWK), use: 'sig', alg: 'RS256', kid: 'one' }] },
    cookies: { keys: ['only-in-tests'] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ ...people.get(id), sub: id, groups: [...(people.get(id)?.groups ?? [])] }),
    }),
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: logoutAt !== undefined } },
    ...(logoutAt === undefined ? {} : { fetch: (url, init) => posted(url, init, logoutAt.ca) }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    ttl: { Session: 1, Grant: 600, Interaction: 600, AccessToken: 600, AuthorizationCode: 60, IdToken: 600 },
  });
  provider.on('authorization.success', ({ oidc }) => {
    if (logoutAt === undefined) return;
    const { session } = oidc as unknown as { session?: { sidFor(clientId: string): string | undefined } };
    found.sids.push(session?.sidFor(client.id) ?? '');
  });
  const callback = provider.callback();
  const found: TestIdentityProvider = {
    issuer,
    ca: ca.cert,
    clientId: client.id,
    clientSecret: client.secret,
    person: undefined,
    instead: undefined,
    asked: [],
    sids: [],
    async logout(subject, sid) {
      const found = (await provider.Client.find(client.id)) as unknown as LogoutClient;
      found.backchannelLogoutSessionRequired = sid !== undefined;
      try {
        await found.backchannelLogout(subject, sid);
      } finally {
        // By it the ID tokens of later sign-ins have the session's id, too.
        found.backchannelLogoutSessionRequired = true;
      }
    },
    signed: (claims, header = {}) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(privateKey),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  /** Signs in whoever sits there and agrees to all that is asked for. */
  const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { person } = found;
    if (person === undefined)
      return provider.interactionFinished(
        request,
        response,
        { error: 'access_denied', error_description: '<b>no</b>' },
        { mergeWithLastSubmission: false },
      );
    people.set(person.sub, person);
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId: person.sub, clientId: client.id });
    grant.addOIDCScope(String(params['scope']));
    const result = { login: { accountId: person.sub, remember: false }, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  };
  handle = (request, response) => {
    found.asked.push((request.url ?? '').split('?')[0] ?? '');
    if (found.instead?.(request, response)) return undefined;
    return request.url?.startsWith('/interaction/') ? interact(request, response) : callback(request, response);
  };
  return found;
}

/** What of a client the types of the library leave out. */
interface LogoutClient {
  backchannelLogoutSessionRequired: boolean;
  backchannelLogout(subject: string, sid: string | undefined): Promise<void>;
}

/** As `fetch`, with the authority of the one who is told; the provider's own refuses what is on loopback. */
function posted(url: string | URL | Request, init: RequestInit | undefined, ca: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(new Headers(init?.headers));
    const outgoing = request(String(url), { method: init?.method ?? 'GET', ca, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(new Response(null, { status: answer.statusCode ?? 500 })));
    });
    outgoing.once('error', reject);
    outgoing.end(init?.body === undefined || init.body === null ? undefined : String(init.body as URLSearchParams));
  });
}

/** One answer of a provider that lies. */
export function answerJson(response: ServerResponse, body: object): true {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  return true;
}
