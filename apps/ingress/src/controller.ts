import { canonicalJson, messageOf, seconds, sleep, type Logger } from '@slipway/kit';
import { createInformer, type Informer, type KubeClient, type KubeObject } from '@slipway/kube';
import { haproxyFiles, type Settings } from './haproxy/config.ts';
import type { HaproxyProcess } from './haproxy/process.ts';
import { backendsOf } from './routing/backends.ts';
import { certificateOf } from './routing/certificates.ts';
import { type EndpointSlice, type Ingress, type Secret, type Service } from './routing/objects.ts';
import { type IngressClass, routingOf, type Routing } from './routing/routes.ts';
import { createStatusWriter } from './status.ts';

export interface ControllerDeps {
  readonly kube: KubeClient;
  readonly haproxy: HaproxyProcess;
  readonly settings: Settings;
  readonly ingressClass: IngressClass;
  /** Where this controller's pods are, whose nodes' addresses Ingresses get as their status. */
  readonly pods: { readonly namespace: string; readonly labelSelector: string };
  readonly ownCertificate: string;
  readonly logger: Logger;
}

/** Changes come in groups (a rollout, a list): one configuration for all of a group. */
const SETTLE_MS = 200;
const RETRY_MS = seconds(5);
const SERVICE_NAME = 'kubernetes.io/service-name';

/** Keeps HAProxy as the cluster's Ingresses say, until the signal aborts. Level-based: every round looks at everything, and writes only what differs. */
export async function runController(deps: ControllerDeps, signal: AbortSignal): Promise<void> {
  let wake = Promise.withResolvers<void>();
  const changed = () => wake.resolve();
  const informers = createInformers(deps, changed);
  const all: Informer<KubeObject>[] = Object.values(informers) as unknown as Informer<KubeObject>[];
  const runs = all.map((informer) => informer.run(signal).catch(() => undefined));
  await Promise.all(all.map((informer) => informer.synced(signal)));
  const status = createStatusWriter(deps.kube, deps.logger);
  let inForce = '';
  while (!signal.aborted) {
    wake = Promise.withResolvers<void>();
    try {
      const routing = routingOf(informers.ingresses.list(), deps.ingressClass);
      const files = haproxyFiles(picture(deps, informers, routing), deps.settings);
      const text = canonicalJson(files);
      if (text !== inForce) await deps.haproxy.configure(files);
      inForce = text;
      await status.write(routing, nodeAddresses(informers.pods));
    } catch (error) {
      if (signal.aborted) break;
      deps.logger.error({ error: messageOf(error) }, 'the newest state is not in force, which is tried again');
      setTimeout(changed, RETRY_MS).unref();
    }
    await Promise.race([wake.promise, ended(signal)]);
    await sleep(SETTLE_MS, signal).catch(() => undefined);
  }
  await Promise.all(runs);
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function createInformers({ kube, pods, logger }: ControllerDeps, onEvent: () => void) {
  const onError = (error: unknown) => logger.warn({ error: messageOf(error) }, 'a watch broke and is opened again');
  const watch = <T extends KubeObject>(apiVersion: string, kind: string, more: object = {}) =>
    createInformer<T>(kube, { apiVersion, kind }, { onEvent, onError, ...more });
  return {
    ingresses: watch<Ingress>('networking.k8s.io/v1', 'Ingress'),
    services: watch<Service>('v1', 'Service'),
    slices: watch<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', {
      indexes: { service: (slice: EndpointSlice) => [`${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[SERVICE_NAME] ?? ''}`] },
    }),
    // Other Secrets are none of its business, and do not come into its memory.
    secrets: watch<Secret>('v1', 'Secret', { fieldSelector: 'type=kubernetes.io/tls' }),
    pods: watch<KubeObject>('v1', 'Pod', pods),
  };
}

type Informers = ReturnType<typeof createInformers>;

function picture({ ownCertificate, logger }: ControllerDeps, { services, slices, secrets }: Informers, { routes, tls }: Routing) {
  const certificates = new Map<string, string>();
  for (const key of new Set(tls.flatMap(({ namespace, secret }) => (secret === undefined ? [] : [`${namespace}/${secret}`])))) {
    const [namespace = '', name = ''] = key.split('/');
    const found = certificateOf(secrets.get(name, namespace));
    if ('pem' in found) certificates.set(key, found.pem);
    else logger.warn({ secret: key, problem: found.problem }, 'a certificate is not served; the own one is instead');
  }
  const backends = backendsOf(routes, {
    service: (namespace, name) => services.get(name, namespace),
    endpointSlices: (namespace, service) => slices.byIndex('service', `${namespace}/${service}`),
  });
  return { routes, tls, backends, certificates, ownCertificate };
}

/** Addresses of the nodes that a ready pod of the controller is on. */
function nodeAddresses(pods: Informer<KubeObject>): string[] {
  const ready = pods
    .list()
    .filter((pod) =>
      ((pod['status']?.conditions ?? []) as { type: string; status: string }[]).some(
        (one) => one.type === 'Ready' && one.status === 'True',
      ),
    );
  return [...new Set(ready.map((pod) => String(pod['status']?.hostIP ?? '')))].filter((address) => address !== '').toSorted();
}
