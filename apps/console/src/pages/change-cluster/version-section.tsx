import type { ProfileRef } from '@slipway/model';
import { profileText, sameProfile } from '@slipway/model/browser';
import { Button, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { type PlacedProfile, useProfiles } from '../../hub/profiles.ts';
import type { SectionProps } from './settings-tab.tsx';

/** The cluster's profile and its add-ons, each with the versions that it can move to, newer or older. */
export function VersionSection({ cluster, because, onChange }: SectionProps) {
  const { profiles, loading } = useProfiles(cluster.metadata.namespace ?? '');
  return (
    <Panel title="Versions" flush>
      <ul>
        {[cluster.spec.profile, ...cluster.spec.addons].map((ref) => (
          <VersionRow
            key={`${ref.scope}/${ref.name}`}
            now={ref}
            placed={profiles.find(({ scope, profile }) => sameProfile(ref, { scope, name: profile.metadata.name }))}
            because={because ?? (loading ? 'Its versions are being listed.' : undefined)}
            onMove={(target) => onChange({ what: 'move', target })}
          />
        ))}
      </ul>
    </Panel>
  );
}

interface VersionRowProps {
  readonly now: ProfileRef;
  readonly placed: PlacedProfile | undefined;
  readonly because: string | undefined;
  readonly onMove: (target: ProfileRef) => void;
}

function VersionRow({ now, placed, because, onMove }: VersionRowProps) {
  const id = useId();
  const others = (placed?.versions ?? []).map(({ version }) => version).filter((version) => version !== now.version);
  const [chosen, setChosen] = useState<string>();
  const version = chosen ?? others[0];
  const not = because ?? (version === undefined ? 'There is no other version that you may see.' : undefined);
  return (
    <li className="setting">
      <span className="grow">
        <Link
          to="/clusters/profiles/$in/$name"
          params={{ in: now.scope, name: now.name }}
          search={{ version: now.version }}
          className="setting-name"
        >
          {profileText(now)}
        </Link>
        <span className="quiet block">What the cluster wants otherwise than its profile is carried over.</span>
      </span>
      <label htmlFor={id} className="visually-hidden">
        Version of {now.name}
      </label>
      <select
        id={id}
        className="field"
        disabled={others.length === 0}
        value={version ?? ''}
        onChange={({ target }) => setChosen(target.value)}
      >
        {others.length === 0 && <option value="">no other version</option>}
        {others.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <Button because={not} onClick={() => version !== undefined && onMove({ ...now, version })}>
        Review move
      </Button>
    </li>
  );
}
