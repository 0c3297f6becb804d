import type { TitledImpact } from '../manifest/plan.ts';
import type { Io } from './io.ts';
import { countWords, renderKinds } from './plan-kinds.ts';

/** Clusters that are named one by one. */
const NAMED = 20;

/** What a macro or a registry would do to clusters: how many of which profiles, each different plan once, then the clusters. */
export function renderImpact(io: Io, { title, impact }: TitledImpact): string {
  const { total, unchanged, refused, unjudged, profiles, clusters, refusals } = impact;
  const changing = total - unchanged - refused - unjudged;
  if (total === 0) return `${io.paint('bold', title, 'stdout')}: none that you may read`;
  const made = profiles.map(({ profile, clusters: count }) => `${profile} (${count})`).join(', ');
  return [
    `${io.paint('bold', title, 'stdout')}: ${changing} of ${countWords(total, 'cluster')} would change${made === '' ? '' : `, made of ${made}`}.`,
    ...renderKinds(io, impact),
    ...(clusters.length > 1
      ? ['', ...clusters.slice(0, NAMED).map(({ cluster, profile, impact: how }) => `  ${cluster}  ${profile}  [${how}]`)]
      : []),
    ...(changing > NAMED ? [`  … and ${changing - NAMED} more; -o json names 200.`] : []),
    ...refusals
      .slice(0, 10)
      .map(({ cluster, why }) => io.paint('red', `  ${cluster} could not be made so and would stay as it is: ${why}`, 'stdout')),
    ...(unjudged > 0 ? [`  There was no time to look at ${countWords(unjudged, 'cluster')}.`] : []),
  ].join('\n');
}
