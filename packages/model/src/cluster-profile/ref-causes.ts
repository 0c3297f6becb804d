import type { FieldCause } from '@slipway/kit';
import { invalidField, listOf } from '../meta/causes.ts';
import type { AdmissionReads } from '../meta/define-kind.ts';
import { type ProfileRef, profileKindAt } from './profile-ref.ts';

/** Problems of a reference from something tenant-wide to a profile version. */
export async function refCauses(ref: ProfileRef, field: string, reads: AdmissionReads): Promise<FieldCause[]> {
  if (ref.scope === 'project')
    return [invalidField(`${field}.scope`, 'must be tenant or system: projects do not see each other’s profiles')];
  const profile = await reads.get(profileKindAt(ref.scope), ref.name);
  if (!profile) return [invalidField(`${field}.name`, `there is no ${ref.scope} profile "${ref.name}"`)];
  const { versions } = profile.spec as { versions: readonly { version: string; state?: string }[] };
  const found = versions.find(({ version }) => version === ref.version);
  if (!found) {
    const there = listOf(versions.map(({ version }) => version));
    return [invalidField(`${field}.version`, `profile "${ref.name}" has no version ${ref.version}; it has: ${there}`)];
  }
  return found.state === 'draft' ? [invalidField(`${field}.version`, `version ${ref.version} is a draft; publish it first`)] : [];
}
