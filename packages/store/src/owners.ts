import type { ApiObject } from '@slipway/model';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { objectOf, type ObjectRow } from './rows.ts';

export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

/** What happens to the objects that belong to a deleted one: deleted after it, deleted before it, or left without an owner. */
export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** The finalizers of an object that is being deleted, by the policy; without one those it has stay, as in Kubernetes. */
export function finalizersFor(finalizers: readonly string[], policy: PropagationPolicy | undefined): string[] {
  if (policy === undefined) return [...finalizers];
  const others = finalizers.filter((finalizer) => finalizer !== FOREGROUND_FINALIZER && finalizer !== ORPHAN_FINALIZER);
  if (policy === 'Background') return others;
  return [...others, policy === 'Foreground' ? FOREGROUND_FINALIZER : ORPHAN_FINALIZER];
}

/** An object of a tenant. */
export interface Owned {
  readonly tenant: string;
  readonly object: ApiObject;
}

const owned = (row: ObjectRow): Owned => ({ tenant: row.tenant, object: objectOf(row) });

/** The objects of any kind that name this uid as an owner. */
export async function dependentsOf(database: Database, tenant: string, uid: string): Promise<Owned[]> {
  const wanted = JSON.stringify([{ uid }]);
  const { rows } = await sql<ObjectRow>`
    select o.* from objects o where o.tenant = ${tenant} and o.metadata -> 'ownerReferences' @> ${wanted}::jsonb
    order by o.kind, o.project, o.name`.execute(database.db);
  return rows.map(owned);
}

/** Every object that has owners or whose dependents are to be seen to: where a collector begins. */
export async function collectable(database: Database): Promise<Owned[]> {
  const { rows } = await sql<ObjectRow>`
    select o.* from objects o where o.metadata -> 'ownerReferences' is not null
      or (o.deletion_timestamp is not null and o.metadata -> 'finalizers' ?| array[${FOREGROUND_FINALIZER}, ${ORPHAN_FINALIZER}])`.execute(
    database.db,
  );
  return rows.map(owned);
}
