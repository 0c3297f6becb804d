import { SlipwayError } from '@slipway/kit/errors';
import { type ClusterRef, inCluster } from '../../hub/in-cluster.ts';
import { client } from '../../hub/session.ts';
import { collectionOf, selectorText, workloadKind } from './kinds.ts';

/** The label selector of what owns pods: `deployments/web`. */
export async function ownerSelector(
  cluster: ClusterRef,
  namespace: string | undefined,
  owner: string,
  signal: AbortSignal,
): Promise<string> {
  const [plural = '', name = ''] = owner.split('/');
  const kind = workloadKind(plural);
  if (!kind.selects || namespace === undefined || name === '')
    throw new SlipwayError('BadRequest', `“${owner}” names nothing that has pods.`, { hint: 'Choose it in the list of its kind.' });
  const object = await client.request<{ readonly spec?: { readonly selector?: Parameters<typeof selectorText>[0] } }>(
    inCluster(cluster, `${collectionOf({ kind, namespace })}/${encodeURIComponent(name)}`),
    { signal },
  );
  return selectorText(object.spec?.selector ?? {});
}
