import type { ObjectScope } from '../meta/object-store.ts';
import { GROUP } from '../meta/object.ts';
import type { AccessRequest, Rule } from './request.ts';

/** How far a role reaches. `resource` is `project`, further limited to objects whose labels match. */
export const LEVELS = ['system', 'tenant', 'project', 'resource'] as const;
export type Level = (typeof LEVELS)[number];

/** A role as one binding gives it to one subject: everything a decision needs, and nothing that must be looked up. */
export interface Grant {
  readonly level: Level;
  readonly rules: readonly Rule[];
  /** Of project and resource grants; absent: every project of the tenant. */
  readonly projects?: readonly string[] | undefined;
  /** Label selector, of resource grants. */
  readonly selector?: string | undefined;
  /** Field selector, of what everybody may do about themselves. */
  readonly fieldSelector?: string | undefined;
  /** For the reason of a decision. */
  readonly source: { readonly role: string; readonly binding: string; readonly subject: string };
}

/** What a decision must know of a resource. */
export interface ResourceKind {
  readonly scope: 'system' | 'tenant' | 'project';
  /** Objects of a tenant that each of its projects may read, and those of the installation that every tenant may: profiles, registries, gateways. */
  readonly visibleBelow: boolean;
}
export type ResourceKinds = (resource: string) => ResourceKind | undefined;

const READ = new Set(['get', 'list', 'watch']);
/** Verbs on many objects at once: what they reach can be narrowed to some. */
export const COLLECTION_VERBS: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** Whether a rule's pattern covers a resource: `clusters` is not `clusters/proxy`; `*` is everything. */
export function resourceMatches(pattern: string, resource: string): boolean {
  if (pattern === '*' || pattern === resource) return true;
  const [root, sub] = pattern.split('/');
  const [ownRoot, ownSub] = resource.split('/');
  if (sub === undefined || ownSub === undefined) return false;
  return (root === '*' || root === ownRoot) && (sub === '*' || sub === ownSub);
}

/** Whether a rule speaks of this verb on this resource, whatever the object. */
export function ruleMatches(rule: Rule, request: AccessRequest): boolean {
  const resource = request.subresource === undefined ? request.resource : `${request.resource}/${request.subresource}`;
  const groups = rule.apiGroups ?? [GROUP];
  return (
    (rule.verbs.includes('*') || rule.verbs.includes(request.verb)) &&
    (groups.includes('*') || groups.includes(request.group)) &&
    rule.resources.some((pattern) => resourceMatches(pattern, resource))
  );
}

/**
 * What a grant gives for a request: nothing, everything (an empty scope), or the objects of a scope. A grant on a project also shows the project itself and,
 * read-only, what every project may see of its tenant.
 */
export function reach(grant: Grant, request: AccessRequest, kinds: ResourceKinds): ObjectScope[] {
  return grant.rules.filter((rule) => ruleMatches(rule, request)).flatMap((rule) => reachOfRule(grant, rule, request, kinds));
}

function reachOfRule(grant: Grant, rule: Rule, request: AccessRequest, kinds: ResourceKinds): ObjectScope[] {
  const place = placeOf(grant, request, kinds(request.resource) ?? { scope: 'tenant', visibleBelow: false });
  const named = place === undefined ? undefined : withNames(place, rule.names, request);
  return named === undefined ? [] : [named];
}

function placeOf(grant: Grant, request: AccessRequest, kind: ResourceKind): ObjectScope | undefined {
  if (grant.level === 'system') return {};
  if (kind.scope === 'system') return kind.visibleBelow && READ.has(request.verb) && grant.fieldSelector === undefined ? {} : undefined;
  if (grant.level === 'tenant') return grant.fieldSelector === undefined ? {} : { fieldSelector: grant.fieldSelector };
  if (kind.scope === 'tenant') return tenantPlaceOf(grant, request, kind);
  const labels = grant.level === 'resource' ? { labelSelector: grant.selector ?? '' } : {};
  if (request.project === undefined) return { ...labels, ...(grant.projects === undefined ? {} : { projects: grant.projects }) };
  return grant.projects === undefined || grant.projects.includes(request.project) ? labels : undefined;
}

/** What a grant below the tenant shows of the tenant's own objects. */
function tenantPlaceOf(grant: Grant, request: AccessRequest, kind: ResourceKind): ObjectScope | undefined {
  if (request.resource === 'projects') {
    // Its own projects, to read and (when its rules say so) to edit; making and removing projects is the tenant's.
    if (!READ.has(request.verb) && (grant.level !== 'project' || !['update', 'patch'].includes(request.verb))) return undefined;
    return withNames({}, grant.projects, request);
  }
  return kind.visibleBelow && READ.has(request.verb) ? {} : undefined;
}

function withNames(scope: ObjectScope, names: readonly string[] | undefined, request: AccessRequest): ObjectScope | undefined {
  if (names === undefined) return scope;
  if (request.verb === 'create') return undefined;
  if (request.name !== undefined) return names.includes(request.name) ? scope : undefined;
  const both = scope.names === undefined ? names : names.filter((name) => scope.names?.includes(name));
  return { ...scope, names: both };
}

export const isEverything = (scope: ObjectScope): boolean =>
  scope.projects === undefined && scope.names === undefined && scope.labelSelector === undefined && scope.fieldSelector === undefined;

/** Objects in one scope of each list. */
export function intersect(left: readonly ObjectScope[], right: readonly ObjectScope[]): ObjectScope[] {
  return left.flatMap((a) => right.map((b) => both(a, b)));
}

function both(a: ObjectScope, b: ObjectScope): ObjectScope {
  const shared = (x: readonly string[] | undefined, y: readonly string[] | undefined) =>
    x === undefined ? y : y === undefined ? x : x.filter((item) => y.includes(item));
  const projects = shared(a.projects, b.projects);
  const names = shared(a.names, b.names);
  const joined = (texts: readonly (string | undefined)[]): string | undefined => {
    const given = texts.filter((text) => text !== undefined);
    return given.length === 0 ? undefined : given.filter((text) => text !== '').join(',');
  };
  const labelSelector = joined([a.labelSelector, b.labelSelector]);
  const fieldSelector = joined([a.fieldSelector, b.fieldSelector]);
  return {
    ...(projects === undefined ? {} : { projects }),
    ...(names === undefined ? {} : { names }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
