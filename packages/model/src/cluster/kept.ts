import type { WantedCondition } from '../meta/conditions.ts';
import type { ObjectId } from '../plan/cluster-plan.ts';
import type { KeptFact } from '../plan/facts.ts';

/** Objects named in one sentence; all of them are in the status. */
const SHOWN = 5;

/** `PersistentVolumeClaim db/data-db-0`, for sentences. */
export const objectWords = (id: ObjectId): string => `${id.kind} ${id.namespace === undefined ? '' : `${id.namespace}/`}${id.name}`;

/** "Of layer db these stay: Namespace db (holds …); …" */
export function keptWords(fact: KeptFact): string {
  const words = fact.kept.slice(0, SHOWN).map(({ object, reason }) => `${objectWords(object)} (${reason})`);
  const more = fact.kept.length - words.length + (fact.more ?? 0);
  return `What layer ${fact.layer} made is removed, but for: ${words.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`;
}

/** Said while something is left behind, and not otherwise; the cluster is as its profile says all the same, so it has no part in Ready. */
export const leftBehind = (kept: readonly KeptFact[]): WantedCondition[] =>
  kept.length === 0 ? [] : [{ type: 'NothingLeftBehind', status: 'False', reason: 'LeftBehind', message: kept.map(keptWords).join('\n') }];
