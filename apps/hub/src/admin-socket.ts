import { chmod, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type Logger, SlipwayError } from '@slipway/kit';
import type { Identity, IssuedToken } from '@slipway/identity';

/** What the socket answers: a token, or that the admin is there already. */
export type AdminAnswer = { readonly exists: true } | IssuedToken;

/** The first admin, or a new token for it; without `reset` an existing one is left alone. */
export async function bootstrapAdmin(identity: Identity, reset: boolean): Promise<AdminAnswer> {
  if (!reset && (await identity.hasAdmin())) return { exists: true };
  return identity.resetAdmin();
}

/** A unix socket that only the hub's own user can open (mode 0600): with host access, a lost admin token is replaced while the hub runs. */
export async function serveAdminSocket(deps: {
  path: string;
  identity: Identity;
  /** Answers `POST /keys/<action>[/<id>]`. */
  keys: (action: string, id: string | undefined) => Promise<object>;
  /** Answers `POST /set-password`. */
  setPassword: (body: unknown) => Promise<object>;
  logger: Logger;
  signal: AbortSignal;
}): Promise<void> {
  await unlink(deps.path).catch(() => undefined);
  const server = createServer((incoming, response) => {
    const asked = /^\/keys\/([a-z]+)(?:\/([\w.-]{1,63}))?$/.exec(incoming.url ?? '');
    if (asked && incoming.method === 'POST') return answer(deps, 'encryption keys', deps.keys(asked[1] ?? '', asked[2]), response);
    if (incoming.url === '/set-password' && incoming.method === 'POST')
      return answer(deps, 'a password', readJson(incoming).then(deps.setPassword), response);
    const match = /^\/admin-token(\?reset)?$/.exec(incoming.url ?? '');
    if (!match || incoming.method !== 'POST') return void response.writeHead(404).end();
    bootstrapAdmin(deps.identity, match[1] !== undefined).then(
      (made) => {
        if (!('exists' in made))
          deps.logger.warn({ user: made.name, token: made.id }, 'the admin token was made anew over the local socket');
        return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(made));
      },
      (error: unknown) => {
        deps.logger.error({ err: error }, 'making an admin token failed');
        response.writeHead(500).end();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The umask closes the moment between bind and chmod.
    const before = process.umask(0o177);
    server.listen(deps.path, resolve);
    process.umask(before);
  });
  await chmod(deps.path, 0o600);
  deps.signal.addEventListener('abort', () => server.close(), { once: true });
}

function answer({ logger }: { logger: Logger }, about: string, work: Promise<object>, response: ServerResponse): void {
  work.then(
    (result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result)),
    (error: unknown) => {
      const known = error instanceof SlipwayError;
      if (!known) logger.error({ err: error }, `a request about ${about} over the local socket failed`);
      const message = known ? [error.message, error.hint].filter(Boolean).join(' ') : 'It failed; the log of the hub says why.';
      response.writeHead(409, { 'content-type': 'application/json' }).end(JSON.stringify({ error: message }));
    },
  );
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of incoming) {
    text += (chunk as Buffer).toString('utf8');
    if (text.length > 16_384) throw new SlipwayError('TooLarge', 'The body is too large.');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SlipwayError('BadRequest', 'The body is not JSON.');
  }
}

/** The first admin or a new token for it; undefined when no hub runs. */
export const askAdminSocket = (path: string, reset: boolean): Promise<AdminAnswer | undefined> =>
  askSocket<AdminAnswer>(path, `/admin-token${reset ? '?reset' : ''}`);

/** Asks a running hub; undefined when none listens. Rewrapping many secrets takes its time. */
export function askSocket<T>(
  path: string,
  address: string,
  { timeoutMs = 30_000, body }: { timeoutMs?: number; body?: object } = {},
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, path: address, method: 'POST', timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 409) return reject(new SlipwayError('Conflict', (JSON.parse(text) as { error: string }).error));
        if (response.statusCode !== 200) return reject(new SlipwayError('Internal', 'The running hub could not do it; its log says why.'));
        resolve(JSON.parse(text) as T);
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new SlipwayError('Timeout', 'The running hub did not answer on its socket in time.')));
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ECONNREFUSED' ? resolve(undefined) : reject(error),
    );
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
