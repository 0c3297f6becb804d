import { SlipwayError } from '@slipway/kit';
import {
  type ApiObject,
  deepEqual,
  type Grant,
  kinds,
  type NewObject,
  type ObjectMeta,
  resourceMatches,
  type Rule,
  scopesMatcher,
} from '@slipway/model';
import { grantOf } from './directory.ts';
import { type PrivilegeDeps, refuseBeyond } from './privileges.ts';

interface Change {
  readonly tenant: string;
  readonly object: NewObject | ApiObject;
  readonly old: ApiObject;
}

/**
 * Labels decide whom a role that reaches by selector lets at an object. Who gives an object other labels gives it to the holders of such roles, themselves included, and must hold on the
 * object as it is what they get by it.
 */
export async function refuseGivingAway(deps: PrivilegeDeps, { tenant, object, old }: Change): Promise<void> {
  const { namespace: project, labels } = object.metadata;
  if (project === undefined || deepEqual(labels ?? {}, old.metadata.labels ?? {})) return;
  const resource = kinds.find(({ kind }) => kind === object.kind)?.plural ?? '';
  const access = await deps.directory.access(tenant);
  const at = (grant: Grant): Grant => ({ level: 'project', rules: grant.rules, projects: [project], source: grant.source });
  const given = access.bindings
    .flatMap((binding) => grantOf(access, binding, 'its subjects') ?? [])
    .filter((grant) => grant.level === 'resource' && reaches(grant, object.metadata) && !reaches(grant, old.metadata))
    .map((grant) => at({ ...grant, rules: rulesOn(resource, grant.rules) }));
  if (given.length === 0) return;
  const held = (await deps.authorizer.grants(deps.principal)).flatMap((grant) =>
    grant.level !== 'resource' ? [grant] : reaches(grant, old.metadata) ? [at(grant)] : [],
  );
  const here = { ...deps, authorizer: { grants: async () => held } };
  await refuseBeyond(here, given, `the labels of ${object.kind} "${object.metadata.name}"`);
}

/** Whose owner is gone is collected: naming an owner takes the right to delete, as with Kubernetes' OwnerReferencesPermissionEnforcement. */
export function namesOtherOwners({ object, old }: Pick<Change, 'object' | 'old'>): boolean {
  return !deepEqual(object.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []);
}

export const refusedOwners = (name: string): SlipwayError =>
  new SlipwayError('Forbidden', `The owners of "${name}" can be changed only by who may delete it: it goes with its owners.`);

const reaches = ({ projects, selector }: Grant, { namespace = '', labels }: ObjectMeta): boolean =>
  (projects === undefined || projects.includes(namespace)) &&
  scopesMatcher([{ labelSelector: selector }])({ metadata: { name: '', labels } as ApiObject['metadata'], spec: {} });

/** What of a role's rules is about one kind of objects. */
const rulesOn = (plural: string, rules: readonly Rule[]): Rule[] =>
  rules.flatMap((rule) => {
    const resources = rule.resources.flatMap((pattern) => {
      if (pattern === '*') return [plural, `${plural}/*`];
      const [root, sub] = pattern.split('/');
      if (root === '*') return [`${plural}/${sub}`];
      return resourceMatches(root ?? '', plural) ? [pattern] : [];
    });
    return resources.length === 0 ? [] : [{ ...rule, resources }];
  });
