import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createToolchain, toolchainEnvironment } from '@slipway/forge';
import { createCa, issueCertificate, run, silentLogger, sleep, waitFor } from '@slipway/kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Ingress } from '../routing/objects.ts';
import { backendsOf } from '../routing/backends.ts';
import { routingOf } from '../routing/routes.ts';
import { haproxyFiles, type Settings } from './config.ts';
import { createHaproxy, type HaproxyProcess } from './process.ts';

// The HAProxy that is in the image, with the controller's own configuration: what the words of Ingresses come to.
const PORTS = { http: 18_480, https: 18_443, metrics: 18_404 };
const servers: Server[] = [];
const ports = new Map<string, number>();
let work: string;
let haproxy: HaproxyProcess;

const path = (at: string, to: string, pathType: 'Exact' | 'Prefix' = 'Prefix') => ({
  path: at,
  pathType,
  backend: { service: { name: to, port: { number: 80 } } },
});
const ingress: Ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'a', namespace: 'x' },
  spec: {
    ingressClassName: 'slipway',
    rules: [
      {
        host: 'a.test',
        http: { paths: [path('/', 'one'), path('/shop', 'two'), path('/shop/deep', 'one'), path('/shop/exact', 'three', 'Exact')] },
      },
      { host: '*.wild.test', http: { paths: [path('/', 'two')] } },
      { host: 'only.test', http: { paths: [path('/api', 'three')] } },
    ],
    tls: [{ hosts: ['tls.test'] }],
  },
};
ingress.spec = { ...ingress.spec, rules: [...(ingress.spec?.rules ?? []), { host: 'tls.test', http: { paths: [path('/', 'one')] } }] };

let ownCertificate: string;
function files(endpoints: ReadonlyMap<string, number>): Record<string, string> {
  const { routes, tls } = routingOf([ingress], { name: 'slipway', isDefault: false });
  const backends = backendsOf(routes, {
    service: (namespace, name) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports: [{ port: 80 }] } }),
    endpointSlices: (namespace, name) => {
      const port = endpoints.get(name);
      if (port === undefined) return [];
      return [
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name, namespace },
          ports: [{ port }],
          endpoints: [{ addresses: ['127.0.0.1'] }],
        },
      ];
    },
  });
  const settings: Settings = { directory: join(work, 'run'), ports: PORTS, redirect: true, maxConnections: 500 };
  return haproxyFiles({ routes, tls, backends, certificates: new Map(), ownCertificate }, settings);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function get(host: string, at: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    const sent = request({ host: '127.0.0.1', port: PORTS.http, path: at, headers: { host, ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => done({ status: answer.statusCode ?? 0, text: answer.headers.location ?? text.trim() }));
    });
    sent.on('error', failed);
    sent.end();
  });
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'slipway-ingress-'));
  const { cacheDir, ...sources } = toolchainEnvironment(process.env);
  const repoRoot = resolve(import.meta.dirname, '../../../..');
  const made = await createToolchain({ repoRoot, logger: silentLogger, ...sources, cacheDir }).ensure([
    'layer/agent-base',
    'layer/haproxy',
  ]);
  await mkdir(join(work, 'root'));
  for (const { path: tar } of made.values()) await run('tar', ['-xf', tar, '-C', join(work, 'root')]);
  const libraries = ['usr/lib', 'lib'].map((directory) => join(work, 'root', directory, 'x86_64-linux-gnu')).join(':');
  const binary = join(work, 'haproxy');
  await writeFile(binary, `#!/bin/sh\nexport LD_LIBRARY_PATH=${libraries}\nexec ${work}/root/usr/sbin/haproxy "$@"\n`, { mode: 0o755 });
  for (const name of ['one', 'two', 'three']) {
    const server = createServer((asked, answer) => answer.end(JSON.stringify({ name, url: asked.url, headers: asked.headers })));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.set(name, (server.address() as { port: number }).port);
  }
  const own = await issueCertificate(await createCa('test'), { commonName: 'ingress.invalid' });
  ownCertificate = `${own.cert.trim()}\n${own.key.trim()}\n`;
  haproxy = createHaproxy({ binary, directory: join(work, 'run'), logger: silentLogger });
  await haproxy.configure(files(ports));
  await waitFor(() => get('a.test', '/'), { what: 'HAProxy to listen', timeoutMs: 20_000 });
});
afterAll(async () => {
  await haproxy?.stop(1000);
  for (const server of servers) server.close();
  await rm(work, { recursive: true, force: true });
});

it.each([
  ['a.test', '/', 'one'],
  ['A.Test:8080', '/x', 'one'],
  ['a.test', '/shop', 'two'],
  ['a.test', '/shop/', 'two'],
  ['a.test', '/shop/cart?q=1', 'two'],
  ['a.test', '/shopping', 'one'],
  ['a.test', '/shop/deep/er', 'one'],
  ['a.test', '/shop/exact', 'three'],
  ['a.test', '/shop/exact/no', 'two'],
  ['b.wild.test', '/any', 'two'],
  ['only.test', '/api/v1', 'three'],
])('%s%s goes to %s', async (host, at, to) => {
  const { status, text } = await get(host, at);
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ name: to, url: at });
});

it.each([
  ['nobody.test', '/'],
  ['wild.test', '/'],
  ['c.b.wild.test', '/'],
  ['only.test', '/'],
  ['only.test', '/apix'],
])('%s%s is nobody’s', async (host, at) => {
  expect(await get(host, at)).toEqual({ status: 404, text: 'No Ingress serves this address.' });
});

it('sends hosts with TLS to https, but for ACME challenges', async () => {
  expect(await get('tls.test', '/x?y=1')).toEqual({ status: 308, text: 'https://tls.test/x?y=1' });
  expect(await get('tls.test', '/.well-known/acme-challenge/t')).toMatchObject({ status: 200 });
});

it('says who the client is, whatever the client says', async () => {
  const { text } = await get('a.test', '/', { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil' });
  expect(JSON.parse(text).headers).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'a.test',
  });
});

it('refuses a configuration that HAProxy would not start with, and goes on with the one in force', async () => {
  await expect(haproxy.configure({ ...files(ports), 'haproxy.cfg': 'nonsense' })).rejects.toThrow('refuses the configuration');
  expect((await get('a.test', '/')).status).toBe(200);
});

it('takes changes over without losing a request', async () => {
  let asked = 0;
  const lost: string[] = [];
  let go = true;
  const client = async () => {
    while (go) {
      asked++;
      await get('b.wild.test', '/').then(
        ({ status, text }) => void (status === 200 || lost.push(`${status} ${text}`)),
        (error: unknown) => void lost.push(String(error)),
      );
    }
  };
  const clients = [client(), client(), client(), client()];
  for (let round = 0; round < 5; round++) {
    await haproxy.configure(files(new Map([...ports].filter(([name]) => name !== 'three' || round % 2 === 0))));
    await sleep(400);
  }
  go = false;
  await Promise.all(clients);
  expect(asked).toBeGreaterThan(100);
  expect(lost).toEqual([]);
  await haproxy.configure(files(new Map([...ports].filter(([name]) => name !== 'three'))));
  await waitFor(async () => ((await get('only.test', '/api')).status === 503 ? true : undefined), {
    what: 'a Service without pods to say so',
    timeoutMs: 10_000,
  });
});
