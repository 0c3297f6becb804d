import { once } from 'node:events';
import { connect } from 'node:tls';
import { createApiClient } from '@slipway/api';
import { waitFor } from '@slipway/kit';
import { tenantKind, userKind } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

const CLUSTERS = '/apis/slipway.dev/v1/clusters';

describe('how much one caller may take', () => {
  let test: TestHub;
  let other: string;
  beforeAll(async () => {
    test = await startTestHub('pglite', undefined, {
      limits: {
        requests: { seats: 1, principalQueue: 2, tenantQueue: 2, refusalMs: 1 },
        bodies: { perTenant: 10_000 },
        longRunning: { perPrincipal: 3 },
        failures: { burst: 5, perSecond: 0.001 },
      },
      connections: { readers: { stalledMs: 500, totalBytes: 1e9 } },
    });
    await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name: 'acme' }, spec: {} });
    const acme = createApiClient({ server: test.url, ca: test.hub.ca, token: test.token, tenant: 'acme', userAgent: 'test' });
    await acme.create(userKind, { kind: 'User', metadata: { name: 'ada' }, spec: {} });
    acme.close();
    other = (await test.hub.identity.issueToken({ tenant: 'acme', name: 'ada' })).token;
  }, 90_000);
  afterAll(() => test.stop());

  it('requests beyond the queue get 429 as a Status with Retry-After; health and other tenants do not notice', async () => {
    // One write of many requests: they are there together.
    const socket = connect({ port: Number(new URL(test.url).port), host: '127.0.0.1', ca: test.hub.ca });
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    const ask = `GET /apis/slipway.dev/v1/auditrecords?limit=20 HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${test.token}\r\n`;
    socket.write(`${ask}\r\n`.repeat(29) + `${ask}connection: close\r\n\r\n`);
    const quiet = requestOf({ ...test, token: other }, 'GET', '/apis/slipway.dev/v1');
    const health = requestOf(test, 'GET', '/healthz');
    await once(socket, 'close');
    const answers = text.split(/(?=HTTP\/1\.1 \d{3} )/);
    const refused = answers.filter((answer) => answer.startsWith('HTTP/1.1 429 '));
    expect(answers).toHaveLength(30);
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 200 ')).length + refused.length).toBe(30);
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(JSON.parse((refused[0] ?? '').split('\r\n\r\n')[1] ?? '')).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'TooManyRequests',
      code: 429,
      details: { retryAfterSeconds: 1 },
      message: expect.stringMatching(/^Too many requests: (you have|your tenant has) too many requests waiting/),
    });
    expect((await quiet).status).toBe(200);
    expect((await health).status).toBe(200);
  });

  it('who sends bodies slowly keeps nobody waiting, and has room for a few only', async () => {
    const open: ReturnType<typeof connect>[] = [];
    const half = () =>
      new Promise<string>((resolve) => {
        const socket = connect({ port: Number(new URL(test.url).port), host: '127.0.0.1', ca: test.hub.ca });
        open.push(socket);
        socket.on('error', () => undefined);
        socket.once('data', (data: Buffer) => resolve(data.toString().split('\r\n')[0] ?? ''));
        const head = `POST /apis/slipway.dev/v1/projects HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\ncontent-length: 6000\r\n`;
        socket.write(`${head}authorization: Bearer ${test.token}\r\n\r\n{`);
      });
    const [first] = [half(), half()];
    expect(await Promise.race([first, half(), half()])).toContain('429');
    expect((await requestOf(test, 'GET', CLUSTERS)).status).toBe(200);
    for (const socket of open) socket.destroy();
    await waitFor(async () => (await requestOf(test, 'POST', '/apis/slipway.dev/v1/projects', { body: '{}' })).status !== 429, {
      what: 'room for bodies',
      timeoutMs: 10_000,
    });
  });

  it('watches are limited; one that ends makes room', async () => {
    const open: ReturnType<typeof connect>[] = [];
    const watch = () =>
      new Promise<string>((resolve) => {
        const socket = connect({ port: Number(new URL(test.url).port), host: '127.0.0.1', ca: test.hub.ca });
        open.push(socket);
        socket.on('error', () => undefined);
        socket.once('data', (data: Buffer) => resolve(data.toString().split('\r\n')[0] ?? ''));
        socket.write(`GET ${CLUSTERS}?watch=true HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${test.token}\r\n\r\n`);
      });
    for (let n = 0; n < 3; n++) expect(await watch()).toContain('200');
    expect(await watch()).toContain('429');
    open[0]?.destroy();
    await waitFor(async () => (await watch()).includes('200'), { what: 'room for another watch', timeoutMs: 10_000, intervalMs: 20 });
    for (const socket of open) socket.destroy();
  });

  it('selectors and URLs have an end', async () => {
    const huge = `a in (${Array.from({ length: 300 }, (_, n) => `v${n}`).join(',')})`;
    expect((await requestOf(test, 'GET', `${CLUSTERS}?labelSelector=${encodeURIComponent(huge)}`)).status).toBe(400);
    expect((await requestOf(test, 'GET', `${CLUSTERS}?labelSelector=${'a'.repeat(5000)}`)).status).toBe(400);
    expect((await requestOf(test, 'GET', `${CLUSTERS}?x=${'a'.repeat(20_000)}`)).status).toBe(431);
  });

  it('wrong tokens are answered ever more slowly and then not at all; right ones from the same address at once', async () => {
    const wrong = { ...test, token: 'slw_wrong' };
    const answers = [];
    for (let n = 0; n < 7; n++) answers.push((await requestOf(wrong, 'GET', CLUSTERS)).status);
    expect(answers).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await requestOf(test, 'GET', CLUSTERS)).status).toBe(200);
  });
});
