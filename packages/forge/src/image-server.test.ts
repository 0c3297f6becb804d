import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger, sha256Hex } from '@slipway/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createImageServer, type ImageServerDeps } from './image-server.ts';
import { makeCheckout, TINY, type Checkout } from './toolchain-fixture.ts';
import type { Toolchain } from './toolchain.ts';

let checkout: Checkout;
const servers: Server[] = [];
beforeEach(async () => {
  checkout = await makeCheckout();
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await checkout.remove();
});

async function serve(
  toolchain: Pick<Toolchain, 'ensure' | 'find'>,
  more: Partial<ImageServerDeps> = {},
): Promise<(path: string, method?: string) => Promise<Response>> {
  const { signal } = new AbortController();
  const listener = createImageServer({ toolchain, logger: silentLogger, signal, catalogue: TINY, ...more });
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return (path, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

describe('images for machines', () => {
  it('are pulled as from any registry: manifest by tag and digest, then every blob it names, each as its digest says', async () => {
    const get = await serve(checkout.toolchain());
    expect((await get('/v2/')).status).toBe(200);
    const head = await get('/v2/tiny/manifests/v1.0.0?ns=slipway.dev', 'HEAD');
    expect([head.status, head.headers.get('content-type')]).toEqual([200, MANIFEST]);
    const digest = head.headers.get('docker-content-digest') ?? '';
    const manifest = await (await get(`/v2/tiny/manifests/${digest}`)).text();
    expect(`sha256:${sha256Hex(manifest)}`).toBe(digest);
    const { config, layers } = JSON.parse(manifest) as { config: { digest: string }; layers: { digest: string; size: number }[] };
    expect(layers).toHaveLength(1);
    for (const blob of [config.digest, ...layers.map((layer) => layer.digest)]) {
      const content = Buffer.from(await (await get(`/v2/tiny/blobs/${blob}`)).arrayBuffer());
      expect(`sha256:${sha256Hex(content)}`).toBe(blob);
    }
  });

  it('of one layout are told apart by their names', async () => {
    const get = await serve(checkout.toolchain());
    const digestOf = async (path: string) => (await get(path, 'HEAD')).headers.get('docker-content-digest');
    expect(await digestOf('/v2/alias/manifests/v1')).toBe(await digestOf('/v2/alias/manifests/v1.0.0'));
    expect(await digestOf('/v2/alias/manifests/v1')).not.toBe(await digestOf('/v2/tiny/manifests/v1.0.0'));
    expect((await get('/v2/tiny/manifests/v1')).status).toBe(404);
  });

  it('are made when the first machine asks, once for all who ask', async () => {
    const real = checkout.toolchain();
    let made = 0;
    const ensure: Toolchain['ensure'] = (...args) => {
      made++;
      return real.ensure(...args);
    };
    const get = await serve({ find: (name) => real.find(name), ensure });
    expect(made).toBe(0);
    const answers = await Promise.all([1, 2, 3].map(() => get('/v2/tiny/manifests/v1.0.0')));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(made).toBe(1);
  });

  it('that a machine was told of are there by that name, when the checkout makes another one by now; its blobs are, when nobody reads the source again', async () => {
    const real = checkout.toolchain();
    const before = (await real.ensure(['image/tiny'])).get('image/tiny');
    await checkout.write('distro/tiny/main.go', 'package main\n\nfunc main() { print("two") }\n');
    let looked = 0;
    const find: Toolchain['find'] = (name) => {
      looked++;
      return real.find(name);
    };
    const get = await serve({ find, ensure: (...args) => real.ensure(...args) }, { kept: () => [before?.path ?? ''] });
    const manifest = JSON.parse(await (await get('/v2/tiny/manifests/v1.0.0')).text()) as { layers: { digest: string }[] };
    expect((await get(`/v2/tiny/blobs/${manifest.layers[0]?.digest}`)).status).toBe(200);
    expect(looked).toBe(0);
    const without = await serve({ find, ensure: (...args) => real.ensure(...args) });
    const now = JSON.parse(await (await without('/v2/tiny/manifests/v1.0.0')).text()) as { layers: { digest: string }[] };
    expect(now.layers[0]?.digest).not.toBe(manifest.layers[0]?.digest);
    expect((await without(`/v2/tiny/blobs/${now.layers[0]?.digest}`)).status).toBe(200);
    expect(looked).toBe(1);
  });

  it('that take longer than a pull should wait say so, go on being made, and are there for the next pull', async () => {
    const real = checkout.toolchain();
    const gate = Promise.withResolvers<void>();
    const ensure: Toolchain['ensure'] = async (...args) => {
      await gate.promise;
      return real.ensure(...args);
    };
    const get = await serve({ find: (name) => real.find(name), ensure }, { patienceMs: 20 });
    const late = await get('/v2/tiny/manifests/v1.0.0');
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await late.text()).toContain('image/tiny is still being made');
    gate.resolve();
    await expect.poll(async () => (await get('/v2/tiny/manifests/v1.0.0')).status, { timeout: 60_000 }).toBe(200);
  });

  it('that cannot be made say why, and are tried again at the next pull', async () => {
    const real = checkout.toolchain();
    let broken = true;
    const ensure: Toolchain['ensure'] = (...args) => (broken ? Promise.reject(new Error('no disk left')) : real.ensure(...args));
    const get = await serve({ find: (name) => real.find(name), ensure });
    const failed = await get('/v2/tiny/manifests/v1.0.0');
    expect([failed.status, await failed.text()]).toEqual([503, expect.stringContaining('no disk left')]);
    broken = false;
    expect((await get('/v2/tiny/manifests/v1.0.0')).status).toBe(200);
  });

  it.each([
    ['GET', '/v2/nothere/manifests/v1', 404],
    ['GET', '/v2/tiny/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000', 404],
    ['GET', '/v2/tiny/blobs/sha256:..%2f..%2fetc%2fpasswd', 400],
    ['GET', '/v2/tiny/blobs/../../../../etc/passwd', 404],
    ['GET', '/v2/..%2f..%2fetc/manifests/passwd', 404],
    ['GET', '/', 404],
    ['POST', '/v2/tiny/blobs/uploads/', 405],
    ['PUT', '/v2/tiny/manifests/v1', 405],
  ])('%s %s is refused', async (method, path, status) => {
    const get = await serve(checkout.toolchain());
    const answer = await get(path, method);
    expect(answer.status).toBe(status);
    expect(JSON.parse(await answer.text())).toHaveProperty('errors');
  });
});
