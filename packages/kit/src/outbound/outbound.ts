import { lookup } from 'node:dns/promises';
import { callbackify } from 'node:util';
import { isIP } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Agent, buildConnector, type Dispatcher, fetch as send, ProxyAgent } from 'undici';
import { messageOf, SlipwayError } from '../errors.ts';
import { type AddressPolicy, type AddressRules, createAddressPolicy, hostName } from './address-policy.ts';

export { ADDRESS_CLASSES } from './address-policy.ts';

export interface OutboundAddress {
  readonly address: string;
  readonly family: number;
}

export interface OutboundOptions {
  readonly rules?: AddressRules;
  /** URL of an HTTP proxy that everything goes through. It looks names up itself, so it has to keep private ones away; addresses in URLs are still checked here. */
  readonly proxy?: string | undefined;
  /** URL of a proxy that a user named: connected to only where the rules let, as any other place of theirs. Not beside `proxy`. */
  readonly userProxy?: string | undefined;
  /** How names are looked up; the system's way by default. */
  readonly resolve?: (host: string) => Promise<readonly OutboundAddress[]>;
  /** PEM of authorities trusted besides those of the system. */
  readonly ca?: readonly string[];
}

export interface OutboundRequest extends RequestInit {
  /** Bytes of the answer that are taken, uncompressed; default 16 MiB. */
  readonly maxBytes?: number;
  /** For the whole of it, body included; default 60 s. */
  readonly timeoutMs?: number;
  /** For GET and HEAD; others are never redirected. With 0, or `redirect: 'manual'`, the redirect itself is the answer. Default 5. */
  readonly maxRedirects?: number;
  /** Default: https only. */
  readonly plainHttp?: boolean;
}

/** The only way to a place that a user named (a registry, an identity provider, a sink). */
export interface Outbound {
  /** As `fetch`: resolves with any status; rejects with a SlipwayError: `Forbidden` where the policy says so, `TooLarge`, `Unavailable`. */
  fetch(url: string | URL, request?: OutboundRequest): Promise<Response>;
  /** For what is not HTTP (syslog): the allowed addresses of a host. Connect to one of them, never to the name again; with TLS, the name is the `servername`. */
  addressesOf(host: string): Promise<readonly OutboundAddress[]>;
  close(): Promise<void>;
}

const MAX_BYTES = 16 * 1024 * 1024;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Headers that may follow a redirect to somewhere else. Whatever else a caller sends may be a credential. */
const HARMLESS = new Set(['accept', 'accept-language', 'user-agent']);

/**
 * HTTP to places that users name, kept away from addresses that only the hub can reach. A name is looked up once for a connection, its addresses are
 * checked, and the connection goes to one of those; redirects are checked in the same way and leave credentials behind.
 *
 * @example await createOutbound({ rules: { allow: ['10.1.0.0/16'] } }).fetch('https://charts.example.org/index.yaml', { maxBytes: 1e6 });
 */
export function createOutbound(options: OutboundOptions = {}): Outbound {
  const policy = createAddressPolicy(options.rules);
  const resolve = options.resolve ?? ((host) => lookup(host, { all: true, verbatim: true }));
  const addressesOf = async (host: string): Promise<readonly OutboundAddress[]> => {
    const name = hostName(host);
    const family = isIP(name);
    const found = family === 0 ? await resolve(name) : [{ address: name, family }];
    const allowed = found.filter(({ address }) => policy.refusal(address, name) === undefined);
    const [first] = found;
    // Node ends the process when a connection is given no address at all.
    if (first === undefined) throw new SlipwayError('Unavailable', `${name} has no address.`);
    if (allowed.length === 0) throw refused(policy, first.address, name);
    return allowed;
  };
  const dispatcher = dispatcherOf(addressesOf, options);
  const userProxy = options.userProxy === undefined ? undefined : urlOf(options.userProxy).hostname;

  const once = async (url: URL, request: OutboundRequest, signal: AbortSignal): Promise<Response> => {
    checkUrl(url, request.plainHttp === true);
    // Behind a proxy nothing is looked up here, but an address is an address.
    for (const host of [url.hostname, userProxy]) if (host !== undefined && isIP(hostName(host)) !== 0) await addressesOf(host);
    const { maxBytes: _maxBytes, timeoutMs: _timeoutMs, maxRedirects: _maxRedirects, plainHttp: _plainHttp, ...init } = request;
    try {
      // The package's types and Node's are of the same thing.
      return (await send(url, { ...init, signal, redirect: 'manual', dispatcher } as never)) as unknown as Response;
    } catch (error) {
      throw unreachable(error, url);
    }
  };

  return {
    addressesOf,
    close: () => dispatcher.close(),
    async fetch(given, request = {}) {
      const maxBytes = request.maxBytes ?? MAX_BYTES;
      const timeout = AbortSignal.timeout(request.timeoutMs ?? 60_000);
      const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
      const canFollow = ['GET', 'HEAD'].includes(request.method ?? 'GET') && request.redirect !== 'manual';
      let left = canFollow ? (request.maxRedirects ?? 5) : 0;
      let url = urlOf(given);
      let headers = new Headers(request.headers);
      for (;;) {
        const answer = await once(url, { ...request, headers }, signal);
        const next = REDIRECTS.has(answer.status) ? answer.headers.get('location') : null;
        if (next === null || !canFollow || request.maxRedirects === 0) return limited(answer, url, maxBytes);
        await answer.body?.cancel();
        if (left-- <= 0) throw new SlipwayError('Unavailable', `${url.host} redirects too often.`, { retryable: false });
        const target = urlOf(next, url);
        if (target.origin !== url.origin) headers = new Headers([...headers].filter(([name]) => HARMLESS.has(name)));
        if (url.protocol === 'https:' && target.protocol === 'http:')
          throw new SlipwayError('Forbidden', `${url.host} redirects to an address without encryption, which is not followed.`);
        url = target;
      }
    },
  };
}

