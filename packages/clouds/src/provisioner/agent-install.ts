import { type Clock, minutes } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { GatewayCluster } from '@slipway/model';
import {
  AGENT_CREDENTIAL_SECRET,
  AGENT_LINK_SECRET,
  AGENT_NAMESPACE,
  agentObjects,
  type AgentSettings,
  linkSecret,
} from './agent-manifests.ts';

const FIELD_MANAGER = 'slipway-provisioner';
/** A token that was not used in this time is replaced: shorter than the hub lets one live. */
const TOKEN_FRESH_MS = minutes(10);

export interface AgentInstallDeps {
  readonly settings: AgentSettings;
  /** A fresh one-use join token of the cluster, from the hub. */
  readonly joinToken: (clusterUid: string) => Promise<string>;
  readonly clock: Clock;
}

/**
 * Puts the agent into a cluster, or brings what is there up to date. Repeatable; asks the hub for a token only when the agent has not joined and
 * has no fresh one.
 */
export async function installAgent(
  deps: AgentInstallDeps,
  kube: KubeClient,
  { clusterUid, podNetwork }: Pick<GatewayCluster, 'clusterUid' | 'podNetwork'>,
): Promise<void> {
  const [namespace, ...rest] = agentObjects(deps.settings, podNetwork);
  const apply = (object: KubeObject) => kube.apply(object, { fieldManager: FIELD_MANAGER, force: true });
  if (namespace !== undefined) await apply(namespace);
  // The Deployment last: a pod whose Secret is missing is retried by the kubelet only after a while.
  await ensureLinkSecret(deps, kube, clusterUid);
  for (const object of rest) await apply(object);
}

async function ensureLinkSecret(deps: AgentInstallDeps, kube: KubeClient, clusterUid: string): Promise<void> {
  const secret = (name: string) => kube.get({ apiVersion: 'v1', kind: 'Secret', namespace: AGENT_NAMESPACE, name });
  const [current, credential] = await Promise.all([secret(AGENT_LINK_SECRET), secret(AGENT_CREDENTIAL_SECRET)]);
  const issuedAt = current?.metadata.annotations?.['slipway.dev/issued-at'];
  const fresh = issuedAt !== undefined && deps.clock.now() - Date.parse(issuedAt) < TOKEN_FRESH_MS;
  const kept: string | undefined = current?.['data']?.['join-token'];
  // Applied whole by one field manager: a token that is left out would be removed.
  const keep = kept !== undefined && issuedAt !== undefined ? { value: Buffer.from(kept, 'base64').toString('utf8'), issuedAt } : undefined;
  const token =
    hasJoined(credential, clusterUid) || fresh
      ? keep
      : { value: await deps.joinToken(clusterUid), issuedAt: new Date(deps.clock.now()).toISOString() };
  await kube.apply(linkSecret(deps.settings, token), { fieldManager: FIELD_MANAGER, force: true });
}

/** The credential Secret holds the agent's identity as JSON; a proposal that the hub has not accepted is not a join. */
function hasJoined(credential: KubeObject | undefined, clusterUid: string): boolean {
  return Object.values((credential?.['data'] ?? {}) as Record<string, string>).some((encoded) => {
    try {
      const identity = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { joined?: { subject?: { uid?: string } } } | null;
      return identity?.joined?.subject?.uid === clusterUid;
    } catch {
      return false;
    }
  });
}

/** The kubeconfig Cluster API keeps for a cluster. Undefined while there is none. */
export async function workloadKubeconfig(kube: KubeClient, namespace: string, cluster: string): Promise<string | undefined> {
  const secret = await kube.get({ apiVersion: 'v1', kind: 'Secret', namespace, name: `${cluster}-kubeconfig` });
  const value: string | undefined = secret?.['data']?.value;
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
