import { createCa, issueCertificate, type KeyPairPem, SlipwayError } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import { parseAllDocuments } from 'yaml';

/** Certificates of one set of components: one CA, a serving certificate per webhook Secret (`namespace/name`). */
export interface ComponentPki {
  readonly ca: KeyPairPem;
  readonly serving: Readonly<Record<string, KeyPairPem>>;
}

export interface ComponentOptions {
  readonly pki: ComponentPki;
  /** Image to run in place of the manifests', by the last part of its name without tag: `{ 'cluster-api-controller': 'slipway.dev/…' }`. */
  readonly images: Readonly<Record<string, string>>;
}

/** The documents of Cluster API's rendered manifests. */
export function parseComponents(text: string): KubeObject[] {
  return parseAllDocuments(text, { prettyErrors: false }).flatMap((document) => {
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}

/** Makes the CA and the serving certificates that the manifests' cert-manager objects ask for. */
export async function createComponentPki(objects: readonly KubeObject[]): Promise<ComponentPki> {
  const ca = await createCa('slipway-cluster-api');
  const serving: Record<string, KeyPairPem> = {};
  for (const { namespace, secretName, dnsNames } of wantedCertificates(objects))
    serving[`${namespace}/${secretName}`] = await issueCertificate(ca, { commonName: dnsNames[0] ?? secretName, dnsNames });
  return { ca, serving };
}

/** Whether these certificates serve those manifests. */
export const pkiCovers = (pki: ComponentPki, objects: readonly KubeObject[]): boolean =>
  wantedCertificates(objects).every(({ namespace, secretName }) => `${namespace}/${secretName}` in pki.serving);

function wantedCertificates(objects: readonly KubeObject[]): { namespace: string; secretName: string; dnsNames: string[] }[] {
  return objects
    .filter((object) => object.kind === 'Certificate')
    .map((object) => ({
      namespace: object.metadata.namespace ?? '',
      secretName: object['spec'].secretName as string,
      dnsNames: object['spec'].dnsNames as string[],
    }));
}

/**
 * Upstream's manifests as they run here: our certificates in place of cert-manager's, our images, and the flags that a single replica next to its machines
 * wants. Pure. The result is in the order it is applied.
 */
export function prepareComponents(objects: readonly KubeObject[], options: ComponentOptions): KubeObject[] {
  const caBundle = Buffer.from(options.pki.ca.cert).toString('base64');
  const prepared = objects.flatMap((object): KubeObject[] => {
    switch (object.kind) {
      case 'Certificate':
      case 'Issuer':
        return [];
      case 'CustomResourceDefinition':
        return [withoutInjection(injectConversion(object, caBundle))];
      case 'MutatingWebhookConfiguration':
      case 'ValidatingWebhookConfiguration':
        return [withoutInjection(injectWebhooks(object, caBundle))];
      case 'Deployment':
        return [tunedManager(object, options.images)];
      default:
        return [object];
    }
  });
  const secrets = Object.entries(options.pki.serving).map(([key, pair]) => servingSecret(key, pair, options.pki.ca.cert));
  return [...prepared, ...secrets].toSorted((a, b) => applyOrder(a) - applyOrder(b));
}

const ORDER = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'ClusterRole',
  'Role',
  'ClusterRoleBinding',
  'RoleBinding',
  'Secret',
  'Service',
];
/** Webhooks last: until the managers answer, they would refuse everything. */
const LAST = ['Deployment', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

function applyOrder(object: KubeObject): number {
  const at = ORDER.indexOf(object.kind);
  if (at >= 0) return at;
  const late = LAST.indexOf(object.kind);
  return late < 0 ? ORDER.length : ORDER.length + 1 + late;
}

const encode = (text: string): string => Buffer.from(text).toString('base64');

function servingSecret(key: string, pair: KeyPairPem, ca: string): KubeObject {
  const [namespace, name = ''] = key.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name, namespace: namespace ?? '' },
    data: { 'tls.crt': encode(pair.cert), 'tls.key': encode(pair.key), 'ca.crt': encode(ca) },
  };
}

function injectConversion(crd: KubeObject, caBundle: string): KubeObject {
  const webhook = crd['spec'].conversion?.webhook;
  if (webhook === undefined) return crd;
  const conversion = { ...crd['spec'].conversion, webhook: { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } } };
  return { ...crd, spec: { ...crd['spec'], conversion } };
}

function injectWebhooks(configuration: KubeObject, caBundle: string): KubeObject {
  const webhooks = configuration['webhooks'].map((hook: { clientConfig: object }) => ({
    ...hook,
    clientConfig: { ...hook.clientConfig, caBundle },
  }));
  return { ...configuration, webhooks };
}

function withoutInjection(object: KubeObject): KubeObject {
  const { ['cert-manager.io/inject-ca-from']: _dropped, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}

interface Manager {
  image: string;
  args: string[];
  [key: string]: unknown;
}

function tunedManager(deployment: KubeObject, images: Readonly<Record<string, string>>): KubeObject {
  const pod = deployment['spec'].template;
  const containers = pod.spec.containers.map((container: Manager) => {
    const short = container.image.replace(/^.*\//, '').replace(/[:@].*$/, '');
    const image = images[short];
    if (image === undefined)
      throw new SlipwayError('Invalid', `The Cluster API manifests run the image ${container.image}, for which there is no image here.`);
    return {
      ...container,
      image,
      imagePullPolicy: 'IfNotPresent',
      args: managerArgs(container.args, short),
      // The first look decides how long `up` waits; the default is 10 s.
      readinessProbe: { ...(container['readinessProbe'] as object), periodSeconds: 1, failureThreshold: 10 },
      livenessProbe: { ...(container['livenessProbe'] as object), periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 },
    };
  });
  return {
    ...deployment,
    spec: {
      ...deployment['spec'],
      // Never two at once, so there is no lease to wait for after a crash (KCP's lasts a minute).
      strategy: { type: 'Recreate' },
      template: { ...pod, spec: { ...pod.spec, containers } },
    },
  };
}

/** Flags over upstream's, found by measurement: docs/adr on Cluster API's waits. */
function managerArgs(args: readonly string[], image: string): string[] {
  const tuned = args.map((arg) => {
    if (arg === '--leader-elect') return '--leader-elect=false';
    if (arg.startsWith('--feature-gates=')) return arg.replace(/ReconcilerRateLimiting=\w+/, 'ReconcilerRateLimiting=false');
    return arg;
  });
  if (image === 'kubeadm-control-plane-controller') tuned.push('--etcd-dial-timeout-duration=2s', '--etcd-call-timeout-duration=3s');
  return tuned;
}
