import { Button, Empty, Panel, Skeleton } from '@slipway/ui';
import { FilterX, Plus, Search } from 'lucide-react';
import { LAYER_TYPES } from '@slipway/model/browser-profiles';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Pack } from '../../hub/objects.ts';
import { architecturesIn, packsThrough, packTitle } from '../packs/pack-facts.ts';
import { LAYER_ICONS, LAYER_WORDS } from './layer-marks.tsx';

/** Packs to make layers of: found by words, by what they are for, by whether they suit the version's Kubernetes. */
export function Library(props: {
  readonly packs: readonly Pack[];
  readonly loading: boolean;
  readonly kubernetes: string | undefined;
  /** Why nothing can be added. */
  readonly fixed: string | undefined;
  readonly add: (pack: Pack) => void;
}) {
  const { q = '', type, suits, arch } = useSearch({ from: '/clusters/profiles/$in/$name' });
  const navigate = useNavigate({ from: '/clusters/profiles/$in/$name' });
  const change = (part: { q?: string | undefined; type?: string | undefined; arch?: string | undefined; suits?: 'yes' | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const shown = packsThrough(props.packs, { q, type, arch, suits: suits === undefined ? undefined : props.kubernetes });
  return (
    <Panel title="Pack library" flush aside={<span className="quiet">{shown.length}</span>}>
      <div className="library-filters">
        <div className="with-icon">
          <Search size={15} aria-hidden />
          <input
            className="field"
            type="search"
            data-filter
            aria-label="Find packs"
            placeholder="Find packs"
            value={q}
            onChange={(event) => change({ q: event.target.value === '' ? undefined : event.target.value })}
          />
        </div>
        <select
          className="field"
          aria-label="Type of layer"
          value={type ?? ''}
          onChange={(event) => change({ type: event.target.value === '' ? undefined : event.target.value })}
        >
          <option value="">Any type</option>
          {LAYER_TYPES.map((one) => (
            <option key={one} value={one}>
              {LAYER_WORDS[one]}
            </option>
          ))}
        </select>
        <select
          className="field"
          aria-label="Machines"
          value={arch ?? ''}
          onChange={(event) => change({ arch: event.target.value === '' ? undefined : event.target.value })}
        >
          <option value="">Any machines</option>
          {architecturesIn(props.packs).map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
        {props.kubernetes !== undefined && (
          <label className="row small">
            <input
              type="checkbox"
              checked={suits !== undefined}
              onChange={(event) => change({ suits: event.target.checked ? 'yes' : undefined })}
            />
            Suits Kubernetes {props.kubernetes}
          </label>
        )}
      </div>
      {shown.length === 0 && props.loading && (
        <div className="panel-body">
          <Skeleton lines={6} />
        </div>
      )}
      {shown.length === 0 && !props.loading && (
        <Empty icon={FilterX} title={props.packs.length === 0 ? 'No packs yet' : 'No pack matches'}>
          <p>{props.packs.length === 0 ? 'They come with a registry.' : 'Change or clear the filters.'}</p>
        </Empty>
      )}
      <ul className="library-list">
        {shown.map((pack) => {
          const Icon = LAYER_ICONS[(pack.spec.layer ?? 'addon') as keyof typeof LAYER_ICONS] ?? LAYER_ICONS.addon;
          return (
            <li key={pack.metadata.uid} className="library-item">
              <Icon size={15} className="quiet" aria-hidden />
              <span className="grow">
                <span className="block clip">{packTitle(pack.spec)}</span>
                <span className="block clip small quiet">
                  {pack.spec.latest ?? 'withdrawn'} · {pack.spec.registry}
                  {pack.spec.deprecated ? ' · deprecated' : ''}
                </span>
              </span>
              <Button
                look="icon"
                aria-label={`Add ${pack.spec.name}`}
                because={props.fixed ?? (pack.spec.latest === undefined ? 'Its registry has no version of it any more.' : undefined)}
                onClick={() => props.add(pack)}
              >
                <Plus size={15} aria-hidden />
              </Button>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
