import type { ApiObject } from '@slipway/model';
import { changed, defineController } from '@slipway/runtime';
import type { FleetDeps } from '../deps.ts';
import { keyOf, splitKey } from '../reads.ts';
import { tenantStore } from '../tenant-deps.ts';
import { writeStatus } from '../writes.ts';

interface ProjectScope {
  readonly tenant: string;
  readonly project: ApiObject<unknown, { clusters: number }>;
  readonly clusters: number;
}

/** Says how many clusters a project has. */
export const projectController = (deps: FleetDeps) =>
  defineController<ProjectScope>({
    name: 'project',
    resyncMs: 10 * 60_000,
    wakeOn: [
      changed(deps, 'Project', (project, tenant) => [keyOf(tenant, project)]),
      changed(deps, 'Cluster', (cluster, tenant) => [`${tenant}/${cluster.metadata.namespace}`], { specOnly: true }),
    ],
    async load(key) {
      const { tenant, name } = splitKey(key);
      const project = (await deps.store.get({ tenant, kind: 'Project', name })) as ProjectScope['project'] | undefined;
      if (project === undefined) return undefined;
      // Only how many: thousands of clusters are not read for a number.
      const { items, remainingItemCount = 0 } = await deps.store.list({ tenant, kind: 'Cluster', project: name, limit: 1 });
      return { tenant, project, clusters: items.length + remainingItemCount };
    },
    deleting: () => false,
    phases: {},
    async finish({ tenant, project, clusters }) {
      await writeStatus(tenantStore(deps.store, tenant), project, { clusters });
    },
  });
