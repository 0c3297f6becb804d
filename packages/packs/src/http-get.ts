import { messageOf, SlipwayError } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of the body that are accepted. */
  readonly maxBytes: number;
  /** Without TLS too. */
  readonly plainHttp: boolean;
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

/** GET of a registry, as far as the installation lets out. Any status resolves; a registry that cannot be reached is `Unavailable` with its name. */
export async function httpGet(outbound: Outbound, url: string, { from, ...options }: GetOptions): Promise<GetAnswer> {
  try {
    const answer = await outbound.fetch(url, options);
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()), url: answer.url };
  } catch (error) {
    if (!(error instanceof SlipwayError))
      throw new SlipwayError('Unavailable', `The ${from} broke off its answer: ${messageOf(error)}.`, { cause: error });
    const { code, detail, retryable } = error;
    const hint = error.hint ?? (code === 'Unavailable' ? 'Check the address, the network and the proxy settings of the hub.' : undefined);
    throw new SlipwayError(code, `The ${from} cannot be used: ${error.message}`, {
      cause: error,
      retryable,
      ...(detail === undefined ? {} : { detail }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
