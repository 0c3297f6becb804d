import { builtInRole } from '../access/built-in-roles.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { forbiddenField, refuseIf } from '../meta/causes.ts';

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
