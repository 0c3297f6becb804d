import type { Outbound } from '@slipway/kit/outbound';
import { Agent, fetch } from 'undici';

/** HTTP to a program of our own over a Unix socket: no name is looked up, and no other place can be reached. */
export function socketFetch(socketPath: string): Pick<Outbound, 'fetch' | 'close'> {
  const dispatcher = new Agent({ connect: { socketPath }, connections: 16, headersTimeout: 30_000, bodyTimeout: 30_000 });
  return {
    async fetch(url, request = {}) {
      const { method, headers, body, timeoutMs = 60_000, signal } = request;
      const timeout = AbortSignal.timeout(timeoutMs);
      const answer = await fetch(url, {
        method: method ?? 'GET',
        redirect: 'manual',
        dispatcher,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        ...(headers === undefined ? {} : { headers: headers as Record<string, string> }),
        ...(body === undefined || body === null ? {} : { body: body as Uint8Array }),
      } as never);
      return answer as unknown as Response;
    },
    close: () => dispatcher.close(),
  };
}
