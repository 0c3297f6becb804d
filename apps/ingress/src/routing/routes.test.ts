import { describe, expect, it } from 'vitest';
import type { Ingress } from './objects.ts';
import { routingOf, type Routing } from './routes.ts';

const CLASS = { name: 'slipway', isDefault: false };
const backend = (name: string, port: number | string = 80) => ({
  service: { name, port: typeof port === 'number' ? { number: port } : { name: port } },
});
const path = (at: string, to: string, pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific' = 'Prefix') => ({
  path: at,
  pathType,
  backend: backend(to),
});
const rule = (host: string | undefined, ...paths: ReturnType<typeof path>[]) => ({ ...(host !== undefined && { host }), http: { paths } });

let age = 0;
const ingress = (name: string, namespace: string, spec: NonNullable<Ingress['spec']>, more: object = {}): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace, uid: name, creationTimestamp: `2026-01-01T00:00:${String((age += 1)).padStart(2, '0')}Z`, ...more },
  spec: { ingressClassName: 'slipway', ...spec },
});
const table = ({ routes }: Routing) =>
  routes.map(({ host, path: at, exact, service, port }) => `${host}${at}${exact ? ' =' : ''} ${service}:${port}`);
const reasons = ({ refusals }: Routing) =>
  refusals.map(({ ingress: { metadata }, reason, message }) => `${metadata.namespace}/${metadata.name} ${reason} ${message}`);

describe('what is routed where', () => {
  it('hosts in lower case, prefixes without their last slash, ports by number or name', () => {
    const routing = routingOf(
      [
        ingress('a', 'x', {
          rules: [
            rule(
              'Shop.Test',
              path('/', 'root'),
              path('/cart/', 'cart'),
              path('/cart/', 'exact', 'Exact'),
              path('/free', 'any', 'ImplementationSpecific'),
            ),
          ],
        }),
        ingress('b', 'x', { rules: [{ host: 'named.test', http: { paths: [{ backend: backend('web', 'http') }] } }] }),
      ],
      CLASS,
    );
    expect(table(routing)).toEqual([
      'shop.test/ root:80',
      'shop.test/cart cart:80',
      'shop.test/cart/ = exact:80',
      'shop.test/free any:80',
      'named.test/ web:http',
    ]);
    expect(routing.refusals).toEqual([]);
  });

  it('a default backend takes what its own hosts and nobody else’s rules leave', () => {
    const routing = routingOf(
      [
        ingress('a', 'x', {
          defaultBackend: backend('rest'),
          rules: [rule('a.test', path('/api', 'api')), rule('b.test', path('/', 'all'))],
        }),
      ],
      CLASS,
    );
    expect(table(routing)).toEqual(['a.test/api api:80', 'b.test/ all:80', 'a.test/ rest:80', '*/ rest:80']);
  });

  it.each([
    [{ ingressClassName: 'slipway' }, {}, false, true],
    [{ ingressClassName: 'other' }, {}, true, false],
    [{ ingressClassName: undefined }, {}, false, false],
    [{ ingressClassName: undefined }, {}, true, true],
    [{ ingressClassName: undefined }, { annotations: { 'kubernetes.io/ingress.class': 'slipway' } }, false, true],
    [{ ingressClassName: undefined }, { annotations: { 'kubernetes.io/ingress.class': 'nginx' } }, true, false],
    [{}, { deletionTimestamp: '2026-01-01T00:00:00Z' }, true, false],
  ])('class %j, metadata %j, default class %s: ours %s', (spec, metadata, isDefault, ours) => {
    const one = ingress('a', 'x', { rules: [rule('a.test', path('/', 'web'))], ...spec } as Ingress['spec'] & object, metadata);
    expect(routingOf([one], { name: 'slipway', isDefault }).served.length === 1).toBe(ours);
  });
});

describe('teams', () => {
  const first = ingress('first', 'shop', {
    tls: [{ hosts: ['shop.test'], secretName: 'cert' }],
    rules: [rule('shop.test', path('/', 'web'))],
  });

  it('cannot take over, or add to, a host that another namespace named first; whoever is told in which order', () => {
    const thief = ingress('thief', 'evil', {
      tls: [{ hosts: ['shop.test'], secretName: 'mine' }],
      rules: [rule('SHOP.test', path('/steal', 'trap'))],
    });
    for (const all of [
      [first, thief],
      [thief, first],
    ]) {
      const routing = routingOf(all, CLASS);
      expect(table(routing)).toEqual(['shop.test/ web:80']);
      expect(routing.tls).toEqual([{ host: 'shop.test', namespace: 'shop', secret: 'cert' }]);
      expect(reasons(routing)).toEqual(['evil/thief HostTaken The host shop.test is served for namespace shop, which named it first.']);
    }
  });

  it('share a host within a namespace, where the first has a path that both name', () => {
    const second = ingress('second', 'shop', { rules: [rule('shop.test', path('/api', 'api'), path('/', 'other'))] });
    const routing = routingOf([second, first], CLASS);
    expect(table(routing)).toEqual(['shop.test/ web:80', 'shop.test/api api:80']);
    expect(reasons(routing)).toEqual([expect.stringContaining('shop/second PathTaken shop.test/ is served already, by shop/web')]);
  });

  it('get no certificate for a host they do not serve', () => {
    const sly = ingress('sly', 'evil', {
      tls: [{ hosts: ['shop.test', 'own.test'], secretName: 'mine' }],
      rules: [rule('own.test', path('/', 'web'))],
    });
    expect(routingOf([sly], CLASS).tls).toEqual([{ host: 'own.test', namespace: 'evil', secret: 'mine' }]);
  });

  it('have wildcards of their own, and certificates for names below them', () => {
    const wild = ingress('wild', 'shop', {
      tls: [{ hosts: ['a.w.test', 'b.a.w.test'], secretName: 'c' }],
      rules: [rule('*.w.test', path('/', 'web'))],
    });
    expect(routingOf([wild], CLASS).tls.map(({ host }) => host)).toEqual(['a.w.test']);
  });
});

it.each(['/a b', '/a\nb x', '/ä', '/a\u0000'])(
  'the path %j, which could not be in a request and could break a map, is refused and said',
  (at) => {
    const routing = routingOf([ingress('a', 'x', { rules: [rule('a.test', path(at, 'web'), path('/ok', 'web'))] })], CLASS);
    expect(table(routing)).toEqual(['a.test/ok web:80']);
    expect(reasons(routing)).toEqual([expect.stringContaining('PathNotServed')]);
  },
);

it('a backend that is no Service is refused and said', () => {
  const bucket = { path: '/', pathType: 'Prefix' as const, backend: {} };
  expect(reasons(routingOf([ingress('a', 'x', { rules: [{ host: 'a.test', http: { paths: [bucket] } }] })], CLASS))).toEqual([
    expect.stringContaining('BackendNotServed'),
  ]);
});
