import { listOf } from '../meta/causes.ts';
import type { ObjectScope } from '../meta/object-store.ts';
import { GROUP } from '../meta/object.ts';
import { COLLECTION_VERBS, type Grant, intersect, isEverything, reach, type ResourceKinds } from './grant.ts';
import type { AccessRequest, Decision, Restriction } from './request.ts';

/** Namespaces and core events are other views of projects and events: one permission each. */
export function normalized(request: AccessRequest): AccessRequest {
  if (request.group !== '') return request;
  if (request.resource === 'namespaces') {
    // kubectl asks for a namespace as if it were inside itself.
    const { project, ...rest } = request;
    return {
      ...rest,
      group: GROUP,
      resource: 'projects',
      name: request.name ?? (COLLECTION_VERBS.has(request.verb) ? undefined : project),
    };
  }
  return request.resource === 'events' ? { ...request, group: GROUP } : request;
}

/** A scoped key as a grant: what it names, everywhere it names. */
export const restrictionGrant = (restriction: Restriction): Grant => ({
  level: restriction.projects === undefined ? 'tenant' : 'project',
  rules: restriction.rules,
  ...(restriction.projects === undefined ? {} : { projects: restriction.projects }),
  source: { role: '(scope)', binding: '(scope of the key)', subject: 'this key' },
});

export interface DecideInput {
  readonly grants: readonly Grant[];
  readonly restriction?: Restriction | undefined;
  readonly kinds: ResourceKinds;
}

/**
 * The one decision about access: the union of what every grant gives, cut down by the scope of the key. Pure.
 *
 * @example decide({ grants, kinds }, { verb: 'delete', group: 'slipway.dev', resource: 'clusters', project: 'shop', name: 'prod' })
 */
export function decide(input: DecideInput, wanted: AccessRequest): Decision {
  const request = normalized(wanted);
  if (request.resource.startsWith('selfsubject') && request.group.endsWith('.k8s.io')) {
    return { allowed: true, reason: 'everybody may ask about themselves' };
  }
  const reached = input.grants
    .map((grant) => ({ grant, scopes: reach(grant, request, input.kinds) }))
    .filter(({ scopes }) => scopes.length > 0);
  if (reached.length === 0) return { allowed: false, reason: `no role of yours allows ${wordsOf(request)}` };
  const whole = reached.find(({ scopes }) => scopes.some(isEverything));
  const scopes = whole === undefined ? reached.flatMap((one) => one.scopes) : [{}];
  const limited = limitedTo(scopes, input, request);
  if (limited.length === 0) return { allowed: false, reason: `the scope of this key does not allow ${wordsOf(request)}` };
  const because = whole === undefined ? reached.map(({ grant }) => reasonOf(grant)).join('; ') : reasonOf(whole.grant);
  return limited.some(isEverything) ? { allowed: true, reason: because } : { allowed: true, reason: because, only: limited };
}

function limitedTo(scopes: readonly ObjectScope[], { restriction, kinds }: DecideInput, request: AccessRequest): readonly ObjectScope[] {
  if (restriction === undefined) return scopes;
  return intersect(scopes, reach(restrictionGrant(restriction), request, kinds));
}

/** `delete on clusters in project "shop"`. */
export function wordsOf(request: AccessRequest): string {
  const resource = request.subresource === undefined ? request.resource : `${request.resource}/${request.subresource}`;
  const group = request.group === GROUP || request.group === '' ? '' : `.${request.group}`;
  return `${request.verb} on ${resource}${group}${request.project === undefined ? '' : ` in project "${request.project}"`}`;
}

export function reasonOf({ source, selector, projects, level }: Grant): string {
  const where = level === 'system' || level === 'tenant' ? '' : projects === undefined ? ' in every project' : ` in ${listOf(projects)}`;
  const labels = selector === undefined ? '' : ` for objects labelled ${selector}`;
  return `role "${source.role}" by binding "${source.binding}" of ${source.subject}${where}${labels}`;
}
