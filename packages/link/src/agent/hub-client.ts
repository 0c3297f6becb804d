import { Agent, type AgentOptions, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { messageOf, SlipwayError } from '@slipway/kit';
import { WebSocket } from 'ws';
import { LINK_PREFIX } from '../protocol.ts';

export interface HubClientOptions {
  /** `https://host:port`, possibly with a path. */
  readonly hubUrl: string;
  /** PEM; the only CA that is trusted. */
  readonly ca: string;
  /** Where HTTPS_PROXY and NO_PROXY are looked up. */
  readonly proxyEnv: NodeJS.ProcessEnv;
}

export interface HubAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HubRequest {
  readonly method?: 'GET' | 'POST';
  readonly credential?: string | undefined;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of the answer's body that are accepted. */
  readonly maxBytes: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The agent's way to its hub: HTTPS with a pinned CA, through a CONNECT proxy where the environment names one. */
export interface HubClient {
  /** Any HTTP status resolves; only a failed connection, a timeout or an oversized answer rejects. `path` is below /link/v1. */
  send(path: string, options: HubRequest): Promise<HubAnswer>;
  /** Starts a WebSocket; the caller waits for `open`. */
  dial(path: string, credential: string, maxPayload: number): WebSocket;
  close(): void;
}

export function createHubClient(options: HubClientOptions): HubClient {
  const base = options.hubUrl.replace(/\/+$/, '');
  if (!base.startsWith('https://'))
    throw new SlipwayError('BadRequest', `The hub's URL must start with https://, not "${options.hubUrl}".`);
  const tls: AgentOptions = { ca: options.ca, keepAlive: true, maxSockets: 8, proxyEnv: options.proxyEnv };
  const pool = new Agent(tls);
  const url = (path: string) => `${base}${LINK_PREFIX}${path}`;
  return {
    send: (path, spec) =>
      new Promise((resolve, reject) => {
        const body = spec.json === undefined ? undefined : Buffer.from(JSON.stringify(spec.json));
        const timeoutMs = spec.timeoutMs ?? 30_000;
        const deadline = AbortSignal.timeout(timeoutMs);
        const failed = (error: unknown) =>
          reject(
            deadline.aborted
              ? new SlipwayError('Timeout', `The hub did not answer ${path} within ${timeoutMs / 1000} s.`, { cause: error })
              : new SlipwayError('Unavailable', `The hub at ${base} cannot be reached: ${messageOf(error)}.`, { cause: error }),
          );
        const outgoing = request(url(path), {
          agent: pool,
          method: spec.method ?? 'GET',
          signal: spec.signal ? AbortSignal.any([spec.signal, deadline]) : deadline,
          headers: {
            ...spec.headers,
            ...(spec.credential === undefined ? {} : { authorization: `Bearer ${spec.credential}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
          },
        });
        outgoing.once('error', failed);
        outgoing.once('response', (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > spec.maxBytes) return answer.destroy(new Error(`the answer is larger than ${spec.maxBytes} bytes`));
            chunks.push(chunk);
          });
          answer.once('error', failed);
          answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
        });
        outgoing.end(body);
      }),
    dial: (path, credential, maxPayload) =>
      new WebSocket(url(path).replace(/^https/, 'wss'), {
        agent: new Agent({ ...tls, keepAlive: false }),
        headers: { authorization: `Bearer ${credential}` },
        perMessageDeflate: false,
        handshakeTimeout: 10_000,
        followRedirects: false,
        maxPayload,
      }),
    close: () => pool.destroy(),
  };
}

/** The words of a refusal: the `message` of a metav1.Status, or the status code. */
export function refusalOf(answer: HubAnswer): string {
  try {
    const { message } = JSON.parse(answer.body.toString('utf8')) as { message?: unknown };
    if (typeof message === 'string') return message.slice(0, 500);
  } catch {
    // Not JSON: a proxy in between answered.
  }
  return `the hub answered ${answer.status}`;
}
