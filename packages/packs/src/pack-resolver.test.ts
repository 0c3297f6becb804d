import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@slipway/kit';
import { createOutbound } from '@slipway/kit/outbound';
import { createFileBlobStore } from '@slipway/link';
import { type RegistryInput, registrySpecSchema } from '@slipway/model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packChart } from './chart-archive.ts';
import { createPackResolver } from './pack-resolver.ts';
import { createFilePinStore } from './pins.ts';
import { createReach } from './registries/reach.ts';

let dir: string;
let answers: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
let asked: string[];
let origin: string;
let close: () => Promise<unknown>;

/** A registry on loopback that answers what a test says, path by path. */
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-packs-'));
  answers = new Map();
  asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = answers.get(request.url ?? '');
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
});
afterEach(async () => {
  await close();
  await rm(dir, { recursive: true, force: true });
});

const chartOf = (name: string, version: string, extra = '') =>
  packChart(name, [
    { name: 'Chart.yaml', data: Buffer.from(`apiVersion: v2\nname: ${name}\nversion: ${version}\n`) },
    { name: 'values.schema.json', data: Buffer.from('{"type":"object","properties":{"replicas":{"type":"integer"}}}') },
    { name: 'templates/x.yaml', data: Buffer.from(extra) },
  ]);

function resolver(spec: RegistryInput) {
  const blobs = createFileBlobStore(join(dir, 'blobs'));
  const deps = {
    registries: { get: ({ name }: { name: string }) => Promise.resolve(name === 'r' ? registrySpecSchema.parse(spec) : undefined) },
    blobs,
    reach: createReach(createOutbound({ rules: { allow: ['127.0.0.1'] } })),
    workDir: join(dir, 'work'),
    builtinDir: join(dir, 'packs'),
    pins: createFilePinStore(join(dir, 'pins')),
  };
  return { blobs, ...createPackResolver(deps) };
}
const send =
  (body: string | Buffer, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(200, headers).end(body);

test('a chart folder of the hub: packed, stored, its schema known', async () => {
  await mkdir(join(dir, 'packs', 'hello', 'templates'), { recursive: true });
  await writeFile(join(dir, 'packs', 'hello', 'Chart.yaml'), 'apiVersion: v2\nname: hello\nversion: 1.0.0\n');
  await writeFile(join(dir, 'packs', 'hello', 'templates', 'a.yaml'), 'kind: X\n');
  const { resolveChart, blobs } = resolver({ type: 'builtin' });
  const chart = await resolveChart({ tenant: 'default', registry: 'r', name: 'hello', version: '1.0.0' });
  expect(chart.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(`sha256:${sha256Hex((await blobs.get(chart.digest)) ?? '')}`).toBe(chart.digest);
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'hello', version: '2.0.0' })).rejects.toThrow(
    /no version 2.0.0 of chart "hello"/,
  );
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'nope', version: '2.0.0' })).rejects.toThrow(/no chart "nope"/);
  await expect(resolveChart({ tenant: 'default', registry: 'other', name: 'hello', version: '1.0.0' })).rejects.toThrow(
    /no registry "other"/,
  );
});

test('a Helm repository: found in the index, checked, fetched once for many', async () => {
  const archive = chartOf('web', '1.2.3');
  answers.set(
    '/charts/index.yaml',
    send(`apiVersion: v1\nentries:\n  web:\n  - {version: 1.2.3, urls: [files/web.tgz], digest: ${sha256Hex(archive)}}\n`),
  );
  answers.set('/charts/files/web.tgz', send(archive));
  const { resolveChart } = resolver({ type: 'helm', url: `http://${origin}/charts` });
  const all = await Promise.all(
    Array.from({ length: 20 }, () => resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: 'v1.2.3' })),
  );
  expect(new Set(all.map(({ digest }) => digest))).toEqual(new Set([`sha256:${sha256Hex(archive)}`]));
  expect(all[0]?.valuesSchema).toMatchObject({ type: 'object' });
  expect(asked).toEqual(['/charts/index.yaml', '/charts/files/web.tgz']);
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '9.9.9' })).rejects.toThrow(/no version 9.9.9/);
});

test('a Helm repository that sends something else is refused and nothing is stored', async () => {
  const archive = chartOf('web', '1.0.0');
  answers.set(
    '/index.yaml',
    send(`entries: {web: [{version: 1.0.0, urls: [web.tgz], digest: ${sha256Hex('other')}}], liar: [{version: 1.0.0, urls: [web.tgz]}]}`),
  );
  answers.set('/web.tgz', send(archive));
  const { resolveChart, blobs } = resolver({ type: 'helm', url: `http://${origin}` });
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '1.0.0' })).rejects.toThrow(
    /does not match the digest in its index/,
  );
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'liar', version: '1.0.0' })).rejects.toThrow(
    /gave chart web 1.0.0 for liar 1.0.0/,
  );
  expect(await blobs.get(`sha256:${sha256Hex(archive)}`)).toBeUndefined();
  await close();
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '1.0.0' })).rejects.toThrow(
    /Helm repository "r" cannot be used: 127.0.0.1:\d+ cannot be reached/,
  );
});

