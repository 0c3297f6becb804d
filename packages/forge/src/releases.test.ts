import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@slipway/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ociArchitecture } from './oci-layout.ts';
import type { Piece } from './piece.ts';
import { makeCheckout, recordProgress, TINY, type Checkout } from './toolchain-fixture.ts';

const SCRIPT = '#!/bin/sh\necho released\n';
const PATH = `/tiny/v1.0.0/bin/linux/${ociArchitecture()}/tiny`;
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

let checkout: Checkout;
let server: Server;
let base: string;
let files: Map<string, string | Buffer>;

beforeEach(async () => {
  checkout = await makeCheckout();
  files = new Map();
  server = createServer((request, response) => {
    const body = files.get(request.url ?? '');
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await checkout.remove();
});

it('takes a release whose checksum is right, without a compiler', async () => {
  files.set(PATH, SCRIPT).set(`${PATH}.sha256`, `${sha256(SCRIPT)}  tiny\n`);
  const toolchain = checkout.toolchain({ releases: `${base}/`, env: { PATH: '/nowhere' } });
  const artifact = (await toolchain.ensure(['tiny'])).get('tiny');
  expect(artifact?.digest).toBe(`sha256:${sha256(SCRIPT)}`);
  expect((await run(artifact?.path ?? '', [])).stdout).toBe('released\n');
});

it('refuses a file that is not what its checksum says, and says where it came from', async () => {
  files.set(PATH, `${SCRIPT}# changed`).set(`${PATH}.sha256`, sha256(SCRIPT));
  const toolchain = checkout.toolchain({ releases: base });
  await expect(toolchain.ensure(['tiny'])).rejects.toThrow(
    new RegExp(`tiny: ${base}${PATH} .* its checksum file says ${sha256(SCRIPT)}; it was not used`),
  );
  expect(await toolchain.find('tiny')).toBeUndefined();
  files.set(PATH, SCRIPT);
  expect((await toolchain.ensure(['tiny'])).size).toBe(1);
});

it('refuses a checksum file that holds no checksum', async () => {
  files.set(PATH, SCRIPT).set(`${PATH}.sha256`, '<html>sign in</html>');
  await expect(checkout.toolchain({ releases: base }).ensure(['tiny'])).rejects.toThrow('holds no SHA-256');
});

it('builds from the module when the mirror lacks the piece, or does not answer', async () => {
  const progress = recordProgress();
  const artifact = (await checkout.toolchain({ releases: base }).ensure(['tiny'], progress)).get('tiny');
  expect((await run(artifact?.path ?? '', [])).stderr).toBe('one');

  const other = await makeCheckout();
  try {
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    const built = (await other.toolchain({ releases: `http://127.0.0.1:${port}` }).ensure(['tiny'])).get('tiny');
    expect((await run(built?.path ?? '', [])).stderr).toBe('one');
  } finally {
    await other.remove();
    server.listen(0, '127.0.0.1');
  }
});

it('takes programs out of an archive', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-archive-'));
  try {
    await writeFile(join(dir, 'tiny'), SCRIPT);
    await run('tar', ['-czf', join(dir, 'tiny.tgz'), '-C', dir, './tiny']);
    const archive = await readFile(join(dir, 'tiny.tgz'));
    files.set('/tiny/v1.0.0/tiny.tgz', archive).set('/tiny/v1.0.0/tiny.tgz.sha256', sha256(archive));
  } finally {
    await rm(dir, { recursive: true });
  }
  const piece: Piece = {
    ...(TINY[0] as Piece),
    release: { path: 'tiny/{version}/tiny.tgz', unpack: [{ member: './tiny', output: 'tiny' }] },
  };
  const artifact = (await checkout.toolchain({ releases: base, catalogue: [piece] }).ensure(['tiny'])).get('tiny');
  expect((await run(artifact?.path ?? '', [])).stdout).toBe('released\n');
});
