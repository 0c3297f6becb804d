import { SlipwayError } from '@slipway/kit/errors';
import type { NewObject } from '@slipway/model';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';

const MOST_TRIES = 4;
const AGAIN_MS = 500;

/** How a beginning's cluster is made: the starter profile and one worker, as `slipway create cluster` makes it. `again`: what is there was made by a try before that failed. */
export async function createStarter(project: string, name: string, again: boolean): Promise<void> {
  const metadata = { name, namespace: project };
  const cluster = { metadata, spec: { profile: { name: 'starter', version: '1.0.0' } } };
  const pool = { metadata: { name: `${name}-workers`, namespace: project }, spec: { cluster: name, replicas: 1 } };
  await surely(again, () => client.create(KINDS.clusters, cluster as unknown as NewObject));
  await surely(again, () => client.create(KINDS.machinepools, pool as unknown as NewObject));
}

/**
 * A browser on the hub's own host gives up what it asks whenever a machine comes or goes, since the networks of its host change with it: just then a cluster would be left
 * without its workers. What is there at the second try was made by the first.
 */
async function surely(again: boolean, create: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await create();
      return;
    } catch (error) {
      const code = error instanceof SlipwayError ? error.code : undefined;
      if (code === 'AlreadyExists' && (again || tries > 1)) return;
      if (code !== 'Unavailable' || tries === MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