test('a version that is replaced upstream does not move clusters, over restarts and with the blob lost', async () => {
  const first = chartOf('web', '1.0.0', 'first');
  answers.set('/index.yaml', send('entries: {web: [{version: 1.0.0, urls: [web.tgz]}]}'));
  answers.set('/web.tgz', send(first));
  const ref = { tenant: 'default', registry: 'r', name: 'web', version: '1.0.0' };
  const spec = { type: 'helm', url: `http://${origin}` } as const;
  const { digest } = await resolver(spec).resolveChart(ref);
  answers.set('/web.tgz', send(chartOf('web', '1.0.0', 'second')));
  expect((await resolver(spec).resolveChart(ref)).digest).toBe(digest);
  await rm(join(dir, 'blobs'), { recursive: true });
  await expect(resolver(spec).resolveChart(ref)).rejects.toThrow(/no longer what it was/);
  answers.set('/web.tgz', send(first));
  expect((await resolver(spec).resolveChart(ref)).digest).toBe(digest);
});

const manifestOf = (archive: Buffer) =>
  JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: `sha256:${sha256Hex('{}')}`, size: 2 },
    layers: [
      { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', digest: `sha256:${sha256Hex(archive)}`, size: archive.length },
    ],
  });

test('an OCI registry with token authentication', async () => {
  const archive = chartOf('web', '1.0.0+build');
  const guarded = (body: string | Buffer) => (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization === 'Bearer t0ken') return void response.writeHead(200).end(body);
    const challenge = `Bearer realm="http://${origin}/token",service="reg",scope="repository:team/charts/web:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  };
  answers.set('/token?service=reg&scope=repository%3Ateam%2Fcharts%2Fweb%3Apull', send('{"token":"t0ken"}'));
  answers.set('/v2/team/charts/web/manifests/1.0.0_build', guarded(manifestOf(archive)));
  answers.set(`/v2/team/charts/web/blobs/sha256:${sha256Hex(archive)}`, guarded(archive));
  const { resolveChart } = resolver({ type: 'oci', url: `oci://${origin}/team/charts`, plainHttp: true });
  expect((await resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '1.0.0+build' })).digest).toBe(
    `sha256:${sha256Hex(archive)}`,
  );
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '2.0.0' })).rejects.toThrow(/no version 2.0.0/);
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: '../web', version: '2.0.0' })).rejects.toThrow(
    /not the name of a repository/,
  );
});

test('an OCI registry that lies or sends an image is refused', async () => {
  const archive = chartOf('web', '1.0.0');
  answers.set('/v2/web/manifests/1.0.0', send(manifestOf(archive)));
  answers.set(`/v2/web/blobs/sha256:${sha256Hex(archive)}`, send(chartOf('web', '1.0.0', 'evil')));
  answers.set(
    '/v2/image/manifests/1.0.0',
    send('{"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:x","size":1}]}'),
  );
  const { resolveChart } = resolver({ type: 'oci', url: `oci://${origin}`, plainHttp: true });
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '1.0.0' })).rejects.toThrow(
    /does not match its digest/,
  );
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'image', version: '1.0.0' })).rejects.toThrow(/not a Helm chart/);
  answers.set('/v2/web/manifests/1.0.0', send(manifestOf(archive), { 'docker-content-digest': `sha256:${sha256Hex('x')}` }));
  await expect(resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '1.0.0' })).rejects.toThrow(
    /does not match its digest/,
  );
});

test('SSRF: a registry cannot lead the hub to addresses inside, by redirect, by index or by its token service', async () => {
  const inside = 'http://169.254.169.254/latest/meta-data/';
  answers.set('/moved/index.yaml', (_request, response) => void response.writeHead(302, { location: inside }).end());
  answers.set('/index.yaml', send(`entries: {web: [{version: 1.0.0, urls: ['${inside}']}]}`));
  answers.set('/v2/web/manifests/1.0.0', (_request, response) => {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${inside}",service="x"` }).end();
  });
  const refused = /does not connect to 169\.254\.169\.254: its address is the metadata service of a cloud/;
  for (const spec of [
    { type: 'helm', url: `http://${origin}/moved` },
    { type: 'helm', url: `http://${origin}` },
    { type: 'oci', url: `oci://${origin}`, plainHttp: true },
    { type: 'helm', url: 'http://2852039166/' },
    { type: 'oci', url: 'oci://169.254.169.254', plainHttp: false },
  ] as const)
    await expect(resolver(spec).resolveChart({ tenant: 'default', registry: 'r', name: 'web', version: '1.0.0' })).rejects.toThrow(refused);
});
