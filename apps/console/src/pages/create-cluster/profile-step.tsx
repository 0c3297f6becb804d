import { Empty, Skeleton } from '@slipway/ui';
import { Layers } from 'lucide-react';
import { useId } from 'react';
import type { PlacedProfile } from '../../hub/profiles.ts';
import { clusterOf, withProfile } from './draft.ts';
import type { StepProps } from './step.ts';

const SCOPE_WORDS = { project: 'Of this project', tenant: 'Of your tenant', system: 'Of this installation' } as const;

/** What the cluster is made of: profiles as cards, with their layers. */
export function ProfileStep({ draft, onChange, profiles, loading }: StepProps) {
  const chosen = clusterOf(draft).spec?.profile;
  const carrying = profiles.filter(({ profile }) => profile.spec.type !== 'addon');
  if (carrying.length === 0 && loading) return <Skeleton lines={6} />;
  if (carrying.length === 0)
    return (
      <Empty icon={Layers} title="No profile that a cluster can be made of">
        <p>A profile of the type “full” or “infrastructure” with a published version is needed; whoever keeps profiles can make one.</p>
      </Empty>
    );
  const choose = ({ scope, profile, versions }: PlacedProfile, version: string | undefined) => {
    const found = versions.find((one) => one.version === version) ?? versions[0];
    if (found === undefined) return;
    onChange(withProfile(draft, { scope, name: profile.metadata.name, version: found.version }, found.variables));
  };
  return (
    <fieldset className="cards">
      <legend className="visually-hidden">Profile</legend>
      {carrying.map((placed) => {
        const { scope, profile } = placed;
        const isChosen = chosen?.name === profile.metadata.name && (chosen.scope ?? 'tenant') === scope;
        return (
          <Card
            key={`${scope}/${profile.metadata.name}`}
            placed={placed}
            version={isChosen ? chosen.version : undefined}
            onChoose={(version) => choose(placed, version)}
          />
        );
      })}
    </fieldset>
  );
}

function Card(props: {
  readonly placed: PlacedProfile;
  /** The chosen version; undefined when another profile is chosen. */
  readonly version: string | undefined;
  readonly onChoose: (version: string | undefined) => void;
}) {
  const { placed, version, onChoose } = props;
  const { scope, profile, versions } = placed;
  const { displayName, description } = profile.spec;
  const id = useId();
  const shown = versions.find((one) => one.version === version) ?? versions[0];
  return (
    <div className="card" data-chosen={version !== undefined}>
      <div className="row">
        <input
          type="radio"
          id={id}
          name="profile"
          className="form-radio"
          checked={version !== undefined}
          aria-describedby={`${id}-about`}
          onChange={() => onChoose(undefined)}
        />
        <label htmlFor={id} className="grow card-title">
          {displayName ?? profile.metadata.name}
        </label>
        <select
          className="field"
          aria-label={`Version of ${profile.metadata.name}`}
          value={shown?.version}
          onChange={(event) => onChoose(event.target.value)}
        >
          {versions.map((one, index) => (
            <option key={one.version} value={one.version}>
              {one.version}
              {index === 0 ? ' (newest)' : ''}
            </option>
          ))}
        </select>
      </div>
      <p id={`${id}-about`} className="small quiet">
        {[description, shown?.description, SCOPE_WORDS[scope]].filter(Boolean).join(' · ')}
      </p>
      <ol className="layer-chips" aria-label={`Layers of ${profile.metadata.name}`}>
        {shown?.layers.map(({ name, displayName: title, builtin, chart }) => (
          <li key={name}>
            {title ?? name} <span className="quiet mono">{builtin?.version ?? chart?.version ?? ''}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
