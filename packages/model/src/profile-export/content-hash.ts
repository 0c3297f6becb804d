import type { FieldCause } from '@slipway/kit';
import type { ClusterProfileSpec, ProfileVersion } from '../cluster-profile/cluster-profile.ts';
import { contentHash } from '../cluster-profile/published.ts';
import { forbiddenField } from '../meta/causes.ts';
import type { ApiObject } from '../meta/object.ts';

/** On an exported profile: `sha256:…` of that version. Whoever stores the object, by whatever tool, is refused when the two do not fit. */
export const hashAnnotation = ({ version }: Pick<ProfileVersion, 'version'>): string => `content-hash.slipway.dev/${version}`;

/** Versions that are not what their annotation says: an exported file that was changed, however it came here. */
export function exportCauses({ metadata, spec }: Pick<ApiObject<ClusterProfileSpec>, 'metadata' | 'spec'>): FieldCause[] {
  return spec.versions.flatMap((version, index) => {
    const said = metadata.annotations?.[hashAnnotation(version)];
    if (said === undefined || said === `sha256:${contentHash(version)}`) return [];
    return [
      forbiddenField(
        `spec.versions[${index}]`,
        `version ${version.version} is not the one that was exported: its content does not fit the annotation ${hashAnnotation(version)}`,
      ),
    ];
  });
}
