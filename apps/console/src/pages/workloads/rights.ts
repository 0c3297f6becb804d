import type { ApiClient } from '@slipway/api/browser';
import { useEffect, useState } from 'react';
import { type ClusterRef, inCluster } from '../../hub/in-cluster.ts';
import { client } from '../../hub/session.ts';

/** What the caller may do with pods of a namespace, as the cluster itself says; the reason where not. */
export interface PodRights {
  readonly logs: string | undefined;
  readonly shell: string | undefined;
}

const ASKED = { logs: { verb: 'get', subresource: 'log' }, shell: { verb: 'create', subresource: 'exec' } } as const;
const WORDS = { logs: 'read logs', shell: 'open a shell' } as const;

interface Review {
  readonly status?: { readonly allowed?: boolean };
}

async function mayNot(from: ApiClient, cluster: ClusterRef, what: keyof typeof ASKED, namespace: string): Promise<string | undefined> {
  const review = await from.request<Review>(inCluster(cluster, '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'), {
    method: 'POST',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { ...ASKED[what], resource: 'pods', namespace } },
    },
  });
  if (review.status?.allowed === true) return undefined;
  const { verb, subresource } = ASKED[what];
  return `You may not ${WORDS[what]} in namespace ${namespace === '' ? 'any' : namespace}: it takes “${verb} pods/${subresource}” in the cluster.`;
}

const MOST_ASKED = 30;

/** Asked once for everything; where that is refused, namespace by namespace of what is shown. */
export function usePodRights(cluster: ClusterRef, namespaces: readonly string[]): (namespace: string) => PodRights | undefined {
  const { project, cluster: name } = cluster;
  const [known, setKnown] = useState<ReadonlyMap<string, PodRights>>(new Map());
  const wanted = namespaces.slice(0, MOST_ASKED).join(' ');
  useEffect(() => {
    let gone = false;
    const ask = async (namespace: string): Promise<PodRights> => ({
      logs: await mayNot(client, { project, cluster: name }, 'logs', namespace),
      shell: await mayNot(client, { project, cluster: name }, 'shell', namespace),
    });
    const look = async () => {
      const all = await ask('');
      const found = new Map([['', all]]);
      if (all.logs !== undefined || all.shell !== undefined)
        for (const namespace of wanted.split(' ').filter(Boolean)) found.set(namespace, await ask(namespace));
      if (!gone) setKnown(found);
    };
    // The list beside it tells what is wrong; the buttons wait.
    look().catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [project, name, wanted]);
  return (namespace) => known.get(namespace) ?? known.get('');
}
