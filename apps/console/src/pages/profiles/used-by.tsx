import { Empty } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Boxes, CircleDot } from 'lucide-react';
import { clusterPath } from '../../paths.ts';
import { LayerState } from '../clusters/cluster-status.tsx';
import type { LayerUse } from './layer-facts.ts';

/** The clusters that have a layer at this version, with what they want otherwise. */
export function UsedBy({ uses, version }: { readonly uses: readonly LayerUse[]; readonly version: string }) {
  if (uses.length === 0)
    return (
      <Empty icon={Boxes} title="No cluster uses it">
        <p>Of the clusters that you may see, none is at version {version}.</p>
      </Empty>
    );
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Clusters that use it">
      <table className="table">
        <thead>
          <tr>
            <th>Cluster</th>
            <th>Project</th>
            <th>State here</th>
            <th>Overrides</th>
          </tr>
        </thead>
        <tbody>
          {uses.map(({ cluster: { metadata }, state, overridden }) => (
            <tr key={metadata.uid}>
              <td>
                <Link to={clusterPath(metadata.namespace ?? '', metadata.name)}>{metadata.name}</Link>
              </td>
              <td>{metadata.namespace}</td>
              <td>{state === undefined ? <span className="quiet">not there yet</span> : <LayerState state={state} />}</td>
              <td>
                {overridden ? (
                  <span className="mark">
                    <CircleDot size={13} className="tone-warn" aria-hidden />
                    overridden
                  </span>
                ) : (
                  <span className="quiet">none</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
