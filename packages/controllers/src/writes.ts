import { SlipwayError } from '@slipway/kit';
import { deepEqual, type ApiObject, type ObjectRef, type ObjectStore } from '@slipway/model';

/** Writes status only when it differs from what is stored. True when it was written. */
export async function writeStatus<Status>(store: ObjectStore, object: ApiObject<unknown, Status>, status: Status): Promise<boolean> {
  if (deepEqual(object.status, status)) return false;
  await store.updateStatus({ ...object, status });
  return true;
}

/** Takes a finalizer off; the object goes with its last one. */
export async function dropFinalizer(store: ObjectStore, object: ApiObject, finalizer: string): Promise<void> {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) return;
  await unlessGone(
    store.update({ ...object, metadata: { ...object.metadata, finalizers: finalizers.filter((name) => name !== finalizer) } }),
  );
}

/** Deletes; fine when it is gone already. */
export async function deleteObject(store: ObjectStore, ref: ObjectRef): Promise<void> {
  await unlessGone(store.delete(ref));
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof SlipwayError && error.code === 'NotFound')) throw error;
  }
}
