import { SlipwayError } from '@slipway/kit';
import { listOf } from '../meta/causes.ts';
import type { AcceptedVersion, PackSpec, PackStatus, PackVersion } from './pack.ts';

/** What is accepted: this content as that version, and nothing that the registry may say later. */
export interface Acceptance {
  readonly version: string;
  /** `sha256:…` */
  readonly digest: string;
}

interface Catalogued {
  readonly spec: PackSpec;
  readonly status?: PackStatus | undefined;
}

/** The catalogue's entry after somebody accepted what a version was replaced by. Throws when it was not replaced, or by something else than they looked at. Pure. */
export function acceptedPack(
  { spec, status }: Catalogued,
  { version, digest }: Acceptance,
  who: { readonly by: string; readonly at: string },
): { readonly spec: PackSpec; readonly status: PackStatus; readonly was: string } {
  const moved = status?.moved ?? [];
  const note = moved.find((one) => one.version === version);
  if (note === undefined) {
    const others = moved.map((one) => one.version);
    throw new SlipwayError('Conflict', `Version ${version} of pack "${spec.name}" was not replaced; replaced were: ${listOf(others)}.`, {
      retryable: false,
    });
  }
  if (note.found !== digest)
    throw new SlipwayError('Conflict', `Version ${version} of pack "${spec.name}" is now ${note.found}, not ${digest}.`, {
      hint: 'It was replaced again meanwhile: look at it anew.',
      retryable: false,
    });
  const { was, ...accepted } = { version, digest, was: note.digest, at: who.at, by: who.by };
  const entry: AcceptedVersion = { ...accepted, was };
  return {
    was,
    spec: { ...spec, versions: spec.versions.map((one) => (one.version === version ? taken(one, digest) : one)) },
    status: {
      moved: moved.filter((one) => one !== note),
      accepted: [...(status?.accepted ?? []).filter((one) => one.version !== version), entry],
    },
  };
}

/** What was said of the content before is not said of this one; the next sync says it. */
const taken = ({ manifestDigest: _manifest, signedBy: _key, unsigned: _why, ...version }: PackVersion, digest: string): PackVersion => ({
  ...version,
  digest,
});

/** The content that a version is used by, and whether somebody has accepted it over what was pinned. */
export function cataloguedContent({ spec, status }: Catalogued, version: string): { digest: string; accepted: boolean } | undefined {
  const digest = spec.versions.find((one) => one.version === version)?.digest;
  if (digest === undefined) return undefined;
  return { digest, accepted: (status?.accepted ?? []).some((one) => one.version === version && one.digest === digest) };
}

/** Tells events that bring an acceptance into force from the many others of a catalogue. */
export function createAcceptances() {
  const known = new Map<string, string>();
  return {
    isNews({ metadata, spec, status }: Catalogued & { readonly metadata: { readonly uid: string } }): boolean {
      const inForce = (status?.accepted ?? []).filter(({ version }) => cataloguedContent({ spec, status }, version)?.accepted === true);
      const now = inForce.map(({ version, digest, at }) => `${version} ${digest} ${at}`).join('\n');
      const before = known.get(metadata.uid) ?? '';
      if (now !== '') known.set(metadata.uid, now);
      return now !== before;
    },
  };
}
