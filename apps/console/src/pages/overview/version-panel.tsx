import { Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Cluster } from '../../hub/objects.ts';
import { kubernetesOf, spread } from '../clusters/cluster-rows.ts';
import { profileSpread } from './fleet-facts.ts';

const number = new Intl.NumberFormat('en');
const percent = (share: number): string => (share > 0 && share < 0.01 ? '<1 %' : `${Math.round(share * 100)} %`);
const PROFILES = 6;

/** What clusters run: each profile with its versions, newest first, and Kubernetes. */
export function VersionPanel({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const profiles = useMemo(() => profileSpread(clusters), [clusters]);
  const kubernetes = useMemo(
    () => spread(clusters, kubernetesOf).toSorted((a, b) => b[0].localeCompare(a[0], 'en', { numeric: true })),
    [clusters],
  );
  return (
    <Panel title="Versions">
      <div className="versions">
        <VersionLine
          title="Kubernetes"
          count={clusters.length}
          parts={kubernetes.map(([version, count]) => ({
            version,
            clusters: count,
            share: count / clusters.length,
            search: { kubernetes: version },
          }))}
        />
        {profiles.slice(0, PROFILES).map(({ profile, clusters: count, versions }) => (
          <VersionLine
            key={profile}
            title={profile}
            count={count}
            search={{ profile }}
            parts={versions.map((one) => ({ ...one, search: { profile: `${profile}@${one.version}` } }))}
          />
        ))}
        {profiles.length > PROFILES && <p className="quiet small">and {profiles.length - PROFILES} more profiles</p>}
      </div>
    </Panel>
  );
}

interface Part {
  readonly version: string;
  readonly clusters: number;
  readonly share: number;
  readonly search: { readonly profile?: string; readonly kubernetes?: string };
}

function VersionLine(props: {
  readonly title: string;
  readonly count: number;
  readonly parts: readonly Part[];
  readonly search?: { readonly profile: string };
}) {
  return (
    <div>
      <div className="row">
        <h3 className="grow clip">
          {props.search === undefined ? (
            props.title
          ) : (
            <Link to="/clusters/list" search={props.search}>
              {props.title}
            </Link>
          )}
        </h3>
        <span className="quiet small">{number.format(props.count)}</span>
      </div>
      <span className="version-bar" aria-hidden>
        {props.parts.map(({ version, clusters }, index) => (
          <span key={version} className={`version-part version-part-${Math.min(index, 3)}`} style={{ flexGrow: clusters }} />
        ))}
      </span>
      <ul className="version-legend small">
        {props.parts.map(({ version, clusters, share, search }, index) => (
          <li key={version}>
            <span className={`version-key version-part-${Math.min(index, 3)}`} aria-hidden />
            <Link to="/clusters/list" search={search} title={`${number.format(clusters)} clusters`}>
              {version}
            </Link>{' '}
            <span className="quiet">{percent(share)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
