import type { ApiObject } from '@slipway/model';
import { changed, defineController } from '@slipway/runtime';
import type { Deps } from '../deps.ts';
import { writeStatus } from '../writes.ts';

interface ProjectScope {
  readonly project: ApiObject<unknown, { clusters: number }>;
  readonly clusters: number;
}

/** Says how many clusters a project has. */
export const projectController = (deps: Deps) =>
  defineController<ProjectScope>({
    name: 'project',
    resyncMs: 10 * 60_000,
    wakeOn: [
      changed(deps, 'Project', (project) => [project.metadata.name]),
      changed(deps, 'Cluster', (cluster) => [cluster.metadata.namespace ?? ''], { specOnly: true }),
    ],
    async load(key) {
      const project = (await deps.store.get({ kind: 'Project', name: key })) as ProjectScope['project'] | undefined;
      return project && { project, clusters: (await deps.store.list({ kind: 'Cluster', project: key })).items.length };
    },
    deleting: () => false,
    phases: {},
    async finish({ project, clusters }) {
      await writeStatus(deps.store, project, { clusters });
    },
  });
