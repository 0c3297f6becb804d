import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf, SlipwayError } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';

export interface SinkRequest {
  readonly method: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly plainHttp: boolean;
  readonly signal: AbortSignal;
}

export interface SinkAnswer {
  readonly status: number;
  readonly text: string;
}

/** Of an answer no more is taken than what an error code needs. */
const MOST_BYTES = 64 * 1024;

/** Not being able to send is said with the receiver's name. Redirects are answers like others. */
export async function sendTo(outbound: Outbound, url: string, request: SinkRequest, what: string): Promise<SinkAnswer> {
  try {
    const answer = await outbound.fetch(url, { ...request, body: new Uint8Array(request.body), redirect: 'manual', maxBytes: MOST_BYTES });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    throw new SlipwayError('Unavailable', `${what} cannot be reached: ${messageOf(error)}`, { cause: error });
  }
}

/** The status, and of the body nothing but an error code: a sink must not be a way to read what other addresses answer. */
export function refusedBy(what: string, { status, text }: SinkAnswer): SlipwayError {
  const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1];
  return new SlipwayError('Unavailable', `${what} answered ${status}${code === undefined ? '' : ` (${code})`}.`);
}

export interface SinkAddress {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined };
}

/** An open connection to an address that the guard allows; the certificate is checked against the name. */
export async function connectTo(outbound: Outbound, { host, port, tls }: SinkAddress, signal: AbortSignal): Promise<Socket> {
  const [first] = await outbound.addressesOf(host);
  if (first === undefined) throw new SlipwayError('Unavailable', `${host} has no address.`);
  const base = { host: first.address, port, allowHalfOpen: true };
  const given = Object.fromEntries(Object.entries(tls ?? {}).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const socket =
      tls === undefined ? connectTcp(base) : connectTls({ ...base, ...(isIP(host) === 0 ? { servername: host } : {}), ...given });
    const abort = (): void => void socket.destroy(new Error('it took too long'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', abort));
    socket.once('error', reject);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve(socket));
    if (signal.aborted) abort();
  });
}
