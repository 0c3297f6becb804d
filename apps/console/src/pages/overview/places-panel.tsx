import { Panel } from '@slipway/ui';
import { Link, useSearch } from '@tanstack/react-router';
import { List, Map as MapIcon } from 'lucide-react';
import { useMemo } from 'react';
import type { Cluster } from '../../hub/objects.ts';
import { PARTS_OF_WORLD, type Place, places } from './fleet-facts.ts';

const number = new Intl.NumberFormat('en');
const nameOf = ({ region, account }: Place): string => region ?? `${account}, no region`;
const clustersText = (count: number): string => `${number.format(count)} ${count === 1 ? 'cluster' : 'clusters'}`;

/** Where clusters are: as a list, or laid out as on a map. */
export function PlacesPanel({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const { places: view } = useSearch({ from: '/clusters/overview' });
  const found = useMemo(() => places(clusters), [clusters]);
  return (
    <Panel
      title="Clouds and regions"
      flush
      aside={
        <nav className="segments" aria-label="View of the regions">
          <Link
            to="."
            search={(before) => ({ ...before, places: undefined })}
            className="segment"
            aria-current={view === undefined ? 'true' : undefined}
            activeOptions={{ exact: true }}
          >
            <List size={14} aria-hidden />
            List
          </Link>
          <Link
            to="."
            search={(before) => ({ ...before, places: 'map' as const })}
            className="segment"
            aria-current={view === 'map' ? 'true' : undefined}
            activeOptions={{ exact: true }}
          >
            <MapIcon size={14} aria-hidden />
            Map
          </Link>
        </nav>
      }
    >
      {view === 'map' ? <PlacesMap places={found} /> : <PlacesList places={found} />}
    </Panel>
  );
}

function PlacesList({ places: found }: { readonly places: readonly Place[] }) {
  const most = Math.max(1, ...found.map(({ clusters }) => clusters));
  return (
    <ul className="places">
      {found.map((place) => (
        <li key={place.key} className="place">
          <span className="place-name row">
            <PlaceLink place={place} />
            <span className="quiet small">{place.account}</span>
          </span>
          <span className="place-bar">
            <span style={{ width: `${Math.max(2, (100 * place.clusters) / most)}%` }}>
              <StateBar place={place} />
            </span>
          </span>
          <span className="place-count">{clustersText(place.clusters)}</span>
          <span className="place-needs">
            <Needs place={place} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The parts of the world where they lie on a map, each with its regions. */
function PlacesMap({ places: found }: { readonly places: readonly Place[] }) {
  return (
    <div className="world">
      {PARTS_OF_WORLD.map((part) => {
        const own = found.filter((place) => place.part === part);
        if (own.length === 0) return null;
        return (
          <section key={part} className={`world-part world-${part.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`} aria-label={part}>
            <h3 className="quiet small">{part}</h3>
            <ul className="world-places">
              {own.map((place) => (
                <li key={place.key} className="world-place">
                  <PlaceLink place={place} />
                  <span className="world-count">{number.format(place.clusters)}</span>
                  <StateBar place={place} />
                  <span className="small">
                    <Needs place={place} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

const PlaceLink = ({ place }: { readonly place: Place }) =>
  place.label === undefined ? (
    <span>{nameOf(place)}</span>
  ) : (
    <Link to="/clusters/list" search={{ label: place.label }}>
      {nameOf(place)}
    </Link>
  );

/** In words beside it: the colours only repeat what is said. */
const StateBar = ({ place: { states } }: { readonly place: Place }) => (
  <span className="state-bar" aria-hidden>
    {(['ok', 'busy', 'bad', 'quiet'] as const).map(
      (tone) => states[tone] > 0 && <span key={tone} className={`state-${tone}`} style={{ flexGrow: states[tone] }} />,
    )}
  </span>
);

const Needs = ({ place }: { readonly place: Place }) =>
  place.needs === 0 || place.label === undefined ? (
    <span className="quiet">{place.needs === 0 ? 'all well' : `${place.needs} need you`}</span>
  ) : (
    <Link to="/clusters/list" search={{ label: place.label, needs: 'any' }}>
      {place.needs} {place.needs === 1 ? 'needs' : 'need'} you
    </Link>
  );
