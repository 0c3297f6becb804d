import { type Impact, IMPACT_WORDS, type ImpactPlan } from '@slipway/model';
import { renderChangePlan } from './change-plan.ts';
import type { Io } from './io.ts';

/** Different plans that are shown in full. */
const SHOWN = 5;

export const countWords = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Each different plan of a fleet once. */
export function renderKinds(io: Io, { kinds }: Pick<ImpactPlan, 'kinds'>): string[] {
  const lines: string[] = [];
  for (const kind of kinds.slice(0, SHOWN))
    lines.push('', renderChangePlan(io, `${countWords(kind.clusters, 'cluster')}, such as ${kind.example}`, kind.plan));
  if (kinds.length > SHOWN) lines.push('', `… and ${kinds.length - SHOWN} other plans; -o json of the API shows them.`);
  return lines;
}

/** `12 [restart] restarts pods` */
export const impactCounts = (impacts: ImpactPlan['impacts']): string[] =>
  Object.entries(impacts).map(([impact, of]) => `${of} [${impact}] ${IMPACT_WORDS[impact as Impact]}`);
