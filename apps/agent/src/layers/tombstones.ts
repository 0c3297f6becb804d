import { backoff, messageOf, minutes, type Clock, type Logger } from '@slipway/kit';
import type { ClusterPlan, Tombstone } from '@slipway/model';
import { createNotifier } from '../parallel.ts';
import type { InventoryStore } from './inventory.ts';
import type { KeptStore } from '../removal/kept-store.ts';
import type { Removal } from '../removal/removal.ts';
import { goesAfter, ownedAgain, type LayerStone } from '../removal/removal-scope.ts';

export interface TombstonesDeps {
  readonly removal: Removal;
  readonly kept: Pick<KeptStore, 'prune'>;
  readonly inventory: Pick<InventoryStore, 'load'>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onChange: () => void;
}

export interface Removing {
  readonly layer: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339 */
  readonly since: string;
}

export interface Tombstones {
  /** Works on the tombstones of this plan until all are done; a newer plan's replace them. */
  execute(plan: ClusterPlan, signal: AbortSignal): Promise<void>;
  /** Ids that are done, of the plan in force. */
  done(): string[];
  /** Layers that are being removed, with what that waits for. */
  removing(): Removing[];
}

/** What removals left is looked for so often: people clear it up. */
const PRUNE_MS = minutes(5);

/** Carries out the tombstones of the plan in force, layers that depended on others before those, until each is done. The deleting is `removal`'s. */
export function createTombstones(deps: TombstonesDeps): Tombstones {
  const notifier = createNotifier();
  let doneIds = new Set<string>();
  let removing = new Map<string, Removing>();

  function note(stone: Tombstone, plan: ClusterPlan, reason: string, message: string): void {
    if (stone.type !== 'layer' || plan.layers.some((layer) => layer.name === stone.layer)) return;
    const before = removing.get(stone.id);
    if (before?.message === message && before.reason === reason) return;
    removing.set(stone.id, { layer: stone.layer, reason, message, since: before?.since ?? new Date(deps.clock.now()).toISOString() });
    deps.onChange();
  }

  async function attempt(stone: Tombstone, plan: ClusterPlan, signal: AbortSignal): Promise<void> {
    try {
      note(stone, plan, 'Removing', removing.get(stone.id)?.message ?? 'Removing what the layer made.');
      const waitsFor = await deps.removal.remove(stone, { plan, signal, isDone: (id) => doneIds.has(id) });
      if (waitsFor !== undefined) return note(stone, plan, 'Removing', waitsFor);
      doneIds.add(stone.id);
      removing.delete(stone.id);
      deps.onChange();
    } catch (error) {
      if (signal.aborted) return;
      deps.logger.warn({ tombstone: stone.id, error: messageOf(error) }, 'a removal failed and is tried again');
      note(stone, plan, 'RemovalFailed', messageOf(error));
    }
  }

  /** One try at everything that may go now. What others wait for goes on being tried. */
  async function round(plan: ClusterPlan, signal: AbortSignal): Promise<void> {
    const open = plan.tombstones.filter((stone) => !doneIds.has(stone.id));
    const layers = open.filter((stone): stone is LayerStone => stone.type === 'layer');
    // Layers that depended on each other in a circle have no first one: then the plan's order is as good as any.
    const stuck = layers.length > 0 && layers.every((stone) => goesAfter(stone, layers) !== undefined);
    for (const stone of open) {
      if (signal.aborted) return;
      const rest = layers.filter((other) => !doneIds.has(other.id));
      const after = stone.type === 'layer' && !stuck ? goesAfter(stone, rest) : undefined;
      if (after === undefined) await attempt(stone, plan, signal);
      else note(stone, plan, 'WaitingForLayer', `Waits for layer ${after}, which depended on it, to be removed.`);
    }
  }

  async function prune(plan: ClusterPlan): Promise<void> {
    await deps.kept
      .prune(() => ownedAgain(plan, deps.inventory))
      .catch((error: unknown) => deps.logger.warn({ error: messageOf(error) }, 'what removals left could not be looked for'));
    deps.onChange();
  }

  return {
    async execute(plan, signal) {
      const ids = new Set(plan.tombstones.map((stone) => stone.id));
      doneIds = new Set([...doneIds].filter((id) => ids.has(id)));
      removing = new Map([...removing].filter(([id]) => ids.has(id)));
      await prune(plan);
      for (let tries = 0; !signal.aborted && doneIds.size < ids.size; tries++) {
        const before = doneIds.size;
        await round(plan, signal);
        // What waited for the one that is done now need not wait longer.
        if (doneIds.size > before) tries = 0;
        if (doneIds.size < ids.size) await notifier.next(signal, backoff(tries, { baseMs: 300, maxMs: minutes(1) }));
      }
      while (!signal.aborted) {
        await notifier.next(signal, PRUNE_MS);
        if (!signal.aborted) await prune(plan);
      }
    },
    done: () => [...doneIds],
    removing: () => [...removing.values()],
  };
}