function dispatcherOf(addressesOf: Outbound['addressesOf'], options: OutboundOptions): Dispatcher {
  if (options.proxy !== undefined) return proxyAgent(options.proxy, options);
  const checked = callbackify(async (host: string) => [...(await addressesOf(host))]);
  // Node asks once for a connection and connects to what it is told: nothing can change in between.
  const guard: buildConnector.BuildOptions = {
    timeout: 15_000,
    maxCachedSessions: 0,
    lookup: (host, _options, done) => checked(host, done),
  };
  const { userProxy, ca } = options;
  if (userProxy === undefined) return new Agent({ connect: buildConnector({ ...guard, ...trusting(ca) }), ...LIMITS });
  return new ProxyAgent({ uri: userProxy, proxyTls: { ...guard, ...trusting(ca) } as never, requestTls: trusting(ca), ...LIMITS });
}

const proxyAgent = (uri: string, { ca }: OutboundOptions): Dispatcher => new ProxyAgent({ uri, requestTls: trusting(ca), ...LIMITS });

const LIMITS = { headersTimeout: 30_000, bodyTimeout: 30_000, maxHeaderSize: 64 * 1024, connections: 32, keepAliveTimeout: 10_000 };

const trusting = (ca: readonly string[] | undefined): { ca?: string[] } =>
  ca === undefined ? {} : { ca: [...getCACertificates('default'), ...ca] };

function urlOf(given: string | URL, base?: URL): URL {
  if (URL.canParse(String(given), base?.href)) return new URL(given, base);
  throw new SlipwayError('Invalid', `"${String(given).slice(0, 200)}" is not a URL.`);
}

function checkUrl(url: URL, plainHttp: boolean): void {
  if (url.protocol !== 'https:' && !(plainHttp && url.protocol === 'http:'))
    throw new SlipwayError(
      'Forbidden',
      `The address of ${url.host || 'the other side'} begins with ${url.protocol}//, which is not fetched.`,
    );
  if (url.username !== '' || url.password !== '') throw new SlipwayError('Forbidden', `The address of ${url.host} holds credentials.`);
}

/** The class is told, the address is not: who asks must not learn the inside of somebody's name server. */
function refused(policy: AddressPolicy, address: string, host: string): SlipwayError {
  const what = policy.refusal(address, host) ?? 'is not allowed';
  return new SlipwayError('Forbidden', `Slipway does not connect to ${host}: its address ${what}.`, {
    detail: `${host} is ${address}`,
    hint: 'An operator of this installation can allow it with SLIPWAY_OUTBOUND_ALLOW.',
    retryable: false,
  });
}

function unreachable(error: unknown, url: URL): SlipwayError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof SlipwayError) return cause;
  const why = cause instanceof Error && cause.name === 'TimeoutError' ? 'it took too long' : messageOf(cause);
  return new SlipwayError('Unavailable', `${url.host} cannot be reached: ${why}.`, { cause: error });
}

/** The answer with an end to its body. */
function limited(answer: Response, url: URL, maxBytes: number): Response {
  let size = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length;
      if (size > maxBytes)
        controller.error(new SlipwayError('TooLarge', `${url.host} sent more than ${maxBytes} bytes for ${url.pathname}.`));
      else controller.enqueue(chunk);
    },
  });
  const body = answer.body === null ? null : answer.body.pipeThrough(count as never);
  const { status, statusText } = answer;
  const bounded = new Response(body as never, { status, statusText, headers: [...answer.headers] });
  // Where it came from after redirects; a made Response has none.
  return Object.defineProperty(bounded, 'url', { value: url.href });
}
