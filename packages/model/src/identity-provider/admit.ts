import type { FieldCause } from '@slipway/kit';
import { duplicateField, invalidField, refuseIf, requiredField } from '../meta/causes.ts';
import { isCertificateBundle } from '../meta/certificates.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { MASK } from '../meta/mask.ts';
import { placeUrlProblems } from '../meta/place-url.ts';
import type { IdentityProviderSpec, OidcSpec } from './identity-provider.ts';

export async function admitIdentityProvider({ object, old, reads }: AdmissionInput<IdentityProviderSpec, any>): Promise<void> {
  const { spec } = object;
  refuseIf(`IdentityProvider "${object.metadata.name}"`, [
    ...placeUrlProblems(spec.oidc.issuer, 'https://login.example.com').map((problem) => invalidField('spec.oidc.issuer', problem)),
    ...movedSecret(spec.oidc, old?.spec.oidc),
    ...(spec.oidc.scopes.includes('openid') ? [] : [requiredField('spec.oidc.scopes', 'must hold "openid"')]),
    ...bundleCauses(spec.oidc.caBundle),
    ...(await teamCauses(spec, old?.spec, reads)),
  ]);
}

/** Otherwise whoever may change the provider, but was never told its secret, has it sent to a server of theirs. */
function movedSecret(spec: OidcSpec, old: OidcSpec | undefined): FieldCause[] {
  if (old === undefined || old.issuer === spec.issuer || spec.clientSecret !== MASK) return [];
  return [
    requiredField('spec.oidc.clientSecret', 'must be written again when the issuer changes: it is not sent to another one by itself'),
  ];
}

function bundleCauses(text: string): FieldCause[] {
  if (text === '' || isCertificateBundle(text)) return [];
  return [invalidField('spec.oidc.caBundle', 'must be one or more certificates in PEM')];
}

async function teamCauses(spec: IdentityProviderSpec, old: IdentityProviderSpec | undefined, reads: AdmissionReads): Promise<FieldCause[]> {
  const before = new Set(old?.teams.map(({ team }) => team));
  const seen = new Set<string>();
  const causes: FieldCause[] = [];
  for (const [index, { group, team }] of spec.teams.entries()) {
    const key = JSON.stringify([group, team]);
    if (seen.has(key)) causes.push(duplicateField(`spec.teams[${index}]`, `"${group}" is mapped to team "${team}" already`));
    seen.add(key);
    // One that was there before may have been removed since: its mapping gives nothing, and must not stand in the way of other changes.
    if (!before.has(team) && (await reads.get('Team', team)) === undefined)
      causes.push(invalidField(`spec.teams[${index}].team`, `there is no team "${team}"; make it first`));
  }
  return causes;
}
