import { SlipwayError } from '@slipway/kit';
import { kinds, type ObjectStore } from '@slipway/model';

/** Kinds that stand for something outside the hub: a tenant that has one is not given up by accident. */
const REAL: readonly string[] = ['Cluster', 'MachinePool', 'Machine'];

/** A tenant goes when it has no clusters; its people, projects and settings go with it. What was done in it stays in its audit chain. */
export async function refuseUnlessEmpty(store: ObjectStore, tenant: string, dryRun: boolean): Promise<void> {
  for (const kind of REAL) {
    const { items } = await store.list({ tenant, kind });
    if (items.length > 0) {
      throw new SlipwayError(
        'Conflict',
        `Tenant "${tenant}" still has ${items.length} ${kind === 'Machine' ? 'machines' : kind === 'Cluster' ? 'clusters' : 'machine pools'}.`,
        {
          hint: 'Delete its clusters first.',
          retryable: false,
        },
      );
    }
  }
  if (!dryRun) await removeAll(store, { tenant });
}

/** What a project holds goes with it: its accounts, and the bindings that gave others rights in it. It has no clusters: that is looked at before. */
export const emptyProject = (store: ObjectStore, place: { tenant: string; project: string }): Promise<void> => removeAll(store, place);

/** A project begins empty, also when a crash left something of a former one under its name. */
export async function emptyLeftovers(store: ObjectStore, tenant: string, project: string | undefined): Promise<void> {
  if (project === undefined || (await store.get({ tenant, kind: 'Project', name: project })) !== undefined) return;
  await emptyProject(store, { tenant, project });
}

async function removeAll(store: ObjectStore, place: { tenant: string; project?: string }): Promise<void> {
  const { tenant } = place;
  // Those who could make something new in it go first.
  const order = ['RoleBinding', 'ProjectRoleBinding', 'User', 'ServiceAccount', 'ApiKey'];
  const own = kinds
    .filter(({ kind, scope }) =>
      place.project === undefined ? scope !== 'system' && kind !== 'AuditRecord' : scope === 'project' && !REAL.includes(kind),
    )
    .map(({ kind }) => kind);
  for (const kind of own.toSorted((a, b) => placeIn(order, a) - placeIn(order, b))) {
    for (const { metadata } of (await store.list({ ...place, kind })).items) {
      await store.delete({ tenant, kind, project: metadata.namespace, name: metadata.name }).catch((error: unknown) => {
        if (!(error instanceof SlipwayError && error.code === 'NotFound')) throw error;
      });
    }
  }
}

const placeIn = (order: readonly string[], kind: string): number => (order.includes(kind) ? order.indexOf(kind) : order.length);
