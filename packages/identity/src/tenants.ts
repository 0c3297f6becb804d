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
  if (dryRun) return;
  // Those who could make something new in it go first.
  const order = ['RoleBinding', 'ProjectRoleBinding', 'User', 'ServiceAccount', 'ApiKey'];
  const own = kinds.filter((kind) => kind.scope !== 'system' && kind.kind !== 'AuditRecord').map((kind) => kind.kind);
  for (const kind of [...order, ...own.filter((name) => !order.includes(name))]) {
    for (const { metadata } of (await store.list({ tenant, kind })).items) {
      await store.delete({ tenant, kind, project: metadata.namespace, name: metadata.name }).catch((error: unknown) => {
        if (!(error instanceof SlipwayError && error.code === 'NotFound')) throw error;
      });
    }
  }
}
