import http from 'node:http';
import https from 'node:https';
import { SlipwayError, sleep } from '@slipway/kit';
import { connectionError, kubeError } from './errors.ts';
import type { KubeConnection, RequestOptions } from './types.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** On the same network a connection takes a millisecond, and the second repetition of a lost packet comes after 3 s. */
const CONNECT_TIMEOUT_MS = 3500;
/** How often a connection that did not come about is tried again. */
const CONNECT_RETRIES = 4;
/** How often a 429 (priority and fairness asks to wait) is repeated before it is the caller's problem. */
const THROTTLE_RETRIES = 4;

export interface Transport {
  /** Sends a request and resolves with the open answer, whatever its status. The caller reads or destroys the body. */
  open(path: string, options: RequestOptions & { readonly stream?: boolean }): Promise<http.IncomingMessage>;
  /** Sends a request, reads the whole body, throws on anything but 2xx. Text bodies (logs) come back as a string. */
  request<T>(path: string, options: RequestOptions): Promise<T>;
  close(): void;
}

async function bodyOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function pathWithQuery(path: string, query: RequestOptions['query']): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) if (value !== undefined) params.set(key, value);
  const text = params.toString();
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`;
}

async function headersOf(connection: KubeConnection, options: RequestOptions, body: string | undefined): Promise<Record<string, string>> {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'slipway', ...options.headers };
  const token = typeof connection.token === 'function' ? await connection.token() : connection.token;
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (body !== undefined) {
    headers['content-type'] = options.contentType ?? 'application/json';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  return headers;
}

/** Breaks a request off whose connection does not come about in time. */
function whileConnecting(request: http.ClientRequest, timeoutMs: number): { tookTooLong(): boolean } {
  let late = false;
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => {
      late = true;
      request.destroy(new Error(`no connection in ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const done = () => clearTimeout(timer);
    socket.once('connect', done);
    request.once('close', done);
  });
  return { tookTooLong: () => late };
}

/** Connections to one API server: a keep-alive pool for requests, and one socket per open watch outside it, so that watches never starve requests. */
export function createTransport(connection: KubeConnection, connectTimeoutMs = CONNECT_TIMEOUT_MS): Transport {
  const url = new URL(connection.server);
  const secure = url.protocol === 'https:';
  const tls = { ca: connection.ca, cert: connection.cert, key: connection.key };
  const agentOptions = { keepAlive: true, keepAliveMsecs: 15_000, scheduling: 'lifo' as const };
  const pool = secure
    ? new https.Agent({ ...agentOptions, ...tls, maxSockets: 32, maxFreeSockets: 4 })
    : new http.Agent({ ...agentOptions, maxSockets: 32, maxFreeSockets: 4 });
  const streams = secure
    ? new https.Agent({ ...agentOptions, ...tls, maxFreeSockets: 1 })
    : new http.Agent({ ...agentOptions, maxFreeSockets: 1 });
  const send = secure ? https.request : http.request;
  const basePath = url.pathname.replace(/\/$/, '');

  async function open(path: string, options: RequestOptions & { readonly stream?: boolean }): Promise<http.IncomingMessage> {
    const method = options.method ?? 'GET';
    const what = `${method} ${path}`;
    const body = options.body === undefined ? undefined : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    const headers = await headersOf(connection, options, body);
    const attempt = (again: boolean, connects = CONNECT_RETRIES): Promise<http.IncomingMessage> =>
      new Promise((resolve, reject) => {
        const request = send(
          {
            host: url.hostname.replace(/^\[|\]$/g, ''),
            port: url.port === '' ? (secure ? 443 : 80) : url.port,
            path: basePath + pathWithQuery(path, options.query),
            method,
            headers,
            agent: options.stream ? streams : pool,
            ...(options.signal === undefined ? {} : { signal: options.signal }),
          },
          resolve,
        );
        const connecting = whileConnecting(request, connectTimeoutMs);
        request.on('error', (error) => {
          if (options.signal?.aborted) return reject(options.signal.reason);
          // Nothing was sent. A Service names an API server that died for another 15 s and answers for it with silence: the next connection may reach a live one.
          if (connecting.tookTooLong() && connects > 0) return resolve(attempt(again, connects - 1));
          // The server closed a kept-alive socket at the moment it was reused: nothing was processed, so anything that may be repeated is.
          if (again && request.reusedSocket && method !== 'POST') return resolve(attempt(false, connects));
          reject(connectionError(error, connection.server, what));
        });
        request.end(body);
      });
    return attempt(true);
  }

  async function once<T>(path: string, options: RequestOptions): Promise<T> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
    const what = `${options.method ?? 'GET'} ${path}`;
    try {
      const response = await open(path, { ...options, signal });
      const text = await bodyOf(response);
      const status = response.statusCode ?? 500;
      if (status < 200 || status > 299) throw kubeError(status, text, what, response.headers['retry-after']);
      const json = (response.headers['content-type'] ?? '').includes('json');
      return (json && text !== '' ? JSON.parse(text) : text) as T;
    } catch (error) {
      if (timeout.aborted && !options.signal?.aborted) {
        throw new SlipwayError('Timeout', `The API server at ${connection.server} gave no answer to ${what} in ${timeoutMs / 1000} s.`, {
          cause: error,
        });
      }
      if (options.signal?.aborted || error instanceof SlipwayError) throw error;
      throw connectionError(error, connection.server, what);
    }
  }

  return {
    open,
    async request<T>(path: string, options: RequestOptions): Promise<T> {
      for (let attempt = 0; ; attempt++) {
        try {
          return await once<T>(path, options);
        } catch (error) {
          const throttled = error instanceof SlipwayError && error.code === 'TooManyRequests' && attempt < THROTTLE_RETRIES;
          // An eviction refused by a disruption budget is 429 as well, without a time to come back.
          if (!throttled || error.retryAfter === undefined) throw error;
          await sleep(Math.min(error.retryAfter, 10) * 1000, options.signal);
        }
      }
    },
    close() {
      pool.destroy();
      streams.destroy();
    },
  };
}
