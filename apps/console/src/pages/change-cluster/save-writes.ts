import { SlipwayError } from '@slipway/kit/errors';
import type { SpecWrite } from '@slipway/model';
import { patchOf } from '@slipway/model/browser';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';

const KIND = { Cluster: KINDS.clusters, MachinePool: KINDS.machinepools } as const;

const addressOf = ({ kind, object: { metadata } }: SpecWrite) => ({ kind: KIND[kind], project: metadata.namespace, name: metadata.name });

/** Writes them one after the other, each over exactly what its plan was of: the hub's own notes of the status may have changed since, the spec may not. */
export async function saveWrites(writes: readonly SpecWrite[]): Promise<void> {
  const written = new Map<string, number>();
  for (const write of writes) {
    const now = await client.get(addressOf(write));
    const { uid, generation } = now.metadata;
    if (uid !== write.object.metadata.uid || generation !== (written.get(uid) ?? write.object.metadata.generation))
      throw new SlipwayError('Conflict', 'Somebody changed it while you were looking at the plan.', {
        hint: 'The plan is shown anew: look at it again.',
      });
    const stored = await writeOver(write, now.metadata.resourceVersion);
    written.set(uid, stored.metadata.generation);
  }
}

async function writeOver(write: SpecWrite, resourceVersion: string) {
  return client.patch(addressOf(write), { metadata: { resourceVersion }, ...patchOf(write) }, { fieldValidation: 'Strict' });
}
