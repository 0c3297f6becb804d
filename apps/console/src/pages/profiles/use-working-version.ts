import type { ProfileVersion } from '@slipway/model';
import { deepEqual } from '@slipway/model/browser-profiles';
import { useCallback, useEffect, useState } from 'react';
import type { Profile } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { useUnsaved } from '../../state/unsaved.ts';
import { addressOf, inOf, type ProfilePlace } from './profile-place.ts';
import { isDirty, keepCopy, keptCopy, type WorkingCopy } from './working-copy.ts';

/** A change that was saved is back with the stream within this time. */
const STREAM_MS = 5000;

/** One version as it is stored or as somebody is changing it; changes are kept in this browser until they are saved to the hub or discarded. */
export interface Working {
  readonly version: ProfileVersion;
  readonly dirty: boolean;
  /** What somebody else made of it while it was changed here. */
  readonly theirs: ProfileVersion | undefined;
  readonly saving: boolean;
  readonly problem: unknown;
  edit(change: (version: ProfileVersion) => ProfileVersion): void;
  discard(): void;
  /** Goes on with the changes of here, over what somebody else saved. */
  keepMine(): void;
  save(state?: 'published'): Promise<boolean>;
}

export function useWorkingVersion(profile: Profile, place: ProfilePlace, stored: ProfileVersion): Working {
  const key = `draft.${inOf(place)}/${place.name}@${stored.version}`;
  const [copy, setCopy] = useState(() => keptCopy(key));
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const dirty = copy !== undefined && isDirty(copy);
  useUnsaved(useCallback(() => dirty, [dirty]));
  useEffect(() => {
    if (copy === undefined || isDirty(copy)) return;
    if (deepEqual(copy.version, stored)) return setCopy(undefined);
    // What was saved comes back with the stream; when it does not, somebody else has made something else of it.
    const timer = setTimeout(() => setCopy(undefined), STREAM_MS);
    return () => clearTimeout(timer);
  }, [copy, stored]);
  const put = (next: WorkingCopy | undefined) => {
    keepCopy(key, next);
    setCopy(next);
  };
  const save = async (state?: 'published'): Promise<boolean> => {
    const mine = { ...(copy?.version ?? stored), ...(state === undefined ? {} : { state }) };
    setSaving(true);
    setProblem(undefined);
    try {
      // With the version it was read at: of two who change a profile at once, one is told to look again.
      const versions = profile.spec.versions.map((one) => (one.version === stored.version ? mine : one));
      const patch = { metadata: { resourceVersion: profile.metadata.resourceVersion }, spec: { versions } };
      const written = await client.patch<Profile>(addressOf(place), patch);
      const kept = written.spec.versions.find(({ version }) => version === stored.version) ?? mine;
      put({ base: kept, version: kept });
      return true;
    } catch (error) {
      setProblem(error);
      return false;
    } finally {
      setSaving(false);
    }
  };
  return {
    version: copy?.version ?? stored,
    dirty,
    theirs: dirty && !deepEqual(copy.base, stored) ? stored : undefined,
    saving,
    problem,
    edit: (change) => {
      setProblem(undefined);
      put({ base: copy?.base ?? stored, version: change(copy?.version ?? stored) });
    },
    discard: () => {
      setProblem(undefined);
      put(undefined);
    },
    keepMine: () => copy !== undefined && put({ base: stored, version: copy.version }),
    save,
  };
}
