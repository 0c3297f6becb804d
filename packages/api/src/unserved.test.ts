import { METHODS, request } from 'node:http';
import { SlipwayError } from '@slipway/kit';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerFrameworkError, answerUnserved } from './unserved.ts';

describe('what no route serves', () => {
  let app: FastifyInstance;
  let address: string;

  beforeAll(async () => {
    app = fastify({
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: 20, ignoreTrailingSlash: true },
      frameworkErrors: answerFrameworkError,
    });
    answerUnserved(app);
    void app.register((scope, _options, done) => {
      scope.get('/things/:name', async () => 'a thing');
      scope.route({ method: ['PUT', 'PATCH'], url: '/things/:name', handler: async () => 'changed' });
      scope.get('/things/:name/raw/*', async () => 'raw');
      scope.delete('/things/:name', { config: { refused: 'Things stay.' } }, async () => {
        throw new SlipwayError('MethodNotAllowed', 'Things stay.');
      });
      done();
    });
    address = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => app.close());

  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    new Promise<{ status: number | undefined; allow: string | undefined; type: string | undefined; text: string }>((resolve, reject) => {
      const outgoing = request(`${address}${path}`, { method, headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode, allow: response.headers.allow, type: response.headers['content-type'], text }),
        );
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });

  // CONNECT is no request for a page but for a tunnel: Node hands it to nobody and ends the connection.
  const others = METHODS.filter((method) => !['GET', 'PUT', 'PATCH', 'CONNECT'].includes(method));
  it.each(others)('%s of an address that takes others: 405, which ones, and a Status', async (method) => {
    for (const path of ['/things/a', '/things/a/', '/things/a?watch=1']) {
      const { status, allow, type, text } = await send(method, path);
      expect([status, allow], path).toEqual([405, 'GET, PATCH, PUT']);
      if (method === 'HEAD') continue;
      expect(type).toContain('application/json');
      expect(JSON.parse(text)).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'MethodNotAllowed', code: 405 });
    }
  });

  it('says of each address what it takes itself', async () => {
    expect((await send('POST', '/things/a/raw/b/c')).allow).toBe('GET');
  });

  it.each([
    ['a path that is nowhere', 'GET', '/nothings/a', {}, undefined],
    ['a body that nothing would read', 'POST', '/nothings', { 'content-type': 'text/xml' }, '<a/>'],
    ['a method that must say what its body is', 'QUERY', '/nothings', {}, undefined],
  ] as const)('is not found: %s', async (_what, method, path, headers, body) => {
    const { status, allow, text } = await send(method, path, headers, body);
    expect([status, allow]).toEqual([404, undefined]);
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status', reason: 'NotFound', message: expect.stringContaining(`${method} ${path}`) });
  });

  it('does not look at the body of a method that is not served', async () => {
    expect((await send('POST', '/things/a', { 'content-type': 'text/xml' }, '<a/>')).status).toBe(405);
  });

  it.each(['/%zz', `/things/${'x'.repeat(21)}`])('an address that cannot be read is a bad request: %s', async (path) => {
    const { status, text } = await send('GET', path);
    expect([status, JSON.parse(text).reason]).toEqual([400, 'BadRequest']);
  });
});
