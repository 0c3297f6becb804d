import { SlipwayError } from '@slipway/kit';
import type { RegistryCredentials } from '@slipway/model';
import { z } from 'zod';
import { ask, type Asked, type Asker, type AskOptions, refusedBy } from './ask.ts';

const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

export const basicAuth = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The header that shows who the hub is, or undefined for nobody. */
export function authorizationOf(credentials: RegistryCredentials): string | undefined {
  switch (credentials.type) {
    case 'basic':
      return basicAuth(credentials.username, credentials.password);
    case 'token':
      return credentials.username === undefined ? `Bearer ${credentials.token}` : basicAuth(credentials.username, credentials.token);
    case 'none':
    case 'ssh':
      return undefined;
  }
}

/** How many tokens are held: one for each repository that was asked. */
const TOKENS = 200;

/**
 * Asks an OCI registry as somebody. Credentials go to the registry itself, and to the token service that it names; a redirect to another origin loses them
 * (`Outbound` sees to that), so that blobs on storage elsewhere are fetched without.
 */
export function createOciAuth(asker: Asker, credentials: RegistryCredentials) {
  const own = authorizationOf(credentials);
  const tokens = new Map<string, string>();
  const send = (url: string, options: AskOptions, authorization: string | undefined): Promise<Asked> =>
    ask(asker, url, { ...options, headers: { ...options.headers, ...(authorization === undefined ? {} : { authorization }) } });

  return async (url: string, options: AskOptions, scope: string): Promise<Asked> => {
    const known = tokens.get(scope);
    const first = await send(url, options, known ?? (own?.startsWith('Bearer ') ? own : undefined));
    // A challenge of somewhere that the registry only led to is not the registry's: it must not say where credentials go.
    if (first.status !== 401 || new URL(first.url).origin !== new URL(url).origin) return first;
    const challenge = first.headers.get('www-authenticate') ?? '';
    const authorization = await answerTo(asker, challenge, own, scope);
    if (authorization === undefined) return first;
    tokens.set(scope, authorization);
    if (tokens.size > TOKENS) tokens.delete(tokens.keys().next().value ?? '');
    return send(url, options, authorization);
  };
}

/** What to send where a registry says 401; undefined when there is nothing. */
async function answerTo(asker: Asker, challenge: string, own: string | undefined, scope: string): Promise<string | undefined> {
  if (/^Basic\b/i.test(challenge)) return own;
  const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  const realm = /^Bearer /i.test(challenge) ? fields['realm'] : undefined;
  if (realm === undefined || own?.startsWith('Bearer ')) return undefined;
  const url = tokenUrl(asker, realm);
  for (const [name, value] of Object.entries({ service: fields['service'], scope: fields['scope'] ?? (scope || undefined) }))
    if (value !== undefined) url.searchParams.set(name, value);
  return fetchToken(asker, url, own);
}

function tokenUrl(asker: Asker, realm: string): URL {
  if (!URL.canParse(realm)) throw new SlipwayError('Forbidden', `The ${asker.from} names no usable address for its token.`);
  const url = new URL(realm);
  if (url.protocol === 'https:' || asker.plainHttp) return url;
  throw new SlipwayError('Forbidden', `The ${asker.from} asks for its token to be fetched without encryption.`);
}

async function fetchToken(asker: Asker, url: URL, own: string | undefined): Promise<string> {
  const headers = own === undefined ? {} : { headers: { authorization: own } };
  const answer = await ask(asker, url.href, { maxBytes: 1024 * 1024, ...headers });
  const body = answer.status === 200 ? tokenSchema.safeParse(jsonOf(answer.body)).data : undefined;
  const token = body?.token ?? body?.access_token;
  if (token !== undefined) return `Bearer ${token}`;
  if (own !== undefined) throw refusedBy(asker.from, 'a token for these credentials', answer.status === 200 ? 403 : answer.status);
  throw new SlipwayError('Forbidden', `The ${asker.from} gives no anonymous access (${answer.status}).`, {
    hint: 'Give credentials with the registry: spec.credentials.',
    retryable: false,
  });
}

export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
