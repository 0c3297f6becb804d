import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { messageOf, SlipwayError } from '@slipway/kit';
import { refusalOf } from './refusal.ts';
import { warningTexts } from '../warning-header.ts';

export interface ApiConnection {
  /** `https://127.0.0.1:7443`, `https://example.com/slipway` */
  readonly server: string;
  /** PEM of the hub's authority; the system's when absent. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  /** Another tenant than the token's own. */
  readonly tenant?: string | undefined;
  /** Field manager and User-Agent. Default `slipway`. */
  readonly userAgent?: string;
  /** Told of what the hub says beside an answer. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface RawRequest {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** Until the answer begins. Default 30 s. */
  readonly timeoutMs?: number;
  /** Told of each warning that came with the answer. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface Transport {
  text(path: string, options?: RawRequest): Promise<string>;
  /** The answer line by line as it comes; leaving the loop ends it. */
  lines(path: string, options?: RawRequest): AsyncIterable<string>;
  close(): void;
}

/** A transport of Node's, which also gives an answer as it is. */
export interface StreamTransport extends Transport {
  /** Its status is below 400. */
  stream(path: string, options?: RawRequest): Promise<IncomingMessage>;
}

/** Keep-alive HTTPS to one hub. Errors are SlipwayErrors with the hub's own words. */
export function createTransport(connection: ApiConnection): StreamTransport {
  const base = new URL(connection.server);
  const prefix = connection.tenant === undefined ? '' : `/tenants/${encodeURIComponent(connection.tenant)}`;
  const agent = new Agent({ keepAlive: true, ...(connection.ca === undefined ? {} : { ca: connection.ca }) });

  const stream: StreamTransport['stream'] = (path, options = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(`${base.pathname.replace(/\/$/, '')}${prefix}${path}`, base);
      for (const [key, value] of Object.entries(options.query ?? {})) if (value !== undefined) url.searchParams.set(key, value);
      const body = options.body === undefined ? undefined : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
      const outgoing = httpsRequest(url, {
        method: options.method ?? 'GET',
        agent,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        headers: {
          accept: 'application/json',
          'user-agent': connection.userAgent ?? 'slipway',
          ...(connection.token === undefined ? {} : { authorization: `Bearer ${connection.token}` }),
          ...(body === undefined
            ? {}
            : { 'content-type': options.contentType ?? 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
          ...options.headers,
        },
      });
      const timer = setTimeout(
        () =>
          outgoing.destroy(
            new SlipwayError('Timeout', `The hub at ${connection.server} did not answer within ${(options.timeoutMs ?? 30_000) / 1000} s.`),
          ),
        options.timeoutMs ?? 30_000,
      );
      outgoing.on('error', (error) => {
        clearTimeout(timer);
        reject(unreachable(connection, error));
      });
      outgoing.on('response', (response) => {
        clearTimeout(timer);
        const onWarning = options.onWarning ?? connection.onWarning;
        if (onWarning) warningTexts(response.headersDistinct['warning'] ?? []).forEach((text) => onWarning(text));
        if ((response.statusCode ?? 500) < 400) return resolve(response);
        readAll(response).then(
          (text) => reject(refusalOf({ code: response.statusCode ?? 500, requestId: response.headers['x-request-id'] }, text)),
          reject,
        );
      });
      outgoing.end(body);
    });
  return {
    stream,
    text: async (path, options) => readAll(await stream(path, options)),
    async *lines(path, options) {
      const response = await stream(path, options);
      try {
        yield* createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
      } finally {
        response.destroy();
      }
    },
    close: () => agent.destroy(),
  };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function unreachable(connection: ApiConnection, error: Error): unknown {
  if (error instanceof SlipwayError || error.name === 'AbortError') return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const untrusted = code.includes('CERT') || code.includes('SIGNATURE') || code.includes('ALTNAME');
  return new SlipwayError('Unavailable', `The hub at ${connection.server} cannot be reached: ${messageOf(error)}.`, {
    cause: error,
    retryable: !untrusted,
    hint: untrusted
      ? 'Its certificate is not signed by the authority in your context; log in again if the hub was made anew.'
      : 'Check that it runs: slipway status',
  });
}
