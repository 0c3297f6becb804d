import { Agent, request } from 'node:https';
import type { Target } from './targets.ts';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** One request after another over kept connections, as a client library does it; anything but 2xx is an error, because a refusal would be a fast figure. */
export function createBenchClient({ server, ca, token }: Pick<Target, 'server' | 'ca' | 'token'>, connections: number) {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: connections });
  return {
    async call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        ...(text === undefined ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }),
      };
      const answer = await new Promise<Answer>((resolve, reject) => {
        const outgoing = request(`${server}${path}`, { method, headers, agent }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
          response.once('error', reject);
        });
        outgoing.once('error', reject);
        outgoing.end(text);
      });
      if (answer.status < 200 || answer.status > 299)
        throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString('utf8').slice(0, 500)}`);
      return answer;
    },
    close: () => agent.destroy(),
  };
}
export type BenchClient = ReturnType<typeof createBenchClient>;
