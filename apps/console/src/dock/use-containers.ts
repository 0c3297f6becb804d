import { useEffect, useState } from 'react';
import { client } from '../hub/session.ts';
import { type PodRef, podPath } from './log-follow.ts';

interface PodObject {
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
}

/** The containers of a pod, those that run first; `error` when the pod cannot be asked. */
export function useContainers(pod: PodRef): { readonly names: readonly string[] | undefined; readonly error: unknown } {
  const { project, cluster, namespace, pod: name } = pod;
  const [found, setFound] = useState<{ names: readonly string[] | undefined; error: unknown }>({ names: undefined, error: undefined });
  useEffect(() => {
    const gone = new AbortController();
    client.request<PodObject>(podPath({ project, cluster, namespace, pod: name }), { signal: gone.signal }).then(
      ({ spec }) =>
        setFound({ names: [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map((one) => one.name), error: undefined }),
      (error: unknown) => gone.signal.aborted || setFound({ names: undefined, error }),
    );
    return () => gone.abort();
  }, [project, cluster, namespace, name]);
  return found;
}
