import type { KubeClient, KubeObject } from '@slipway/kube';
import { groupOf } from '@slipway/model';
import { inParallel } from '../parallel.ts';
import { isAway, metadataAt, namespacedKinds, pathOf, why, type ListableKind } from './resources.ts';

export interface NamespaceContents {
  /** What is somebody's: "Deployment web", at most {@link SHOWN}. */
  readonly foreign: readonly string[];
  /** What goes by itself: being deleted, or owned by something, which is judged itself. */
  readonly going: readonly string[];
  /** Kinds that could not be listed: what cannot be seen counts as somebody's. */
  readonly unseen: readonly string[];
}

const SHOWN = 5;
const CONCURRENCY = 8;

/** Kinds that only tell about others: gone with what they tell of, and nobody's data. */
const ECHOES: ReadonlySet<string> = new Set([
  '/Event',
  'events.k8s.io/Event',
  '/Endpoints',
  'discovery.k8s.io/EndpointSlice',
  // Who leads a controller; renewed every few seconds by one that lives, and that has pods, which count.
  'coordination.k8s.io/Lease',
]);
const isEcho = ({ apiVersion, kind }: ListableKind): boolean => {
  const group = groupOf(apiVersion);
  return ECHOES.has(`${group}/${kind}`) || group === 'metrics.k8s.io' || group.endsWith('.metrics.k8s.io');
};

/** What Kubernetes itself puts into every namespace. */
function isKubernetesOwn({ kind }: ListableKind, metadata: KubeObject['metadata']): boolean {
  if (kind === 'ConfigMap') return metadata.name === 'kube-root-ca.crt';
  if (kind === 'ServiceAccount') return metadata.name === 'default';
  return kind === 'Secret' && metadata.annotations?.['kubernetes.io/service-account.name'] === 'default';
}

/** What is in a namespace, by every kind the server knows. Pods and other owned objects go with their owners, so they are no reason to stay, but one to wait. */
export async function namespaceContents(kube: KubeClient, namespace: string): Promise<NamespaceContents> {
  const { kinds, unknown } = await namespacedKinds(kube);
  const foreign: string[] = [];
  const going: string[] = [];
  const unseen = [...unknown];
  await inParallel(
    kinds.filter((kind) => !isEcho(kind)),
    CONCURRENCY,
    async (kind) => {
      try {
        for await (const metadata of metadataAt(kube, `${pathOf(kind.apiVersion)}/namespaces/${namespace}/${kind.plural}`)) {
          if (isKubernetesOwn(kind, metadata)) continue;
          const leaves = metadata.deletionTimestamp !== undefined || (metadata.ownerReferences ?? []).length > 0;
          (leaves ? going : foreign).push(`${kind.kind} ${metadata.name}`);
        }
      } catch (error) {
        if (!isAway(error)) unseen.push(`${kind.plural} (${why(error)})`);
      }
    },
  );
  return { foreign: foreign.toSorted(), going: going.toSorted(), unseen: unseen.toSorted() };
}

/** "Deployment a, Deployment b and 3 more" */
export const listed = (names: readonly string[]): string =>
  names.length <= SHOWN ? names.join(', ') : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`;
