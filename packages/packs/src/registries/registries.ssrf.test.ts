import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@slipway/kit';
import { createOutbound, type OutboundOptions } from '@slipway/kit/outbound';
import { type RegistryInput, registrySpecSchema } from '@slipway/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packChart } from '../chart-archive.ts';
import { createSource } from './create-source.ts';
import { createReach, type Reach } from './reach.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
interface Place {
  readonly origin: string;
  readonly answers: Map<string, Handler>;
  readonly seen: { readonly url: string; readonly authorization: string | undefined }[];
}

const open: (() => Promise<unknown>)[] = [];
let dir: string;
let place: Place;
/** Another origin, as an attacker or a storage service would have it. */
let other: Place;

async function serve(): Promise<Place> {
  const answers = new Map<string, Handler>();
  const seen: Place['seen'] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', authorization: request.headers.authorization });
    const answer = answers.get((request.url ?? '').split('?')[0] ?? '');
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return { origin: `127.0.0.1:${(server.address() as AddressInfo).port}`, answers, seen };
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-ssrf-'));
  place = await serve();
  other = await serve();
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
  await rm(dir, { recursive: true, force: true });
});

function reach(options: OutboundOptions = { rules: { allow: ['127.0.0.1'] } }): Reach {
  const plain = createOutbound(options);
  const made = createReach(plain, options);
  open.push(
    () => plain.close(),
    () => made.close(),
  );
  return made;
}

const source = (spec: RegistryInput, way: Reach = reach()) =>
  createSource(
    { reach: way, builtinDir: dir, workDir: join(dir, 'work') },
    { tenant: 'default', name: 'r' },
    registrySpecSchema.parse(spec),
  );
const fetch = async (spec: RegistryInput, way?: Reach) => source(spec, way).fetch({ name: 'web', version: '1.0.0' });

