import type { KindAddress } from '@slipway/api/browser';
import { useEffect, useState } from 'react';
import { client } from './session.ts';

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

/** Asks the hub whether whoever is signed in may do something; what cannot be asked is tried, and refused by the hub if so. */
export async function mayDo(verb: string, kind: KindAddress, project?: string): Promise<{ allowed: boolean; reason?: string }> {
  const resourceAttributes = {
    verb,
    group: 'slipway.dev',
    resource: kind.plural,
    ...(project === undefined ? {} : { namespace: project }),
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  const { status } = await client.request<Review>(path, { method: 'POST', body });
  return { allowed: status?.allowed === true, ...(status?.reason === undefined ? {} : { reason: status.reason }) };
}

/** Why whoever is signed in may not do it, for what is disabled; undefined when they may, and until it is known. */
export function useWhyNot(verb: string, kind: KindAddress, project?: string): string | undefined {
  const [why, setWhy] = useState<string>();
  useEffect(() => {
    let left = false;
    mayDo(verb, kind, project).then(
      ({ allowed }) => {
        if (!left)
          setWhy(
            allowed ? undefined : `Your roles do not let you ${verb} ${kind.plural}. Whoever manages roles can give you one that does.`,
          );
      },
      () => undefined,
    );
    return () => {
      left = true;
    };
  }, [verb, kind, project]);
  return why;
}
