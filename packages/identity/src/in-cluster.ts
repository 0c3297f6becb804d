import { SlipwayError } from '@slipway/kit';
import { type ApiObject, type Authorizer, GROUP, type Principal, scopesMatcher } from '@slipway/model';

/** The verbs of `clusters/kubernetes` and the group inside the cluster that each one is; the agent's manifests bind the groups. */
const RIGHTS = [
  ['cluster-admin', 'admins'],
  ['edit', 'editors'],
  ['view', 'viewers'],
] as const;

/** Who a principal is inside a cluster. The link puts `slipway:` before every name, so nobody becomes somebody the cluster already knows. */
export async function inCluster(
  authorizer: Pick<Authorizer, 'authorize'>,
  principal: Principal,
  cluster: ApiObject,
): Promise<{ name: string; groups: string[] }> {
  const { name, namespace: project } = cluster.metadata;
  const groups: string[] = [];
  for (const [verb, group] of RIGHTS) {
    const request = { verb, group: GROUP, resource: 'clusters', subresource: 'kubernetes', project, name };
    const { allowed, only } = await authorizer.authorize(principal, request);
    if (allowed && (only === undefined || scopesMatcher(only)(cluster))) groups.push(group);
  }
  if (groups.length === 0) {
    throw new SlipwayError('Forbidden', `User "${principal.name}" has no rights inside cluster "${name}".`, {
      hint: 'Ask for a role with view, edit or cluster-admin on clusters/kubernetes.',
    });
  }
  // An operator must not be taken for the tenant's own user of the same name, nor be in its teams.
  if (principal.home !== principal.tenant) return { name: `${principal.home}/${principal.name}`, groups };
  return { name: principal.name, groups: [...groups, ...principal.groups] };
}
