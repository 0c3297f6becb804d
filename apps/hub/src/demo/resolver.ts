import {
  type ApiObject,
  type ClusterSpec,
  DEFAULT_TENANT,
  readClusterStack,
  resolve,
  type ResolveResult,
  type StackReads,
} from '@slipway/model';

export type ClusterResolve = (cluster: ApiObject<ClusterSpec, any>) => Promise<ResolveResult>;

/** What a cluster is made of, by the hub's own rules. Of secrets and packs nothing is known here. */
export const createResolve =
  (get: StackReads['get']): ClusterResolve =>
  async (cluster) => {
    const stack = await readClusterStack(cluster, DEFAULT_TENANT, { get });
    if (stack.causes.length === 0) return resolve(stack.input);
    return { ok: false, causes: stack.causes, message: stack.causes.map(({ message }) => message).join('; ') };
  };

/** The same answer for every cluster with the same profile and nothing of its own. */
export function remembering(answer: ClusterResolve): ClusterResolve {
  const known = new Map<string, Promise<ResolveResult>>();
  return (cluster) => {
    const { profile, addons, overrides, variables } = cluster.spec;
    const key = JSON.stringify([profile, addons, overrides, variables]);
    const found = known.get(key) ?? answer(cluster);
    known.set(key, found);
    return found;
  };
}
