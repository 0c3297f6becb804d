import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { belowPrefix, pathPrefixOf } from './path-prefix.ts';
import { publicUrlSetting } from './public-url.ts';

describe('a hub below a path', () => {
  it.each([
    [undefined, undefined, ''],
    ['', undefined, ''],
    ['https://hub.example.com', 'https://hub.example.com', ''],
    ['https://hub.example.com/', 'https://hub.example.com', ''],
    ['https://hub.example.com/slipway', 'https://hub.example.com/slipway', '/slipway'],
    ['https://hub.example.com:8443/a/b-c/', 'https://hub.example.com:8443/a/b-c', '/a/b-c'],
  ])('SLIPWAY_PUBLIC_URL %s is %s, with the path %s', (text, url, prefix) => {
    expect(publicUrlSetting(text)).toBe(url);
    expect(pathPrefixOf(url)).toBe(prefix);
  });

  it.each([
    'http://hub.example.com',
    'https://hub.example.com/a b',
    'https://hub.example.com/a"b',
    'https://hub.example.com/auth',
    'https://x/y?z=1',
    'https://me@hub',
  ])('SLIPWAY_PUBLIC_URL %s is refused', (text) => expect(() => publicUrlSetting(text)).toThrow('SLIPWAY_PUBLIC_URL'));

  it('adds the path to places of its own, and to nothing else', async () => {
    const app = Fastify();
    belowPrefix(app, 'https://hub.example.com/slipway');
    const text = `<a href="/auth/device">a</a><form action="/auth/sign-in"><input value="/auth/sign-in"><a href="https://x/auth/y">b</a><meta content="0; url=/console/">`;
    app.get('/page', (_request, reply) => reply.type('text/html; charset=utf-8').send(text));
    app.get('/json', (_request, reply) => reply.type('application/json').send(text));
    app.get('/go', (request, reply) => reply.redirect((request.query as { to: string }).to));
    expect((await app.inject('/page')).body).toBe(
      `<a href="/slipway/auth/device">a</a><form action="/slipway/auth/sign-in"><input value="/auth/sign-in"><a href="https://x/auth/y">b</a><meta content="0; url=/slipway/console/">`,
    );
    expect((await app.inject('/json')).body).toBe(text);
    const goes = async (to: string) => (await app.inject(`/go?to=${encodeURIComponent(to)}`)).headers.location;
    expect(await goes('/auth/sign-in')).toBe('/slipway/auth/sign-in');
    expect(await goes('/slipway/console/clusters/list')).toBe('/slipway/console/clusters/list');
    expect(await goes('https://idp.example.com/auth/x')).toBe('https://idp.example.com/auth/x');
    await app.close();
  });
});
