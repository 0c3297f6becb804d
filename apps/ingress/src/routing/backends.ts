import { isIP } from 'node:net';
import type { EndpointSlice, Service } from './objects.ts';
import type { Route } from './routes.ts';

/** One Service port with the pods that serve it now. */
export interface Backend {
  /** Unique, and safe as a name in HAProxy's configuration. */
  readonly name: string;
  readonly servers: readonly { readonly address: string; readonly port: number }[];
}

export interface BackendReads {
  service(namespace: string, name: string): Service | undefined;
  endpointSlices(namespace: string, service: string): readonly EndpointSlice[];
}

type Target = Pick<Route, 'namespace' | 'service' | 'port'>;

/** Names of Kubernetes hold no "_": different targets have different names. */
export const backendName = ({ namespace, service, port }: Target): string => `${namespace}_${service}_${port}`;

/** The backends of these routes, each once, in a fixed order. Pure. A Service that is not there, or has no ready pod, is a backend without servers: answered with 503. */
export function backendsOf(routes: readonly Target[], reads: BackendReads): Backend[] {
  const targets = new Map(routes.map((route) => [backendName(route), route]));
  return [...targets].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, target]) => ({ name, servers: serversOf(target, reads) }));
}

function serversOf({ namespace, service: name, port }: Target, reads: BackendReads): Backend['servers'] {
  const service = reads.service(namespace, name);
  // A Service that is only another name could point anywhere, into the node's own network too.
  if (service === undefined || service.spec?.type === 'ExternalName') return [];
  const wanted = service.spec?.ports?.find((one) => (one.name === port || String(one.port) === port) && (one.protocol ?? 'TCP') === 'TCP');
  if (wanted === undefined) return [];
  const servers = reads.endpointSlices(namespace, name).flatMap((slice) => {
    // Slices carry the Service's port by its name, and the pods' number.
    const number = slice.ports?.find((one) => (one.name ?? '') === (wanted.name ?? ''))?.port;
    if (number === undefined) return [];
    const ready = (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false);
    return ready.flatMap((endpoint) => endpoint.addresses.slice(0, 1).map((address) => ({ address, port: number })));
  });
  const unique = new Map(
    servers.filter(({ address }) => isIP(address) !== 0).map((server) => [`${server.address} ${server.port}`, server]),
  );
  return [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, server]) => server);
}
