import { request } from 'node:http';
import { clusterKind } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from './testing/test-api.ts';

describe('OpenAPI documents over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi([clusterKind]);
  }, 120_000);
  afterAll(() => api?.stop());

  const get = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
      request(`${api.address}${path}`, { headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
      })
        .once('error', reject)
        .end();
    });
  const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

  it.each([
    ['what client-go asks for', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf', PROTOBUF],
    ['protobuf first', `${PROTOBUF}, application/json`, PROTOBUF],
    ['JSON', 'application/json', 'application/json'],
    ['anything', '*/*', 'application/json'],
    ['a form there is not', 'application/xml', 'application/json'],
  ])('v2 for %s', async (_what, accept, type) => {
    const { status, headers, body } = await get('/openapi/v2', { accept });
    expect([status, String(headers['content-type']).split(';')[0], headers['vary']]).toEqual([200, type, 'accept']);
    if (type === 'application/json') expect(JSON.parse(body.toString())).toMatchObject({ swagger: '2.0' });
    // Field 1, of bytes: swagger.
    else expect(body.subarray(0, 5)).toEqual(Buffer.from([0x0a, 3, 0x32, 0x2e, 0x30]));
  });

  it.each(['/openapi/v2', '/openapi/v3/apis/slipway.dev/v1'])('%s is sent once to whoever keeps it', async (path) => {
    const first = await get(path);
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^"[0-9A-F]{32}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await get(path, { 'if-none-match': known });
      expect([again.status, again.headers['etag'], again.body.length], known).toEqual([304, etag, 0]);
    }
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('each form of v2 has an ETag of its own', async () => {
    const tags = await Promise.all(
      [PROTOBUF, 'application/json'].map(async (accept) => (await get('/openapi/v2', { accept })).headers['etag']),
    );
    expect(new Set(tags).size).toBe(2);
  });
});
