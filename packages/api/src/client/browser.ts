import { messageOf, SlipwayError } from '@slipway/kit/errors';
import { warningTexts } from '../warning-header.ts';
import { refusalOf } from './refusal.ts';
import type { RawRequest, Transport } from './transport.ts';

export { collectionPath, createClientOver as clientOver, objectPath } from './client-over.ts';
export type { ApiClient, ClientEvent, KindAddress, ObjectAddress, WriteOptions } from './client-over.ts';
export type { Transport } from './transport.ts';

/** A hub as one of its own pages reaches it: the session's cookie goes along by itself. */
export interface BrowserConnection {
  /** Where the API is: the origin of the page, with the prefix of a proxy if there is one. No slash at the end. */
  readonly server: string;
  /** Of the session, for what changes something. */
  readonly csrfToken: () => string | undefined;
  /** Told when an answer says that nobody is known by what was sent along: the hub's own, or that of a cluster behind it. */
  readonly onUnauthorized: () => void;
}

const TIMEOUT_MS = 30_000;

/** The transport of pages: fetch, with the words of the hub for what is refused. */
export function createBrowserTransport(connection: BrowserConnection): Transport {
  const open = async (path: string, options: RawRequest = {}): Promise<Response> => {
    const url = new URL(`${connection.server}${path}`);
    for (const [key, value] of Object.entries(options.query ?? {})) if (value !== undefined) url.searchParams.set(key, value);
    const csrf = connection.csrfToken();
    const slow = new AbortController();
    const timer = setTimeout(() => slow.abort(), options.timeoutMs ?? TIMEOUT_MS);
    const signals = [slow.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const response = await fetch(url, {
      method: options.method ?? 'GET',
      signal: AbortSignal.any(signals),
      credentials: 'same-origin',
      redirect: 'error',
      cache: 'no-store',
      headers: {
        accept: 'application/json',
        ...(csrf === undefined ? {} : { 'x-slipway-csrf': csrf }),
        ...(options.body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    })
      .catch((error: unknown) => {
        if (options.signal?.aborted) throw error;
        throw slow.signal.aborted
          ? new SlipwayError('Timeout', 'The hub did not answer in time.', { hint: 'Try again.' })
          : new SlipwayError('Unavailable', 'The hub cannot be reached.', {
              cause: messageOf(error),
              hint: 'Check your network, or whether the hub runs.',
            });
      })
      .finally(() => clearTimeout(timer));
    if (options.onWarning) warningTexts([response.headers.get('warning') ?? '']).forEach(options.onWarning);
    if (response.ok) return response;
    if (response.status === 401) connection.onUnauthorized();
    throw refusalOf({ code: response.status, requestId: response.headers.get('x-request-id') ?? undefined }, await response.text());
  };
  return {
    text: async (path, options) => (await open(path, options)).text(),
    async *lines(path, options) {
      const response = await open(path, options);
      if (response.body === null) return;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          const lines = (rest + value).split('\n');
          rest = lines.pop() ?? '';
          yield* lines;
        }
        if (rest !== '') yield rest;
      } finally {
        await reader.cancel().catch(() => undefined);
      }
    },
    close: () => undefined,
  };
}
