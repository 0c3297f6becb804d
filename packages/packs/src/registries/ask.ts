import { backoff, messageOf, sleep, SlipwayError } from '@slipway/kit';
import type { Outbound, OutboundRequest } from '@slipway/kit/outbound';

export interface AskOptions extends Pick<OutboundRequest, 'method' | 'body' | 'timeoutMs' | 'maxRedirects' | 'signal'> {
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of the body that are accepted. */
  readonly maxBytes: number;
}

/** How one registry is asked. */
export interface Asker {
  readonly outbound: Pick<Outbound, 'fetch'>;
  /** Without TLS too. */
  readonly plainHttp: boolean;
  /** `Helm repository "stable"`, for errors. */
  readonly from: string;
  /** Attempts for what may be repeated; default 3. */
  readonly attempts?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** After redirects. */
  readonly url: string;
}

const BACKOFF = { baseMs: 300, maxMs: 5000 };
/** Longer than that nobody is kept waiting for a registry that asks for patience: the next sync comes anyway. */
const PATIENCE_MS = 10_000;
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** An answer of a registry, as far as the installation lets out. Any status resolves; a registry that cannot be reached is `Unavailable` with its name. Reads are repeated when the trouble may pass. */
export async function ask(asker: Asker, url: string, options: AskOptions): Promise<Asked> {
  return repeated(asker, options, async () => {
    const answer = await openAnswer(asker, url, options);
    try {
      return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()), url: answer.url };
    } catch (error) {
      throw inWordsOf(asker.from, error);
    }
  });
}

/** As {@link ask}, with the body as it comes: for what is too large to be held. Not repeated once the answer has begun. */
export async function askStream(asker: Asker, url: string, options: AskOptions): Promise<Response> {
  const opened = await repeated(asker, options, async () => {
    const answer = await openAnswer(asker, url, options);
    if (PASSING.has(answer.status)) await answer.body?.cancel();
    return answer;
  });
  return opened;
}

async function repeated<T extends { readonly status: number; readonly headers: Headers }>(
  { attempts = 3, signal }: Asker,
  { method = 'GET' }: AskOptions,
  once: () => Promise<T>,
): Promise<T> {
  const mayRepeat = method === 'GET' || method === 'HEAD';
  for (let attempt = 0; ; attempt++) {
    const last = !mayRepeat || attempt + 1 >= attempts;
    let pauseMs = backoff(attempt, BACKOFF);
    try {
      const answer = await once();
      if (last || !PASSING.has(answer.status)) return answer;
      pauseMs = Math.max(pauseMs, Number(answer.headers.get('retry-after') ?? 0) * 1000 || 0);
      if (pauseMs > PATIENCE_MS) return answer;
    } catch (error) {
      if (last || !(error instanceof SlipwayError) || error.code !== 'Unavailable' || !error.retryable) throw error;
    }
    await sleep(pauseMs, signal);
  }
}

async function openAnswer({ outbound, plainHttp, from, signal }: Asker, url: string, options: AskOptions): Promise<Response> {
  try {
    return await outbound.fetch(url, { ...options, plainHttp, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw inWordsOf(from, error);
  }
}

/** What went wrong, with the registry's name. */
export function inWordsOf(from: string, error: unknown): SlipwayError {
  if (!(error instanceof SlipwayError))
    return new SlipwayError('Unavailable', `The ${from} broke off its answer: ${messageOf(error)}.`, { cause: error });
  const { code, detail, retryable } = error;
  const hint = error.hint ?? (code === 'Unavailable' ? 'Check the address, the network and the proxy settings of the hub.' : undefined);
  return new SlipwayError(code, `The ${from} cannot be used: ${error.message}`, {
    cause: error,
    retryable,
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What a status that is no answer means, in one place for every kind of registry. */
export function refusedBy(from: string, what: string, status: number): SlipwayError {
  if (status === 401 || status === 403)
    return new SlipwayError('Forbidden', `The ${from} refuses ${what} (${status}).`, {
      hint: 'Check the credentials of the registry: spec.credentials.',
      retryable: false,
    });
  if (status === 404) return new SlipwayError('NotFound', `The ${from} has no ${what}.`);
  return new SlipwayError('Unavailable', `The ${from} answered ${status} for ${what}.`);
}
