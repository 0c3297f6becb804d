import { SlipwayError } from '@slipway/kit';
import { builtInRole } from '../access/built-in-roles.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { forbiddenField, refuseIf } from '../meta/causes.ts';

/** On the objects that show the built-in roles. */
export const BUILT_IN_LABEL = 'slipway.dev/built-in';

/** The built-in ones are there to be seen; what they allow is not read from these objects. */
export async function admitRoleDelete({ object }: { object: { metadata: { name: string } } }): Promise<void> {
  if (builtInRole(object.metadata.name) !== undefined)
    throw new SlipwayError('Forbidden', `Role "${object.metadata.name}" is built in and cannot be deleted.`);
}

/** A name means one role: the built-in ones keep theirs. */
export async function admitRole({ object }: AdmissionInput<any, any>): Promise<void> {
  const { name } = object.metadata;
  refuseIf(
    `Role "${name}"`,
    builtInRole(name) === undefined
      ? []
      : [forbiddenField('metadata.name', 'is the name of a built-in role, which cannot be changed; choose another name')],
  );
}
