import { Agent, request } from 'node:https';
import { sleep } from '@slipway/kit';

/** Where the hubs are, and as whom. */
export interface Hubs {
  readonly servers: readonly string[];
  readonly ca: string;
  readonly token: string;
}

/** Numbers below 1 from a seed: the same choices again with the same seed, whatever the machine's scheduling makes of them. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export const oneOf = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)] as T;

export interface JsonAnswer {
  readonly status: number;
  /** Seconds, when the hub asks to be asked again. */
  readonly retryAfter: number | undefined;
  readonly body: unknown;
}

export interface Call {
  readonly method?: string;
  readonly body?: object;
  readonly type?: string | undefined;
}

/** Answers that are part of how an API server protects itself; a client waits and asks again. */
export interface Refusals {
  /** 429. */
  throttled: number;
  /** 503 and 504. */
  unavailable: number;
}

export const isUnavailable = (status: number): boolean => status === 503 || status === 504;

/** What a reader of a stream wants after a line: to be cut off, or to read no more for so many milliseconds. */
export type AfterLine = 'cut' | { readonly pauseMs: number } | undefined;

/** As often as client-go asks again when it is told to. */
const RETRIES = 10;

const retryAfterOf = ({ 'retry-after': seconds }: { readonly 'retry-after'?: string | undefined }): number | undefined =>
  seconds === undefined ? undefined : Number(seconds);

/**
 * Requests to any of the hubs. Rejects when the connection breaks, as it does when a hub is stopped. Who is told to come back later does so after that time, as client-go does; a write
 * only when it was refused for sure (429).
 */
export function createWire({ servers, ca, token }: Hubs, random: () => number, refusals: Refusals) {
  const agent = new Agent({ ca, keepAlive: true });
  const headers = { accept: 'application/json', authorization: `Bearer ${token}`, 'user-agent': 'bench-events' };
  const count = (status: number): void => {
    if (status === 429) refusals.throttled++;
    else if (isUnavailable(status)) refusals.unavailable++;
  };
  const once = (path: string, { method = 'GET', body, type = 'application/json' }: Call): Promise<JsonAnswer> =>
    new Promise((resolve, reject) => {
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const more = sent === undefined ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(sent)) };
      const outgoing = request(`${oneOf(servers, random)}${path}`, { method, agent, headers: { ...headers, ...more } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const { statusCode: status = 0 } = response;
          const retryAfter = retryAfterOf(response.headers);
          resolve(
            Promise.resolve(Buffer.concat(chunks)).then((bytes) => ({
              status,
              retryAfter,
              body: JSON.parse(bytes.toString('utf8')) as unknown,
            })),
          );
        });
      });
      outgoing.once('error', reject);
      outgoing.end(sent);
    });
  return {
    async call(path: string, call: Call = {}): Promise<JsonAnswer> {
      for (let attempt = 0; ; attempt++) {
        const answer = await once(path, call);
        const { status, retryAfter } = answer;
        count(status);
        const isAgain = status === 429 || (isUnavailable(status) && (call.method ?? 'GET') === 'GET');
        if (!isAgain || retryAfter === undefined || attempt >= RETRIES) return answer;
        await sleep(retryAfter * 1000);
      }
    },
    /** Each line as it comes, over a connection of its own, until it ends, breaks or is cut; resolves with the HTTP status, 0 when there was no answer. */
    stream(path: string, onLine: (line: string) => AfterLine): Promise<Pick<JsonAnswer, 'status' | 'retryAfter'>> {
      return new Promise((resolve) => {
        let status = 0;
        let retryAfter: number | undefined;
        let timer: NodeJS.Timeout | undefined;
        const outgoing = request(`${oneOf(servers, random)}${path}`, { agent: false, ca, headers }, (response) => {
          status = response.statusCode ?? 0;
          retryAfter = retryAfterOf(response.headers);
          count(status);
          let rest = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            // What refuses a stream is no line of it.
            if (outgoing.destroyed || status !== 200) return;
            const lines = (rest + chunk).split('\n');
            rest = lines.pop() ?? '';
            for (const line of lines) {
              const after = onLine(line);
              if (after === 'cut') return void outgoing.destroy();
              if (after === undefined) continue;
              response.pause();
              clearTimeout(timer);
              timer = setTimeout(() => response.resume(), after.pauseMs);
            }
          });
          response.once('error', () => undefined);
        });
        outgoing.once('error', () => undefined);
        outgoing.once('close', () => {
          clearTimeout(timer);
          resolve({ status, retryAfter });
        });
        outgoing.end();
      });
    },
    close: () => agent.destroy(),
  };
}
export type Wire = ReturnType<typeof createWire>;
