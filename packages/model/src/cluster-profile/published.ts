import { canonicalJson, type FieldCause, sha256Hex, SlipwayError } from '@slipway/kit';
import { forbiddenField } from '../meta/causes.ts';
import { fieldDiff } from '../meta/diff.ts';
import type { ClusterProfileSpec, ClusterProfileStatus, ProfileVersion } from './cluster-profile.ts';

/** sha256 of what a version holds, whatever its state: two versions with the same hash are the same, wherever they came from. */
export function contentHash({ state: _state, ...content }: ProfileVersion): string {
  return sha256Hex(canonicalJson(content));
}

export const isPublished = ({ state }: ProfileVersion): boolean => state === 'published';

/** What is published stays as it is: in use or not, somebody may have tested it. Drafts change freely. */
export function publishedCauses(before: ClusterProfileSpec, after: ClusterProfileSpec): FieldCause[] {
  return before.versions.filter(isPublished).flatMap((version) => {
    const index = after.versions.findIndex((candidate) => candidate.version === version.version);
    const kept = after.versions[index];
    const [difference] = kept === undefined ? [] : fieldDiff(version, kept, `spec.versions[${index}]`);
    if (difference === undefined) return [];
    return [
      forbiddenField(
        difference.path,
        `version ${version.version} is published and cannot be changed; add a new version and move the clusters to it`,
      ),
    ];
  });
}

/** Versions of the new spec that were there before with another content. */
export function comebackCauses(spec: ClusterProfileSpec, status: ClusterProfileStatus | undefined): FieldCause[] {
  const removed = new Map((status?.removed ?? []).map(({ version, hash }) => [version, hash]));
  return spec.versions.flatMap((version, index) => {
    const hash = removed.get(version.version);
    if (hash === undefined || hash === contentHash(version)) return [];
    return [
      forbiddenField(
        `spec.versions[${index}].version`,
        `version ${version.version} was published with another content and removed; give this one another number`,
      ),
    ];
  });
}

/** A published version goes only when its content is remembered: a moment after it was published. */
export function refuseForgetting(
  { metadata, spec, status }: { metadata: { name: string }; spec: ClusterProfileSpec; status?: ClusterProfileStatus },
  after: ClusterProfileSpec,
): void {
  const known = new Set((status?.published ?? []).map(({ version }) => version));
  const forgotten = spec.versions
    .filter(isPublished)
    .find(({ version }) => !known.has(version) && !after.versions.some((kept) => kept.version === version));
  if (forgotten === undefined) return;
  throw new SlipwayError(
    'Conflict',
    `Version ${forgotten.version} of "${metadata.name}" was published a moment ago and is not recorded yet.`,
    {
      hint: 'Try again in some seconds.',
      retryable: true,
    },
  );
}

/** What the status of a profile remembers of its versions, given what it remembered. */
export function knownVersions(
  spec: ClusterProfileSpec,
  status: ClusterProfileStatus | undefined,
): Pick<ClusterProfileStatus, 'published' | 'removed'> {
  const published = spec.versions.filter(isPublished).map((version) => ({ version: version.version, hash: contentHash(version) }));
  const there = new Set(spec.versions.map(({ version }) => version));
  const before = [...(status?.removed ?? []), ...(status?.published ?? [])];
  const removed = new Map(before.filter(({ version }) => !there.has(version)).map((known) => [known.version, known]));
  return { published, removed: [...removed.values()] };
}
