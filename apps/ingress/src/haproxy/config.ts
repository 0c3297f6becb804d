import type { Backend } from '../routing/backends.ts';
import { backendName } from '../routing/backends.ts';
import { ANY_HOST, type Route, type TlsHost } from '../routing/routes.ts';

export interface Settings {
  /** Where the files lie. */
  readonly directory: string;
  readonly ports: { readonly http: number; readonly https: number; readonly metrics: number };
  /** Hosts with TLS are sent from http to https. */
  readonly redirect: boolean;
  readonly maxConnections: number;
}

export interface Picture {
  readonly routes: readonly Route[];
  readonly backends: readonly Backend[];
  readonly tls: readonly TlsHost[];
  /** PEM of each Secret that can be served, by `namespace/name`. */
  readonly certificates: ReadonlyMap<string, string>;
  /** The controller's own, for hosts without one. */
  readonly ownCertificate: string;
}

/** Pure: every file of HAProxy's configuration by its name. Equal pictures give equal files. */
export function haproxyFiles(picture: Picture, settings: Settings): Record<string, string> {
  return {
    'haproxy.cfg': configuration(picture.backends, settings),
    ...routeMaps(picture.routes),
    'tls-hosts.map': lines(picture.tls.map(({ host }) => `${host} 1`)),
    ...certificateFiles(picture, settings),
  };
}

const lines = (items: readonly string[]): string =>
  [...new Set(items)]
    .toSorted()
    .map((line) => `${line}\n`)
    .join('');

/**
 * Three maps from host and path to backend, asked in this order: paths that are meant exactly; prefixes that are the whole path; the longest prefix that ends before
 * a "/". So "/shop" has /shop and /shop/cart, and not /shopping, as Kubernetes wants it.
 */
function routeMaps(routes: readonly Route[]): Record<string, string> {
  const entry = ({ host, path }: Pick<Route, 'host' | 'path'>, route: Route) => `${host}${path} ${backendName(route)}`;
  const prefixes = routes.filter((route) => !route.exact);
  return {
    'hosts.map': lines(routes.map(({ host }) => `${host} 1`)),
    'exact.map': lines(routes.filter((route) => route.exact).map((route) => entry(route, route))),
    'whole.map': lines(prefixes.map((route) => entry(route, route))),
    'prefix.map': lines(prefixes.map((route) => entry({ host: route.host, path: route.path === '/' ? '/' : `${route.path}/` }, route))),
  };
}

function certificateFiles({ tls, certificates, ownCertificate }: Picture, { directory }: Settings): Record<string, string> {
  const used = tls.flatMap(({ host, namespace, secret }) => {
    const pem = secret === undefined ? undefined : certificates.get(`${namespace}/${secret}`);
    return pem === undefined ? [] : [{ host, file: `certificates/${namespace}_${secret}.pem`, pem }];
  });
  return {
    'certificates/own.pem': ownCertificate,
    ...Object.fromEntries(used.map(({ file, pem }) => [file, pem])),
    // The first is for names that nobody has.
    'certificates.list': [`${directory}/certificates/own.pem\n`, lines(used.map(({ file, host }) => `${directory}/${file} ${host}`))].join(
      '',
    ),
  };
}

function configuration(backends: readonly Backend[], { directory, ports, redirect, maxConnections }: Settings): string {
  const map = (name: string, key: string, match: 'str' | 'beg' = 'str') => `${key},map_${match}(${directory}/${name}.map)`;
  const routing = [
    // A host is known by its own name, by the wildcard one label up, or not at all.
    'http-request set-var(txn.host) req.hdr(host),field(1,:),lower',
    `http-request set-var(txn.any) var(txn.host),regsub(^[^.]*,*)`,
    `http-request set-var(txn.site) var(txn.host) if { ${map('hosts', 'var(txn.host)')} -m found }`,
    `http-request set-var(txn.site) var(txn.any) if !{ var(txn.site) -m found } { ${map('hosts', 'var(txn.any)')} -m found }`,
    `http-request set-var(txn.site) str(${ANY_HOST}) if !{ var(txn.site) -m found }`,
    'http-request set-var(txn.key) var(txn.site),concat(,txn.path)',
    ...['exact', 'whole', 'prefix'].map(
      (name) =>
        `http-request set-var(txn.backend) ${map(name, 'var(txn.key)', name === 'prefix' ? 'beg' : 'str')} if !{ var(txn.backend) -m found }`,
    ),
    'use_backend %[var(txn.backend)] if { var(txn.backend) -m found }',
    'default_backend nowhere',
  ];
  const isTls = [map('tls-hosts', 'var(txn.host)'), map('tls-hosts', 'var(txn.any)')];
  const redirects = redirect
    ? isTls.map(
        (known) => `http-request redirect scheme https code 308 if { ${known} -m found } !{ path_beg /.well-known/acme-challenge/ }`,
      )
    : [];
  const front = (name: string, bind: string, scheme: string, more: readonly string[]) =>
    section(`frontend ${name}`, [
      `bind ${bind}`,
      // What a client says of itself here is not believed.
      'http-request del-header X-Forwarded-For',
      `http-request set-header X-Forwarded-Proto ${scheme}`,
      'http-request set-header X-Forwarded-Host %[req.hdr(host)]',
      'http-request set-var(txn.path) path',
      ...routing.slice(0, 2),
      ...more,
      ...routing.slice(2),
    ]);
  return [
    section('global', [
      'log stdout format raw local0 notice',
      `stats socket ${directory}/admin.sock mode 600 level admin expose-fd listeners`,
      `maxconn ${maxConnections}`,
      'ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets',
      'ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
      // Old workers of a reload end when their last connection does, and after this at the latest.
      'hard-stop-after 10m',
    ]),
    section('defaults', [
      'mode http',
      'log global',
      'option dontlognull',
      'option forwardfor',
      'option http-keep-alive',
      // At a reload a client may be about to use an idle connection: it is told with the next answer instead of being cut off.
      'option idle-close-on-response',
      'timeout connect 5s',
      'timeout client 60s',
      'timeout server 60s',
      'timeout http-request 10s',
      'timeout http-keep-alive 60s',
      'timeout queue 10s',
      'timeout tunnel 1h',
    ]),
    front('http', `:${ports.http}`, 'http', redirects),
    front('https', `:${ports.https} ssl crt-list ${directory}/certificates.list alpn h2,http/1.1`, 'https', []),
    section('frontend metrics', [
      `bind :${ports.metrics}`,
      'monitor-uri /healthz',
      'http-request use-service prometheus-exporter if { path /metrics }',
      'http-request return status 404',
    ]),
    section('backend nowhere', ['http-request return status 404 content-type text/plain string "No Ingress serves this address.\\n"']),
    ...backends.map(backendSection),
  ].join('\n');
}

const section = (title: string, items: readonly string[]): string => `${[title, ...items.map((item) => `  ${item}`)].join('\n')}\n`;

const backendSection = ({ name, servers }: Backend): string =>
  section(`backend ${name}`, [
    'balance leastconn',
    'option redispatch',
    // Kubernetes asks pods whether they are ready; here only a pod that does not answer at all is passed over for a moment.
    'default-server inter 2s fastinter 500ms fall 2 rise 1 observe layer4 error-limit 3 on-error mark-down',
    ...servers.map(({ address, port }, index) => `server pod-${index} ${address.includes(':') ? `[${address}]` : address}:${port} check`),
  ]);
