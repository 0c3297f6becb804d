import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify, type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { consoleRoutes } from './routes.ts';

let directory: string;
let app: FastifyInstance;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-console-'));
  app = fastify();
  consoleRoutes(app, { directory });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await rm(directory, { recursive: true, force: true });
});

it('a hub without a build says so plainly, and how it is mended', async () => {
  const answer = await app.inject('/console/');
  expect(answer.statusCode).toBe(503);
  expect(answer.body).toContain('This hub has no console');
  expect(answer.body).toContain('slipway console --build');
});

it('serves the page for every address of the console, and assets for ever, with a policy that lets only this hub in', async () => {
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<!doctype html>page');
  await writeFile(join(directory, 'assets', 'main-AAAA.js'), 'let a');
  await writeFile(join(directory, 'secret.js'), 'not an asset');
  const page = await app.inject('/console/clusters/list/default/dev');
  expect([page.statusCode, page.body]).toEqual([200, '<!doctype html>page']);
  const policy = String(page.headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const asset = await app.inject('/console/assets/main-AAAA.js');
  expect([asset.statusCode, asset.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
  for (const url of ['/console/assets/..%2Fsecret.js', '/console/assets/none.js', '/console/assets/main-AAAA']) {
    expect((await app.inject(url)).statusCode, url).toBe(404);
  }
});

it('leads a browser from the root to the console, and no program', async () => {
  expect((await app.inject({ url: '/', headers: { accept: 'text/html' } })).headers['location']).toBe('/console/');
  expect((await app.inject('/')).statusCode).toBe(404);
});
