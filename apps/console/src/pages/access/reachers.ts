import type { ApiObject, ProjectRoleBindingSpec, RoleBindingSpec, RoleSpec } from '@slipway/model';

export interface Reacher {
  /** `User ada` */
  readonly who: string;
  readonly role: string;
  /** Kubernetes' own role inside the cluster. */
  readonly inside: 'cluster-admin' | 'edit' | 'view';
  readonly through: string;
  /** Only while the cluster has these labels. */
  readonly selector: string | undefined;
}

type Role = ApiObject<RoleSpec>;
type Binding = ApiObject<RoleBindingSpec | ProjectRoleBindingSpec>;

const INSIDE = ['cluster-admin', 'edit', 'view'] as const;

/** Who reaches a cluster of a project through the hub, by the bindings that give it: a role that opens the tunnel and says a right inside. */
export function reachersOf(project: string, cluster: string, bindings: readonly Binding[], roles: readonly Role[]): Reacher[] {
  const byName = new Map(roles.map((role) => [role.metadata.name, role]));
  return bindings.flatMap(({ kind, metadata, spec }) => {
    const projects = kind === 'ProjectRoleBinding' ? [metadata.namespace] : 'projects' in spec ? spec.projects : undefined;
    if (projects !== undefined && !projects.includes(project)) return [];
    const inside = insideOf(byName.get(spec.role), cluster);
    if (inside === undefined) return [];
    return spec.subjects.map((subject) => ({
      who: `${subject.kind} ${subject.project === undefined ? '' : `${subject.project}/`}${subject.name}`,
      role: spec.role,
      inside,
      through: `${kind} ${metadata.name}`,
      selector: spec.selector,
    }));
  });
}

/** The most that a role gives inside; undefined when it does not open the tunnel. */
function insideOf(role: Role | undefined, cluster: string): Reacher['inside'] | undefined {
  const rules = (role?.spec.rules ?? []).filter(
    ({ apiGroups, names }) =>
      (apiGroups === undefined || apiGroups.some((one) => one === '*' || one === 'slipway.dev')) &&
      (names === undefined || names.includes(cluster)),
  );
  const verbsOf = (resource: string) =>
    rules
      .filter(({ resources }) => resources.some((one) => one === '*' || one === resource || one === 'clusters/*'))
      .flatMap(({ verbs }) => verbs);
  const tunnel = verbsOf('clusters/proxy');
  if (!tunnel.includes('*') && !tunnel.includes('get')) return undefined;
  const rights = verbsOf('clusters/kubernetes');
  return INSIDE.find((right) => rights.includes('*') || rights.includes(right));
}
