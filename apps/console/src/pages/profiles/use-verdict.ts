import { type FieldCause, SlipwayError } from '@slipway/kit/errors';
import type { ProfileVersion } from '@slipway/model';
import { useEffect, useState } from 'react';
import type { Profile } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { addressOf, type ProfilePlace } from './profile-place.ts';

/** What the hub says of a version before it is saved: whether it could be published as it is. */
export type Verdict =
  | { readonly state: 'checking' }
  | { readonly state: 'fine' }
  | { readonly state: 'wrong'; readonly causes: readonly FieldCause[] }
  | { readonly state: 'unknown'; readonly error: unknown };

/** Somebody who types is let finish. */
const PAUSE_MS = 700;

/**
 * Asks the hub by a dry run of publishing: schemas and constraints of packs, references, circles, as admission itself has them. Undefined while nobody wants to know.
 */
export function useVerdict(profile: Profile, place: ProfilePlace, version: ProfileVersion | undefined): Verdict | undefined {
  const [verdict, setVerdict] = useState<Verdict>();
  const { scope, project, name } = place;
  const text = JSON.stringify(version);
  const others = JSON.stringify(profile.spec);
  useEffect(() => {
    if (text === undefined) return setVerdict(undefined);
    const left = new AbortController();
    setVerdict({ state: 'checking' });
    const mine = { ...(JSON.parse(text) as ProfileVersion), state: 'published' as const };
    const { versions } = JSON.parse(others) as Profile['spec'];
    const spec = { versions: versions.map((one) => (one.version === mine.version ? mine : one)) };
    const ask = () =>
      client.patch(addressOf({ scope, project, name }), { spec }, { dryRun: true, signal: left.signal }).then(
        () => setVerdict({ state: 'fine' }),
        (error: unknown) => {
          if (left.signal.aborted) return;
          const causes = error instanceof SlipwayError ? error.causes : [];
          setVerdict(causes.length > 0 ? { state: 'wrong', causes } : { state: 'unknown', error });
        },
      );
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [text, others, scope, project, name]);
  return verdict;
}

/** Causes of one layer of a version; its index is that in the version as it is written. */
export function causesOfLayer(causes: readonly FieldCause[], index: number): FieldCause[] {
  return causes.filter(({ field = '' }) => Number(/layers\[(\d+)\]/.exec(field)?.[1] ?? NaN) === index);
}

/** `spec.versions[1].layers[0].values.replicas` → `values.replicas`: within what it is shown at. */
export const fieldWithin = (field: string): string => field.replace(/^spec\.versions\[\d+\](\.layers\[\d+\])?\.?/, '');
