import type { OverrideMerge } from '@slipway/model';
import { Panel } from '@slipway/ui';

const WORDS = {
  stays: () => 'goes on',
  same: (to: string) => `${to} has the same itself now`,
  kept: () => 'goes on, as it was decided',
  taken: () => 'is the profile’s, as it was decided',
} as const;

/** What is carried over by itself: nobody has to say anything about it. */
export function Carried({ merges }: { readonly merges: readonly OverrideMerge[] }) {
  const rows = merges.flatMap(({ pool, layer, to, paths }) =>
    paths.flatMap(({ path, outcome, mine }) =>
      outcome === 'conflict' || outcome === 'orphan'
        ? []
        : [
            {
              key: `${pool ?? ''}/${layer}.${path}`,
              place: `${pool === undefined ? '' : `pool ${pool}, `}${layer}`,
              path,
              mine,
              words: WORDS[outcome](to),
            },
          ],
    ),
  );
  if (rows.length === 0) return null;
  return (
    <Panel title="Overrides that are carried over" flush>
      <ul>
        {rows.map(({ key, place, path, mine, words }) => (
          <li key={key} className="carried">
            <span className="quiet">{place}</span>
            <code className="grow">
              {path}: {typeof mine === 'string' ? mine : JSON.stringify(mine)}
            </code>
            <span>{words}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
