import { Ago, Empty, Panel } from '@slipway/ui';
import { Layers } from 'lucide-react';
import type { Cluster } from '../../hub/objects.ts';
import { LayerState } from './cluster-status.tsx';

/** The stack as it is in the cluster now. */
export function LayersTab({ cluster }: { readonly cluster: Cluster }) {
  const layers = cluster.status?.layers ?? [];
  const overridden = new Set(Object.keys(cluster.spec.overrides));
  return (
    <Panel
      title="Layers"
      flush
      aside={
        <span className="quiet">
          {layers.filter(({ state }) => state === 'Ready').length} of {layers.length} ready
        </span>
      }
    >
      {layers.length === 0 && (
        <Empty icon={Layers} title="No layers yet">
          <p>They come with the profile, once it is resolved.</p>
        </Empty>
      )}
      {layers.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="group" aria-label="Layers">
          <table className="table">
            <thead>
              <tr>
                <th>Layer</th>
                <th>State</th>
                <th>Version</th>
                <th>What it says</th>
                <th>Since</th>
              </tr>
            </thead>
            <tbody>
              {layers.map(({ name, state, version, reason, message, since }) => (
                <tr key={name}>
                  <td>
                    {name}
                    {overridden.has(name) && <span className="quiet small block">overridden here</span>}
                  </td>
                  <td>
                    <LayerState state={state} />
                  </td>
                  <td className="mono">{version?.replace(/^(sha256:.{12}).*/, '$1…') ?? '–'}</td>
                  <td className="message">
                    {reason}
                    {message !== '' && <span className="quiet block">{message}</span>}
                  </td>
                  <td>
                    <Ago time={since === '' ? undefined : since} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
