import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@slipway/kit';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliHub, startCliHub } from '../testing/cli-hub.ts';
import { runPage } from '../testing/run-page.ts';

let hub: CliHub;
let upstream: Server;
let url: string;

beforeAll(async () => {
  const index = 'apiVersion: v1\nentries:\n  web:\n  - {version: 1.0.0, urls: [web.tgz]}\n';
  upstream = createServer((request, response) => {
    if (request.url === '/index.yaml') response.end(index);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  hub = await startCliHub({ SLIPWAY_OUTBOUND_ALLOW: '127.0.0.1', SLIPWAY_REGISTRY_PROGRAM: testTool('registry') });
  await waitFor(async () => (await hub.slipway(['registry', 'sync', 'embedded'])).code === 0, {
    what: 'the embedded registry',
    timeoutMs: 300_000,
    intervalMs: 2000,
  });
}, 600_000);
afterAll(async () => {
  await hub.stop();
  await new Promise((resolve) => upstream.close(resolve).closeAllConnections());
});

it('the page’s commands do what it shows', async () => {
  expect(await runPage(hub, 'registries.md', { stands: { 'https://charts.example.org': url } })).toBeGreaterThan(10);
}, 900_000);

it('what the page on profiles shows of packs is so', async () => {
  expect(await runPage(hub, 'profiles.md')).toBe(6);
}, 900_000);
