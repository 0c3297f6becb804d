import { sleep } from '@slipway/kit';
import { list } from './objects.ts';
import type { Found, Snapshot } from './verify.ts';
import type { ClientDeps } from './watcher.ts';
import { isUnavailable, oneOf } from './wire.ts';

/** Lists over and over: whole, in pages with pauses between them, and as it was at a resource version seen before. */
export function createLister({ who, wire, random, counts, problem }: Omit<ClientDeps, 'selection'>) {
  const remembered: number[] = [];
  let snapshots: Snapshot[] = [];
  return {
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        const limit = random() < 0.25 ? 0 : 3 + Math.floor(random() * 25);
        const exact = random() < 0.2 ? oneOf(remembered, random) : undefined;
        counts.lists++;
        if (limit > 0) counts.pagedLists++;
        if (exact !== undefined) counts.exactLists++;
        const selection = random() < 0.3 ? 'even' : 'all';
        try {
          const found = await list(wire, { who, selection, limit, exact, between: () => sleep(random() * 25) });
          if (!('refused' in found)) {
            snapshots.push(found);
            if (remembered.push(found.rv) > 200) remembered.shift();
          } else if (found.refused === 410) counts.gone++;
          else if (found.refused !== 429 && !isUnavailable(found.refused))
            problem({ kind: 'refused', text: `${who}: a list was answered with ${found.refused}` });
        } catch {
          counts.broken++;
        }
        await sleep(30 + random() * 100);
      }
    },
    take(): Found {
      const found = { stretches: [], snapshots, sightings: [] };
      snapshots = [];
      return found;
    },
  };
}
