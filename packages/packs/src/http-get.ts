import { messageOf, SlipwayError } from '@slipway/kit';

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of the body that are accepted. */
  readonly maxBytes: number;
  readonly timeoutMs?: number;
  /** "registry bitnami", for errors. */
  readonly from: string;
}

export interface GetAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** After redirects. */
  readonly url: string;
}

/** GET with bounds on time and size. Any status resolves; a registry that cannot be reached is `Unavailable` with its name. */
export async function httpGet(url: string, options: GetOptions): Promise<GetAnswer> {
  const { hostname, protocol } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new SlipwayError('Invalid', `The ${options.from} points to ${protocol}// which is not fetched.`);
  try {
    const answer = await fetch(url, {
      headers: { ...options.headers },
      signal: AbortSignal.timeout(options.timeoutMs ?? 60_000),
      redirect: 'follow',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > options.maxBytes)
        throw new SlipwayError('TooLarge', `The ${options.from} sent more than ${options.maxBytes} bytes for ${new URL(url).pathname}.`);
      chunks.push(Buffer.from(chunk));
    }
    return { status: answer.status, headers: answer.headers, body: Buffer.concat(chunks), url: answer.url };
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    throw new SlipwayError('Unavailable', `The ${options.from} at ${hostname} cannot be reached: ${cause}.`, {
      hint: 'Check the address, the network and the proxy settings of the hub.',
      cause: error,
    });
  }
}
