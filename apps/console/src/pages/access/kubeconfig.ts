import { objectPath } from '@slipway/api/browser';
import { KINDS } from '../../hub/kinds.ts';
import { client, transport } from '../../hub/session.ts';

export const LIFETIMES = [
  [1, '1 hour'],
  [12, '12 hours'],
  [24 * 7, '7 days'],
  [24 * 30, '30 days'],
] as const;

const HOUR_MS = 3_600_000;

/**
 * A kubeconfig with a key of its own: of the caller, for this cluster's project and the way into clusters only, for so many hours. The session's own token is in a cookie that no page can read,
 * and would be too much. The key is in the list of keys, where it can be taken back; key, secret and kubeconfig are each recorded.
 */
export async function makeKubeconfig(
  cluster: { readonly project: string; readonly name: string },
  user: string,
  hours: number,
): Promise<{ text: string; key: string }> {
  const key = `kubeconfig-${cluster.name}-${crypto.randomUUID().slice(0, 8)}`;
  const spec = {
    owner: { kind: 'User', name: user },
    description: `Kubeconfig of cluster ${cluster.project}/${cluster.name}, made in the console.`,
    expiresAt: new Date(Date.now() + hours * HOUR_MS).toISOString(),
    scope: {
      rules: [
        { resources: ['clusters'], verbs: ['get'], names: [cluster.name] },
        { resources: ['clusters/proxy', 'clusters/kubeconfig', 'clusters/kubernetes'], verbs: ['*'], names: [cluster.name] },
      ],
      projects: [cluster.project],
    },
  };
  await client.create(KINDS.apikeys, { kind: 'ApiKey', metadata: { name: key }, spec } as Parameters<typeof client.create>[1]);
  const { token } = await client.request<{ token: string }>(`${objectPath({ kind: KINDS.apikeys, name: key })}/token`, {
    method: 'POST',
    body: {},
  });
  const text = await transport.text(`${objectPath({ kind: KINDS.clusters, project: cluster.project, name: cluster.name })}/kubeconfig`, {
    headers: { authorization: `Bearer ${token}`, accept: '*/*' },
  });
  return { text, key };
}
