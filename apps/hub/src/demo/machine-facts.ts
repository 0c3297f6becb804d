import { sha256Hex } from '@slipway/kit';
import { type ClusterSpec, CONTROL_PLANE_POOL, type ApiObject, type MachineFact, poolName, type MachinePoolSpec } from '@slipway/model';
import { createChance } from './chance.ts';

export type DemoPool = ApiObject<MachinePoolSpec, any>;

interface Wanted {
  readonly cluster: ApiObject<ClusterSpec, any>;
  readonly pools: readonly DemoPool[];
  /** Of each machine, control plane first. */
  readonly version: (index: number) => string;
}

const ZONES = ['a', 'b', 'c'];

/** The machines of a cluster as its gateway would report them. A machine keeps its name as long as its version stays: moving to another one replaces it. */
export function machineFacts({ cluster, pools, version }: Wanted): MachineFact[] {
  const { metadata, spec } = cluster;
  const staying = pools.filter((pool) => !pool.metadata.deletionTimestamp);
  const places = [
    ...Array.from({ length: spec.controlPlane.replicas }, (_none, index) => ({ pool: CONTROL_PLANE_POOL, index })),
    ...staying.flatMap((pool) => Array.from({ length: pool.spec.replicas }, (_none, index) => ({ pool: poolName(pool), index }))),
  ];
  return places.map(({ pool, index }, at) => {
    const own = version(at);
    const digest = sha256Hex(`${metadata.uid}/${pool}/${index}/${own}`);
    const chance = createChance(Number.parseInt(digest.slice(0, 8), 16));
    const name = `${metadata.name}-${pool}-${chance.suffix(5)}`;
    return {
      name,
      uid: [digest.slice(0, 8), digest.slice(8, 12), `4${digest.slice(12, 15)}`, `a${digest.slice(15, 18)}`, digest.slice(18, 30)].join(
        '-',
      ),
      pool,
      role: pool === CONTROL_PLANE_POOL ? 'control-plane' : 'worker',
      phase: 'Running',
      version: own,
      providerID: `local://${name}`,
      nodeName: name,
      addresses: [`10.${chance.between(16, 240)}.${chance.between(0, 255)}.${chance.between(2, 254)}`],
      failureDomain: ZONES[index % ZONES.length]!,
      createdAt: metadata.creationTimestamp,
      conditions: [],
    };
  });
}