const archive = packChart('web', [{ name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: web\nversion: 1.0.0\n') }]);
const DIGEST = `sha256:${sha256Hex(archive)}`;
const manifest = JSON.stringify({
  schemaVersion: 2,
  layers: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', digest: DIGEST, size: archive.length }],
});
const send =
  (body: string | Buffer, status = 200, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);
const redirect = (location: string): Handler => send('', 302, { location });
const METADATA = 'http://169.254.169.254/latest/meta-data/';
const basic = { type: 'basic', username: 'me', password: 'hunter2' } as const;
const BASIC = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
const helm = (more: object = {}): RegistryInput => ({ type: 'helm', url: `http://${place.origin}`, ...more }) as RegistryInput;
const oci = (more: object = {}): RegistryInput =>
  ({ type: 'oci', url: `oci://${place.origin}`, plainHttp: true, ...more }) as RegistryInput;

describe('SSRF: a registry that is itself inside', () => {
  const addresses = [
    ['the metadata service', '169.254.169.254', 'is the metadata service of a cloud'],
    ['link-local', '169.254.1.1', 'is link-local'],
    ['loopback', '127.0.0.1:1', 'is loopback'],
    ['loopback as a number', '2130706433:1', 'is loopback'],
    ['loopback as IPv6', '[::1]:1', 'is loopback'],
    ['private', '10.0.0.1', 'is private'],
    ['IPv4 in IPv6', '[::ffff:10.0.0.1]', 'is private'],
  ] as const;
  const types: readonly (readonly [string, (host: string) => RegistryInput])[] = [
    ['helm', (host) => ({ type: 'helm', url: `http://${host}/` })],
    ['oci', (host) => ({ type: 'oci', url: `oci://${host}/charts`, plainHttp: true })],
    ['git over HTTP', (host) => ({ type: 'git', url: `http://${host}/x.git`, plainHttp: true })],
    [
      'git over ssh',
      (host) => ({ type: 'git', url: `ssh://git@${host}/x.git`, credentials: { type: 'ssh', privateKey: 'k', knownHosts: 'h' } }),
    ],
  ];
  it.each(types.flatMap(([type, spec]) => addresses.map(([what, host, why]) => [type, what, spec(host), why] as const)))(
    '%s, %s',
    async (_type, _what, spec, why) => {
      await expect(fetch(spec, reach({}))).rejects.toMatchObject({ code: 'Forbidden', message: expect.stringContaining(why) });
    },
  );

  it('a name that resolves inside, for every type', async () => {
    const way = reach({ resolve: () => Promise.resolve([{ address: '10.1.2.3', family: 4 }]) });
    for (const [type, spec] of types)
      await expect(fetch(spec('inside.example.org'), way), type).rejects.toMatchObject({
        code: 'Forbidden',
        message: expect.stringContaining('is private'),
      });
  });
});

describe('SSRF: a registry that leads inside', () => {
  const refused = { code: 'Forbidden', message: expect.stringContaining('is the metadata service of a cloud') };

  it('by a redirect of its index, of a chart, of a manifest, of a blob', async () => {
    place.answers.set('/index.yaml', redirect(METADATA));
    await expect(fetch(helm())).rejects.toMatchObject(refused);
    place.answers.set('/index.yaml', send('entries:\n  web:\n  - version: 1.0.0\n    urls: [web.tgz]\n'));
    place.answers.set('/web.tgz', redirect(METADATA));
    await expect(fetch(helm())).rejects.toMatchObject(refused);
    place.answers.set('/v2/web/manifests/1.0.0', redirect(METADATA));
    await expect(fetch(oci())).rejects.toMatchObject(refused);
    place.answers.set('/v2/web/manifests/1.0.0', send(manifest));
    place.answers.set(`/v2/web/blobs/${DIGEST}`, redirect(METADATA));
    await expect(fetch(oci())).rejects.toMatchObject(refused);
  });

  it('by absolute URLs in its index', async () => {
    for (const url of [METADATA, 'http://[fd00:ec2::254]/', 'file:///etc/passwd', 'gopher://127.0.0.1/']) {
      place.answers.set('/index.yaml', send(`entries:\n  web:\n  - version: 1.0.0\n    urls: ['${url}']\n`));
      await expect(fetch(helm()), url).rejects.toMatchObject({ code: 'Forbidden' });
    }
  });

  it('by the realm of its token service', async () => {
    place.answers.set('/v2/web/manifests/1.0.0', send('', 401, { 'www-authenticate': `Bearer realm="${METADATA}",service="x"` }));
    await expect(fetch(oci())).rejects.toMatchObject(refused);
    await expect(fetch(oci({ credentials: basic }))).rejects.toMatchObject(refused);
  });

  it('by a mirror', async () => {
    place.answers.set('/index.yaml', send('entries:\n  web:\n  - version: 1.0.0\n    urls: [web.tgz]\n'));
    place.answers.set('/web.tgz', send(archive));
    // The mirror is not asked, and the registry itself answers.
    expect((await fetch(helm({ mirrors: [METADATA, 'http://10.0.0.1/'] }))).archive).toEqual(archive);
    await expect(fetch({ type: 'helm', url: 'http://10.0.0.2/', mirrors: [METADATA] })).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('by a proxy, named or as an address', async () => {
    for (const proxy of ['http://169.254.169.254:80', 'http://10.0.0.1:3128', 'http://[::1]:3128'])
      await expect(fetch({ type: 'helm', url: 'https://charts.example.org', proxy }), proxy).rejects.toMatchObject({ code: 'Forbidden' });
    const way = reach({ resolve: () => Promise.resolve([{ address: '192.168.1.1', family: 4 }]) });
    const named = { type: 'helm', url: 'https://charts.example.org', proxy: 'http://proxy.example.org:3128' } as const;
    await expect(fetch(named, way)).rejects.toMatchObject({ code: 'Forbidden', message: expect.stringContaining('proxy.example.org') });
    await expect(fetch({ ...named, type: 'git', url: 'https://git.example.org/x.git' }, way)).rejects.toMatchObject({ code: 'Forbidden' });
    // Behind a proxy names are the proxy's to look up, but an address is an address.
    const behind = reach({ proxy: 'http://127.0.0.1:1' });
    await expect(fetch({ type: 'git', url: 'https://10.0.0.1/x.git' }, behind)).rejects.toMatchObject({
      message: expect.stringContaining('is private'),
    });
    // Where everything goes through the operators' proxy, nobody goes around it.
    await expect(fetch(named, reach({ proxy: 'http://127.0.0.1:1' }))).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('its own proxy'),
    });
  });

  it('by the next page of a list', async () => {
    place.answers.set('/v2/_catalog', send('{"repositories":["web"]}', 200, { link: `<${METADATA}>; rel="next"` }));
    place.answers.set('/v2/web/tags/list', send('{"tags":[]}', 200, { link: `<http://${other.origin}/v2/x>; rel="next"` }));
    await source(oci()).catalogue({ find: () => undefined });
    expect(other.seen).toEqual([]);
  });
});

describe('credentials', () => {
  it('of an OCI registry go to it and to the token service it names, and to no place it redirects to', async () => {
    const guarded =
      (next: Handler): Handler =>
      (request, response) =>
        request.headers.authorization === 'Bearer t0ken'
          ? next(request, response)
          : send('', 401, { 'www-authenticate': `Bearer realm="http://${place.origin}/token",service="s",scope="repository:web:pull"` })(
              request,
              response,
            );
    place.answers.set('/token', (request, response) =>
      send(request.headers.authorization === BASIC ? '{"token":"t0ken"}' : '{}', 200)(request, response),
    );
    place.answers.set('/v2/web/manifests/1.0.0', guarded(send(manifest)));
    place.answers.set(`/v2/web/blobs/${DIGEST}`, guarded(redirect(`http://${other.origin}/blob`)));
    other.answers.set('/blob', send(archive));
    expect((await fetch(oci({ credentials: basic }))).archive).toEqual(archive);
    expect(other.seen).toEqual([{ url: '/blob', authorization: undefined }]);
    expect(place.seen.find(({ url }) => url.startsWith('/token'))?.authorization).toBe(BASIC);
    await expect(fetch(oci())).rejects.toThrow(/gives no anonymous access/);
    await expect(fetch(oci({ credentials: { ...basic, password: 'wrong' } }))).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('are not sent where a redirect’s target asks for them, whatever realm it names', async () => {
    place.answers.set('/v2/web/manifests/1.0.0', redirect(`http://${other.origin}/elsewhere`));
    for (const challenge of [`Bearer realm="http://${other.origin}/token",service="s"`, 'Basic realm="x"']) {
      other.answers.set('/elsewhere', send('', 401, { 'www-authenticate': challenge }));
      await expect(fetch(oci({ credentials: basic }))).rejects.toMatchObject({ code: 'Forbidden' });
    }
    expect(other.seen.every(({ url, authorization }) => url === '/elsewhere' && authorization === undefined)).toBe(true);
  });

  it('a bearer token is the registry’s alone', async () => {
    place.answers.set('/v2/web/manifests/1.0.0', (request, response) =>
      send(request.headers.authorization === 'Bearer secret' ? manifest : '', request.headers.authorization ? 200 : 401)(request, response),
    );
    place.answers.set(`/v2/web/blobs/${DIGEST}`, send(archive));
    expect((await fetch(oci({ credentials: { type: 'token', token: 'secret' } }))).archive).toEqual(archive);
    place.answers.set('/v2/web/manifests/1.0.0', send('', 401, { 'www-authenticate': `Bearer realm="http://${other.origin}/token"` }));
    await expect(fetch(oci({ credentials: { type: 'token', token: 'secret' } }))).rejects.toMatchObject({ code: 'Forbidden' });
    expect(other.seen).toEqual([]);
  });

  it.each([false, true])(
    'of a Helm repository go to other hosts only with passCredentials (%s), and never to a mirror',
    async (passCredentials) => {
      const wanting =
        (body: string | Buffer): Handler =>
        (request, response) =>
          send(body, request.headers.authorization === BASIC ? 200 : 401)(request, response);
      place.answers.set('/index.yaml', wanting(`entries:\n  web:\n  - version: 1.0.0\n    urls: ['http://${other.origin}/web.tgz']\n`));
      other.answers.set('/web.tgz', send(archive));
      other.answers.set('/index.yaml', send('', 401));
      expect(
        (await fetch(helm({ credentials: basic, passCredentials, plainHttp: true, mirrors: [`http://${other.origin}`] }))).archive,
      ).toEqual(archive);
      expect(other.seen).toEqual([
        { url: '/index.yaml', authorization: undefined },
        { url: '/web.tgz', authorization: passCredentials ? BASIC : undefined },
      ]);
    },
  );

  it('are in no error', async () => {
    place.answers.set('/index.yaml', send('', 403));
    const error = await fetch(helm({ credentials: basic, plainHttp: true })).catch((thrown: unknown) => thrown);
    expect(`${JSON.stringify(error)} ${String(error)}`).not.toContain('hunter2');
    expect(error).toMatchObject({ code: 'Forbidden', hint: expect.stringContaining('spec.credentials') });
  });
});

it('what may pass is asked for again, and what a registry says about when is heeded', async () => {
  let asked = 0;
  place.answers.set('/index.yaml', (request, response) => {
    asked += 1;
    if (asked < 3) send('', asked === 1 ? 503 : 429, { 'retry-after': '0' })(request, response);
    else send('entries:\n  web:\n  - version: 1.0.0\n    urls: [web.tgz]\n')(request, response);
  });
  place.answers.set('/web.tgz', send(archive));
  expect((await fetch(helm())).archive).toEqual(archive);
  expect(asked).toBe(3);
  place.answers.set('/index.yaml', send('', 503, { 'retry-after': '3600' }));
  await expect(fetch(helm())).rejects.toMatchObject({ code: 'Unavailable', message: expect.stringContaining('answered 503') });
});

it('a proxy that a registry names is used, for HTTP and through a tunnel', async () => {
  const through: string[] = [];
  const proxy = createServer((request, response) => {
    through.push(`${request.method} ${request.url}`);
    send('entries:\n  web:\n  - version: 1.0.0\n    urls: [web.tgz]\n')(request, response);
  });
  proxy.on('connect', (request, socket) => {
    through.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => proxy.close(resolve).closeAllConnections()));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  expect((await source(helm({ url: 'http://charts.example.org', proxy: url })).catalogue({ find: () => undefined }))?.packs[0]?.name).toBe(
    'web',
  );
  await expect(fetch({ type: 'helm', url: 'https://charts.example.org', proxy: url })).rejects.toMatchObject({ code: 'Unavailable' });
  expect(through).toContain('GET http://charts.example.org/index.yaml');
  expect(through).toContain('CONNECT charts.example.org:443');
});
