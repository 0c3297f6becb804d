import { request } from 'node:https';
import { hostname } from 'node:os';
import { messageOf, SlipwayError } from '@slipway/kit';
import type { CustomFetch } from 'openid-client';
import type { Context } from '../config/contexts.ts';

/** The hub knows the command line by this name. */
const CLIENT_ID = 'slipway-cli';

export interface DeviceHints {
  readonly tenant: string;
  readonly provider?: string | undefined;
}

/**
 * Signs in through a browser, on this machine or any other (RFC 8628): `show` tells the person where to go and which code to type there, and the session's token
 * comes when they have approved.
 */
export async function signInByDevice(
  context: Context,
  { tenant, provider }: DeviceHints,
  deps: { show: (address: string, code: string) => void; signal: AbortSignal },
): Promise<string> {
  const oidc = await import('openid-client');
  const endpoint = (path: string) => `${context.server}${path}`;
  const hub = new oidc.Configuration(
    {
      issuer: context.server,
      device_authorization_endpoint: endpoint('/auth/device/code'),
      token_endpoint: endpoint('/auth/device/token'),
    },
    CLIENT_ID,
    undefined,
    oidc.None(),
  );
  hub[oidc.customFetch] = fetchFrom(context);
  try {
    const asked = await oidc.initiateDeviceAuthorization(hub, { tenant, ...(provider === undefined ? {} : { provider }) });
    deps.show(asked.verification_uri, asked.user_code);
    return (await oidc.pollDeviceAuthorizationGrant(hub, asked, undefined, { signal: deps.signal })).access_token;
  } catch (error) {
    throw explained(error, context.server);
  }
}

/** HTTPS to the hub whose authority the context pins. */
function fetchFrom({ server, certificateAuthority }: Context): CustomFetch {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method,
          // Told to the person who approves: which machine is it?
          headers: { ...headers, 'user-agent': `slipway-cli on ${hostname().replaceAll(/[^\w.-]/g, '')}` },
          ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
          ...(signal === undefined ? {} : { signal }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const type = response.headers['content-type'] ?? '';
            resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 500, headers: { 'content-type': type } }));
          });
        },
      );
      outgoing.on('error', (error) =>
        reject(new SlipwayError('Unavailable', `The hub at ${server} cannot be reached: ${messageOf(error)}.`, { cause: error })),
      );
      outgoing.end(
        typeof body === 'string' || body instanceof Uint8Array ? body : body === undefined || body === null ? undefined : String(body),
      );
    });
}

const AGAIN = 'Begin again: slipway login --sso';

function explained(error: unknown, server: string): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof SlipwayError || at.name === 'AbortError') return at;
    const word = (at as { error?: unknown }).error;
    if (word === 'access_denied') return new SlipwayError('Forbidden', 'The sign-in was denied in the browser.', { cause: error });
    if (word === 'expired_token' || word === 'invalid_grant')
      return new SlipwayError('Timeout', 'Nobody approved the sign-in in time.', { hint: AGAIN, cause: error, retryable: false });
    const description = (at as { error_description?: unknown }).error_description;
    if (typeof word === 'string')
      return new SlipwayError('Unavailable', `The hub at ${server} refuses: ${typeof description === 'string' ? description : word}`, {
        cause: error,
      });
  }
  return error;
}
