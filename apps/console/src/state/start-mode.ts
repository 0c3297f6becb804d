import { mayDo } from '../hub/access.ts';
import { KINDS } from '../hub/kinds.ts';
import type { Mode } from '../paths.ts';
import { lastMode } from './last-place.ts';
import { readStored, store } from './stored.ts';

/** What is opened without an address: where one was last, or always the same mode. */
export const STARTS = ['last', 'clusters', 'apps'] as const;
export type Start = (typeof STARTS)[number];

const NAME = 'mode.start';

export const start = (): Start => STARTS.find((one) => one === readStored(NAME)) ?? 'last';
export const setStart = (next: Start): void => store(NAME, next === 'last' ? undefined : next);

/** Whoever may see any of these has something to do in Cluster mode. */
const OF_CLUSTER_MODE = [KINDS.clusters, KINDS.clusterprofiles, KINDS.registries, KINDS.users] as const;

/** Chosen, else as it was, else by what the hub lets them see: who has no right to clusters and what they are made of begins with apps. */
export async function startMode(): Promise<Mode> {
  const chosen = start();
  if (chosen !== 'last') return chosen;
  const last = lastMode();
  if (last !== undefined) return last;
  // A hub that does not answer now will say so by the page itself.
  const answers = await Promise.all(OF_CLUSTER_MODE.map((kind) => mayDo('list', kind).catch(() => ({ allowed: true }))));
  return answers.some(({ allowed }) => allowed) ? 'clusters' : 'apps';
}
