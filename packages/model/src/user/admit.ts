import { duplicateField, invalidField, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import type { UserSpec } from './user.ts';

/** That a user's identity is one a provider can confirm, and nobody else's. */
export async function admitUser({ object, old, reads }: AdmissionInput<UserSpec, any>): Promise<void> {
  const { identity } = object.spec;
  if (identity === undefined || (old !== undefined && deepEqual(old.spec.identity, identity))) return;
  const provider = await reads.get('IdentityProvider', identity.provider);
  const issuer: string | undefined = provider?.spec.oidc.issuer;
  const same = (await reads.list('User')).find(
    (user) => user.metadata.name !== object.metadata.name && deepEqual(user.spec.identity, identity),
  );
  refuseIf(`User "${object.metadata.name}"`, [
    ...(provider === undefined ? [invalidField('spec.identity.provider', `there is no identity provider "${identity.provider}"`)] : []),
    ...(issuer === undefined || issuer === identity.issuer
      ? []
      : [invalidField('spec.identity.issuer', `the issuer of identity provider "${identity.provider}" is ${issuer}`)]),
    ...(same === undefined ? [] : [duplicateField('spec.identity.subject', `is user "${same.metadata.name}" already`)]),
  ]);
}
