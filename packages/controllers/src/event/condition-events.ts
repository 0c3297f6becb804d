import { changedConditions, type ApiObject, type Condition } from '@slipway/model';
import type { Deps } from '../deps.ts';

/** One event per condition whose status changed. First sights that say nothing is wrong yet (False or Unknown on a new object) are not news. */
export async function recordChanges(
  deps: Pick<Deps, 'events'>,
  regarding: ApiObject,
  old: readonly Condition[],
  next: readonly Condition[],
): Promise<void> {
  for (const condition of changedConditions(old, next)) {
    const isNew = !old.some((before) => before.type === condition.type);
    if (isNew && condition.status !== 'True') continue;
    const fine = condition.status === 'True';
    await deps.events.record({
      regarding,
      type: fine ? 'Normal' : 'Warning',
      reason: fine ? condition.type : condition.reason,
      message: fine
        ? condition.message || `${condition.type} is now true.`
        : `${condition.type} is ${condition.status.toLowerCase()}: ${condition.message}`,
    });
  }
}
