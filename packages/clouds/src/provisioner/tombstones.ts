import { SlipwayError } from '@slipway/kit';
import type { KubeClient, KubeObject, NamedRef } from '@slipway/kube';
import type { Tombstone } from '@slipway/model';
import { CLUSTER, CLUSTER_UID_LABEL, MACHINE } from '../local/names.ts';

/**
 * Does a step of what one tombstone asks; true when there is nothing left to do. Only what carries the label of that very cluster uid is touched, and every
 * delete names the uid of the object that was looked at: an object that was re-created meanwhile under the same name stays.
 */
export async function buryOne(kube: KubeClient, tombstone: Tombstone): Promise<boolean> {
  switch (tombstone.type) {
    case 'cluster':
      return buryCluster(kube, tombstone);
    case 'infrastructure':
      return buryObject(kube, tombstone.object, tombstone.clusterUid);
    case 'layer':
    case 'object':
      throw new SlipwayError('Invalid', `Tombstone ${tombstone.id} of type ${tombstone.type} is for a cluster's agent, not for a gateway.`);
  }
}

async function buryCluster(kube: KubeClient, tombstone: Extract<Tombstone, { type: 'cluster' }>): Promise<boolean> {
  // Cluster API takes the machines and the load balancer down in order, as long as the Cluster is there to tell it.
  const gone = await buryObject(kube, { ...CLUSTER, namespace: tombstone.namespace, name: tombstone.name }, tombstone.clusterUid);
  return gone && emptyNamespace(kube, tombstone);
}

/**
 * Templates, health checks, Secrets and what an interrupted apply left go with the namespace. One that is being deleted cannot be saved any more, by anyone, and a
 * cluster made anew has a namespace of its own: there is no need to watch Kubernetes rest 5 s before it empties it. Machines are waited for, also those whose
 * Cluster somebody took away.
 */
async function emptyNamespace(kube: KubeClient, { namespace, clusterUid }: Extract<Tombstone, { type: 'cluster' }>): Promise<boolean> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  if (await buryObject(kube, ref, clusterUid)) return true;
  const terminating = (await kube.get(ref))?.metadata.deletionTimestamp !== undefined;
  return terminating && (await kube.list(MACHINE, { namespace })).length === 0;
}

async function buryObject(kube: KubeClient, ref: NamedRef, clusterUid: string): Promise<boolean> {
  const object = await kube.get(ref);
  if (object === undefined || object.metadata.labels?.[CLUSTER_UID_LABEL] !== clusterUid) return true;
  if (object.metadata.deletionTimestamp === undefined) await deleteThis(kube, ref, object);
  return false;
}

async function deleteThis(kube: KubeClient, ref: NamedRef, object: KubeObject): Promise<void> {
  try {
    await kube.delete(ref, { propagationPolicy: 'Background', ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }) });
  } catch (error) {
    // Gone, or another object by now: the next look decides.
    if (!(error instanceof SlipwayError && (error.code === 'NotFound' || error.code === 'Conflict'))) throw error;
  }
}
