import type { KindAddress } from '@slipway/api/browser';
import { useEffect, useState } from 'react';
import { client } from './session.ts';

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

/** What somebody wants to do, in the words of Kubernetes. */
export interface Asked {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly namespace?: string;
}
export interface Answer {
  readonly allowed: boolean;
  /** By which rule, or what is missing and who can give it. */
  readonly reason?: string;
}

/** Asks the hub whether whoever is signed in may do something. */
export async function ask(resourceAttributes: Asked): Promise<Answer> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  const { status } = await client.request<Review>(path, { method: 'POST', body });
  return { allowed: status?.allowed === true, ...(status?.reason === undefined ? {} : { reason: status.reason }) };
}

/** A kind, or what is done with one besides reading and writing it: the `sync` of registries. */
type Thing = Pick<KindAddress, 'plural'> & { readonly subresource?: string };

export const mayDo = (verb: string, { plural, subresource }: Thing, project?: string): Promise<Answer> =>
  ask({
    verb,
    group: 'slipway.dev',
    resource: plural,
    ...(subresource === undefined ? {} : { subresource }),
    ...(project === undefined ? {} : { namespace: project }),
  });

/** Rows of a list ask the same at once. */
const ASKED_MS = 5000;
const asked = new Map<string, { readonly at: number; readonly answer: Promise<Answer> }>();

function mayDoAsked(verb: string, thing: Thing, project: string | undefined): Promise<Answer> {
  const key = `${verb} ${thing.plural}/${thing.subresource ?? ''} ${project ?? ''}`;
  const known = asked.get(key);
  if (known !== undefined && Date.now() - known.at < ASKED_MS) return known.answer;
  const answer = mayDo(verb, thing, project);
  asked.set(key, { at: Date.now(), answer });
  return answer;
}

/** Why whoever is signed in may not do it, for what is disabled; undefined when they may, and until it is known. */
export function useWhyNot(verb: string, kind: Thing, project?: string): string | undefined {
  const [why, setWhy] = useState<string>();
  useEffect(() => {
    let left = false;
    mayDoAsked(verb, kind, project).then(
      ({ allowed }) => {
        if (!left)
          setWhy(
            allowed
              ? undefined
              : `Your roles do not let you ${kind.subresource ?? verb} ${kind.plural}. Whoever manages roles can give you one that does.`,
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
