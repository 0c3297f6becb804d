import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { markup, pagePolicy, sendPage } from '../auth/browser/page.ts';
import { pathPrefixOf } from '../auth/browser/path-prefix.ts';

/** Below which the console is. */
export const CONSOLE_PREFIX = '/console/';

/** As it is in the build: everything of the page is named from there. */
const BASE = `<base href="${CONSOLE_PREFIX}"`;

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.md': 'text/plain; charset=utf-8',
};

/** Scripts and styles of this hub only, requests to this hub only, in nobody's frame. `base-uri 'self'`: assets have one address however deep the page is. */
const POLICY = pagePolicy(
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
).replace("base-uri 'none'", "base-uri 'self'");

export interface ConsoleOptions {
  readonly directory: string;
  /** Where people reach the hub; with a path when a proxy puts it below one. */
  readonly publicUrl?: string | undefined;
}

/**
 * The console's static files, from the folder of a build (`slipway up` lays it, `packages/forge/src/console-bundle.ts` makes it). They hold nothing of anybody, so they
 * are open to everybody; what they show comes from the API, with the caller's session.
 */
export function consoleRoutes(app: FastifyInstance<any, any, any, any>, options: ConsoleOptions): void {
  const { directory, publicUrl } = options;
  const prefix = pathPrefixOf(publicUrl);
  const page = async (reply: FastifyReply): Promise<FastifyReply> => {
    const html = await readIfThere(join(directory, 'index.html'));
    if (html === undefined) return missing(reply);
    return reply
      .header('content-security-policy', POLICY)
      .header('referrer-policy', 'same-origin')
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(html.toString('utf8').replace(BASE, `<base href="${prefix}${CONSOLE_PREFIX}"`));
  };
  void app.register((scope: FastifyInstance, _options: object, done: () => void) => {
    // Programs that ask for `/` are answered as before.
    scope.get('/', async (request, reply) =>
      (request.headers.accept ?? '').includes('text/html') ? reply.redirect(`${prefix}${CONSOLE_PREFIX}`, 302) : reply.callNotFound(),
    );
    scope.get('/console', async (_request, reply) => page(reply));
    scope.get<{ Params: { name: string } }>('/console/assets/:name', async ({ params: { name }, headers }, reply) => {
      const type = TYPES[extname(name)];
      if (type === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return reply.callNotFound();
      const packed = (headers['accept-encoding'] ?? '').includes('gzip')
        ? await readIfThere(join(directory, 'assets', `${name}.gz`))
        : undefined;
      const content = packed ?? (await readIfThere(join(directory, 'assets', name)));
      if (content === undefined) return reply.callNotFound();
      if (packed !== undefined) void reply.header('content-encoding', 'gzip');
      // A name holds the hash of its content.
      return reply
        .header('vary', 'accept-encoding')
        .header('cache-control', 'public, max-age=31536000, immutable')
        .type(type)
        .send(content);
    });
    scope.get('/console/*', async (_request, reply) => page(reply));
    done();
  });
}

/** Says plainly what is the matter, and how it is mended. */
const missing = (reply: FastifyReply): FastifyReply =>
  sendPage(
    reply,
    {
      title: 'This hub has no console',
      body: markup`<p>It runs without a build of the console, so there is nothing to show here. The API and the command line work.</p>
        <p>On this host, <code>slipway up</code> or <code>slipway console --build</code> makes the build and lays it where the hub looks.</p>`,
    },
    503,
  );

const readIfThere = (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
