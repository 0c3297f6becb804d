import { keyOf, type Ingress, type IngressBackend } from './objects.ts';

/** The host of rules that name none: any host that no rule names. */
export const ANY_HOST = '*';

export interface Route {
  /** Lower case; `*.example.org` for any one label before it; `ANY_HOST`. */
  readonly host: string;
  /** Begins with "/"; of a prefix it does not end with one, but for "/" itself. */
  readonly path: string;
  readonly exact: boolean;
  readonly namespace: string;
  readonly service: string;
  /** Number or name of the Service's port. */
  readonly port: string;
}

export interface TlsHost {
  readonly host: string;
  readonly namespace: string;
  /** Undefined: served with the controller's own certificate. */
  readonly secret: string | undefined;
}

/** Why part of an Ingress is not served: its author is told by an event. */
export interface Refusal {
  readonly ingress: Ingress;
  readonly reason: 'HostTaken' | 'PathTaken' | 'PathNotServed' | 'BackendNotServed';
  readonly message: string;
}

export interface Routing {
  readonly routes: readonly Route[];
  readonly tls: readonly TlsHost[];
  readonly refusals: readonly Refusal[];
  /** The Ingresses that are ours, whether all of them is served or not. */
  readonly served: readonly Ingress[];
}

export interface IngressClass {
  readonly name: string;
  /** Ingresses that name no class are ours too. */
  readonly isDefault: boolean;
}

/** Visible ASCII: what a request line can hold, and what cannot break out of a line of a map file. */
const SERVABLE_PATH = /^\/[\x21-\x7e]*$/;

/**
 * What is routed where. Pure. A host belongs to the namespace whose Ingress named it first, and a path of it to the Ingress that named it first: a newcomer cannot take over, or add to,
 * what another team serves. Ages are the API server's; names decide between equals, so that every replica decides alike.
 */
export function routingOf(ingresses: readonly Ingress[], ingressClass: IngressClass): Routing {
  const served = ingresses.filter((ingress) => isOurs(ingress, ingressClass)).toSorted(older);
  const owners = new Map<string, Ingress>();
  const routes = new Map<string, Route>();
  const tls = new Map<string, TlsHost>();
  const refusals: Refusal[] = [];
  for (const ingress of served) {
    const refuse = (reason: Refusal['reason'], message: string) => void refusals.push({ ingress, reason, message });
    const mayServe = (host: string): boolean => {
      const owner = owners.get(host) ?? ingress;
      owners.set(host, owner);
      return host === ANY_HOST || owner.metadata.namespace === ingress.metadata.namespace;
    };
    const hosts = hostsOf(ingress);
    const mine = hosts.filter(mayServe);
    for (const host of hosts.filter((one) => !mine.includes(one)))
      refuse('HostTaken', `The host ${host} is served for namespace ${owners.get(host)?.metadata.namespace}, which named it first.`);
    for (const route of routesOf(ingress, refuse).filter((one) => mine.includes(one.host))) {
      const key = `${route.host} ${route.exact ? '=' : '^'}${route.path}`;
      const other = routes.get(key);
      if (other === undefined) routes.set(key, route);
      else if (!sameTarget(other, route))
        refuse('PathTaken', `${route.host}${route.path} is served already, by ${other.namespace}/${other.service}.`);
    }
    for (const one of tlsOf(ingress, mine)) if (!tls.has(one.host)) tls.set(one.host, one);
  }
  return { routes: [...routes.values()], tls: [...tls.values()], refusals, served };
}

function isOurs(ingress: Ingress, { name, isDefault }: IngressClass): boolean {
  const named = ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  return ingress.metadata.deletionTimestamp === undefined && (named === undefined ? isDefault : named === name);
}

function older(a: Ingress, b: Ingress): number {
  const [left, right] = [a, b].map((one) => `${one.metadata.creationTimestamp ?? ''} ${keyOf(one)}`) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}

const hostOf = (host: string | undefined): string => host?.toLowerCase() || ANY_HOST;

/** Its hosts, with the one for everything else when it has a default backend. */
function hostsOf({ spec }: Ingress): string[] {
  const named = (spec?.rules ?? []).map((rule) => hostOf(rule.host));
  return [...new Set([...named, ...(spec?.defaultBackend ? [ANY_HOST] : [])])];
}

type Refuse = (reason: Refusal['reason'], message: string) => void;

function routesOf(ingress: Ingress, refuse: Refuse): Route[] {
  const { spec } = ingress;
  const rules = (spec?.rules ?? []).flatMap((rule) =>
    (rule.http?.paths ?? []).flatMap((item) => {
      const path = item.path || '/';
      if (!SERVABLE_PATH.test(path)) {
        refuse('PathNotServed', `The path ${JSON.stringify(path)} holds what no request's path can hold.`);
        return [];
      }
      // What "ImplementationSpecific" means here is Prefix, as with most.
      return routeTo(ingress, item.backend, { host: hostOf(rule.host), exact: item.pathType === 'Exact', path }, refuse);
    }),
  );
  const fallback = spec?.defaultBackend;
  const fallbacks = fallback
    ? hostsOf(ingress).flatMap((host) => routeTo(ingress, fallback, { host, exact: false, path: '/' }, refuse))
    : [];
  const has = (host: string) => rules.some((rule) => rule.host === host && !rule.exact && rule.path === '/');
  return [...rules, ...fallbacks.filter((one) => !has(one.host))];
}

function routeTo(ingress: Ingress, backend: IngressBackend, at: Pick<Route, 'host' | 'exact' | 'path'>, refuse: Refuse): Route[] {
  const { service } = backend;
  const port = service?.port?.name ?? service?.port?.number?.toString();
  if (service === undefined || port === undefined) {
    refuse('BackendNotServed', `The backend of ${at.host}${at.path} is not a port of a Service.`);
    return [];
  }
  const path = at.exact || at.path === '/' ? at.path : at.path.replace(/\/+$/, '') || '/';
  return [{ ...at, path, namespace: ingress.metadata.namespace ?? '', service: service.name, port }];
}

const sameTarget = (a: Route, b: Route): boolean => a.namespace === b.namespace && a.service === b.service && a.port === b.port;

/** Hosts of its TLS section that it serves; a section without hosts is for all of them. */
function tlsOf(ingress: Ingress, mine: readonly string[]): TlsHost[] {
  return (ingress.spec?.tls ?? []).flatMap(({ hosts, secretName }) =>
    (hosts?.length ? hosts.map((host) => host.toLowerCase()) : mine.filter((host) => host !== ANY_HOST))
      .filter((host) => mine.includes(host) || mine.some((one) => one.startsWith('*.') && host.slice(host.indexOf('.')) === one.slice(1)))
      .map((host) => ({ host, namespace: ingress.metadata.namespace ?? '', secret: secretName || undefined })),
  );
}
