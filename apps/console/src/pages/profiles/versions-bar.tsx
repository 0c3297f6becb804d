import type { ProfileVersion } from '@slipway/model';
import { Button, buttonClass, Status } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CircleCheck, GitCompareArrows, Pencil, Plus } from 'lucide-react';
import type { Profile } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { useState } from 'react';
import { Problem } from '../problem-pages.tsx';
import { addressOf, type ProfilePlace } from './profile-place.ts';
import { nextVersion } from './working-copy.ts';

/** Which version is looked at, a new draft from it, and which one it is compared with. */
export function VersionsBar(props: {
  readonly profile: Profile;
  readonly place: ProfilePlace;
  readonly shown: ProfileVersion;
  /** Why no draft can be made. */
  readonly because: string | undefined;
}) {
  const { profile, place, shown } = props;
  const { versions } = profile.spec;
  const { with: other } = useSearch({ from: '/clusters/profiles/$in/$name' });
  const navigate = useNavigate({ from: '/clusters/profiles/$in/$name' });
  const [problem, setProblem] = useState<unknown>();
  const draft = async () => {
    const version = nextVersion(
      versions.map((one) => one.version),
      shown.version,
    );
    setProblem(undefined);
    try {
      const spec = { versions: [...versions, { ...shown, version, state: 'draft' as const }] };
      await client.patch(addressOf(place), { metadata: { resourceVersion: profile.metadata.resourceVersion }, spec });
      await navigate({ search: (before) => ({ ...before, version, with: undefined }) });
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <>
      <div className="row wrap">
        <select
          className="field"
          aria-label="Version"
          value={shown.version}
          onChange={({ target: { value } }) => void navigate({ search: (before) => ({ ...before, version: value, layer: undefined }) })}
        >
          {versions
            .map(({ version, state }) => ({ version, state }))
            .toReversed()
            .map(({ version, state }) => (
              <option key={version} value={version}>
                {version}
                {state === 'draft' ? ' (draft)' : ''}
              </option>
            ))}
        </select>
        {shown.state === 'draft' ? (
          <Status icon={Pencil} tone="busy" word="Draft" title="It can be changed, and no cluster can use it." />
        ) : (
          <Status
            icon={CircleCheck}
            tone="ok"
            word="Published"
            title="It stays as it is for ever. Going back is choosing an older version."
          />
        )}
        {shown.description !== '' && <span className="quiet">{shown.description}</span>}
        <span className="grow" />
        <label className="row small quiet">
          <GitCompareArrows size={15} aria-hidden />
          Compare with
          <select
            className="field"
            value={other ?? ''}
            onChange={({ target: { value } }) =>
              void navigate({ search: (before) => ({ ...before, with: value === '' ? undefined : value }) })
            }
          >
            <option value="">nothing</option>
            {versions
              .filter(({ version }) => version !== shown.version)
              .map(({ version }) => (
                <option key={version} value={version}>
                  {version}
                </option>
              ))}
          </select>
        </label>
        <Button className={buttonClass()} because={props.because} onClick={() => void draft()}>
          <Plus size={14} aria-hidden />
          New draft
        </Button>
      </div>
      {problem !== undefined && <Problem error={problem} />}
    </>
  );
}
