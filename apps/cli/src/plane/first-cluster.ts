import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import { API_VERSION, clusterKind, type Kind, machinePoolKind, type NewObject } from '@slipway/model';
import type { Hub } from '../hub/hub.ts';
import type { PlanePaths } from './paths.ts';

export const FIRST_CLUSTER = 'dev';
export const GATEWAY = 'local';
const PROJECT = 'default';

async function ensure(hub: Hub, kind: Kind, object: NewObject): Promise<boolean> {
  if (await hub.find(kind, object.metadata.name ?? '', PROJECT)) return false;
  try {
    await hub.create(kind, object, PROJECT);
    return true;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'AlreadyExists') return false;
    throw error;
  }
}

/** Creates `dev` once in the life of this home: someone who deleted it does not get it back with the next `up`. */
export async function ensureFirstCluster(hub: Hub, paths: PlanePaths): Promise<'created' | 'exists' | 'deleted-before'> {
  const marker = join(paths.home, 'first-cluster');
  const found = await hub.find(clusterKind, FIRST_CLUSTER, PROJECT);
  if (!found && (await stat(marker).catch(() => undefined))) return 'deleted-before';
  if (!found) {
    const cluster = {
      apiVersion: API_VERSION,
      kind: 'Cluster',
      metadata: { name: FIRST_CLUSTER },
      spec: { profile: { name: 'starter', version: '1.0.0' } },
    };
    await ensure(hub, clusterKind, cluster);
  }
  if (!(await stat(marker).catch(() => undefined))) {
    // Only together with the cluster's first creation: a pool someone deleted later stays deleted.
    const pool = {
      apiVersion: API_VERSION,
      kind: 'MachinePool',
      metadata: { name: `${FIRST_CLUSTER}-workers` },
      spec: { cluster: FIRST_CLUSTER, replicas: 1 },
    };
    await ensure(hub, machinePoolKind, pool);
    await writeFile(marker, `${new Date().toISOString()}\n`);
  }
  return found ? 'exists' : 'created';
}
