import type { ApiObject } from '@slipway/model';

export interface RuleText {
  readonly apiGroups?: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly names?: readonly string[];
}
interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly project?: string;
  readonly tenant?: string;
}
export interface BindingText {
  readonly role: string;
  readonly subjects: readonly Subject[];
  readonly projects?: readonly string[];
  readonly selector?: string;
}
export type Role = ApiObject<{ readonly description: string; readonly level: string; readonly rules: readonly RuleText[] }>;
export type Binding = ApiObject<BindingText>;

const SEE = ['get', 'list', 'watch'];
const CHANGE = ['create', 'update', 'patch'];
const REMOVE = ['delete', 'deletecollection'];

/** `see, change and delete`: what the verbs of a rule come to, in words. */
export function verbWords(verbs: readonly string[]): string {
  if (verbs.includes('*')) return 'do everything with';
  const has = (group: readonly string[]) => group.every((verb) => verbs.includes(verb));
  const groups = [
    [SEE, 'see'],
    [CHANGE, 'create and change'],
    [REMOVE, 'delete'],
  ] as const;
  const whole = groups.filter(([group]) => has(group));
  const rest = verbs.filter((verb) => !whole.some(([group]) => group.includes(verb)));
  return joined([...whole.map(([, word]) => word), ...rest]);
}

const joined = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** One rule of a role as a sentence: “See and delete clusters, machinepools.” */
export function ruleSentence({ resources, verbs, names, apiGroups }: RuleText): string {
  const what = resources.includes('*') ? 'everything' : resources.join(', ');
  const named = names === undefined ? '' : `, only ${names.join(', ')}`;
  const group = apiGroups === undefined ? '' : ` of ${apiGroups.join(', ')}`;
  const text = `${verbWords(verbs)} ${what}${group}${named}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Who has what where: a binding is as many of these as it has subjects. */
export interface Holding {
  readonly key: string;
  readonly who: string;
  readonly kind: string;
  readonly role: string;
  readonly where: string;
  readonly binding: string;
  /** Of a binding of a project. */
  readonly project: string | undefined;
}

/** Where a binding holds: a binding of a project in that project, one of the tenant where its role and its projects say. */
function whereOf({ metadata, spec }: Binding, level: string | undefined): string {
  if (metadata.namespace !== undefined) return `project ${metadata.namespace}`;
  if (level === 'system') return 'everywhere';
  if (level === 'tenant') return 'the whole tenant';
  const projects =
    spec.projects === undefined ? 'every project' : `${spec.projects.length === 1 ? 'project' : 'projects'} ${spec.projects.join(', ')}`;
  return spec.selector === undefined ? projects : `${projects}, where ${spec.selector}`;
}

export function holdings(bindings: readonly Binding[], roles: readonly Role[]): Holding[] {
  const levels = new Map(roles.map(({ metadata, spec }) => [metadata.name, spec.level]));
  return bindings
    .flatMap((binding) =>
      binding.spec.subjects.map(({ kind, name, project, tenant }, index) => ({
        key: `${binding.metadata.uid}-${index}`,
        who: `${project === undefined ? '' : `${project}/`}${name}${tenant === undefined ? '' : ` of tenant ${tenant}`}`,
        kind,
        role: binding.spec.role,
        where: whereOf(binding, levels.get(binding.spec.role)),
        binding: binding.metadata.name,
        project: binding.metadata.namespace,
      })),
    )
    .toSorted((a, b) => a.who.localeCompare(b.who) || a.role.localeCompare(b.role));
}
