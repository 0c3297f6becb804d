import { SlipwayError } from '@slipway/kit';
import { type ObjectStore, SYNC_REQUESTED } from '@slipway/model';
import type { RegistryRef } from '@slipway/packs';
import { registryAddress } from '../registry-reader.ts';

const ATTEMPTS = 5;

/** Notes that somebody wants a sync now; the controller does it. Gives the moment that was noted, or undefined when there is no such registry. */
export async function requestSync(store: ObjectStore, ref: RegistryRef, now: string): Promise<string | undefined> {
  for (let attempt = 0; ; attempt++) {
    const registry = await store.get(registryAddress(ref));
    if (registry === undefined) return undefined;
    const annotations = { ...registry.metadata.annotations, [SYNC_REQUESTED]: now };
    try {
      await store.update({ ...registry, metadata: { ...registry.metadata, annotations } }, { tenant: ref.tenant });
      return now;
    } catch (error) {
      // A sync that runs writes its status meanwhile.
      if (!(error instanceof SlipwayError && error.code === 'Conflict') || attempt >= ATTEMPTS) throw error;
    }
  }
}
