import type { DriftFact } from '@slipway/model';
import { driftedText } from '@slipway/model/browser';
import type { Cluster } from '../../hub/objects.ts';
import { type ToldLayers, wantedAt, whyNotYet } from './wanted.ts';

/** Field by field; only fields that were applied are looked at, so what the server adds or others own is never here. */
export function ThreeWays({
  cluster,
  fact,
  told,
}: {
  readonly cluster: Cluster;
  readonly fact: DriftFact;
  readonly told: ToldLayers | undefined;
}) {
  if (fact.type === 'Deleted') return <p className="drift-body quiet">It was applied, is not there any more, and is wanted.</p>;
  const notYet = whyNotYet(cluster);
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={`Fields of ${driftedText(fact.object)}`}>
      <table className="table drift-table">
        <thead>
          <tr>
            <th>Field</th>
            <th>Applied</th>
            <th>Live</th>
            <th>Wanted</th>
          </tr>
        </thead>
        <tbody>
          {fact.diff.map(({ path, wanted, live }) => (
            <tr key={path}>
              <td className="mono">{path}</td>
              <td>{shown(wanted)}</td>
              <td className="drift-live">{shown(live)}</td>
              <td>
                {shown(wantedAt(fact, path, told))}
                {notYet !== undefined && <span className="quiet small block">{notYet}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const shown = (value: unknown) =>
  value === undefined ? (
    <span className="quiet">not there</span>
  ) : (
    <code>{typeof value === 'string' ? value : JSON.stringify(value, null, 1)}</code>
  );
