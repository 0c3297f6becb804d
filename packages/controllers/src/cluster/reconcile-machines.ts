import { deepEqual, findCondition, LABELS, type MachineFact, type MachineSpec, type MachineStatus, type NewObject } from '@slipway/model';
import { done, wait, type Step } from '@slipway/runtime';
import type { Deps } from '../deps.ts';
import type { MachineObject } from '../reads.ts';
import { deleteObject, writeStatus } from '../writes.ts';
import type { ClusterScope } from './scope.ts';

type MachineDeps = Pick<Deps, 'store' | 'events'>;
type MachineScope = Pick<ClusterScope, 'cluster' | 'project' | 'machines' | 'provision'>;

/** Keeps Machine objects as the gateway reports machines. While it reports nothing of this cluster, nothing is touched. */
export async function reconcileMachines(deps: MachineDeps, scope: MachineScope): Promise<Step> {
  const { provision } = scope;
  if (!provision) return wait('WaitingForGateway', 'The gateway has not reported this cluster yet.');
  for (const fact of provision.machines) {
    const known = scope.machines.find((machine) => machine.metadata.name === fact.name);
    await recordCrash(deps, scope, fact, known);
    await keepMachine(deps, scope, fact, known);
  }
  const gone = scope.machines.filter((machine) => !provision.machines.some((fact) => fact.name === machine.metadata.name));
  for (const machine of gone) await deleteObject(deps.store, { kind: 'Machine', project: scope.project, name: machine.metadata.name });
  return done();
}

async function keepMachine(deps: MachineDeps, scope: MachineScope, fact: MachineFact, known: MachineObject | undefined): Promise<void> {
  const wanted = machineObject(scope, fact);
  const current = known ?? ((await deps.store.create(wanted)) as MachineObject);
  const changed = !deepEqual(current.spec, wanted.spec);
  const updated = changed ? ((await deps.store.update({ ...current, spec: wanted.spec })) as MachineObject) : current;
  await writeStatus(deps.store, updated, machineStatus(fact));
}

/** A machine as an object. */
export function machineObject(scope: Pick<ClusterScope, 'cluster' | 'project'>, fact: MachineFact): NewObject<MachineSpec> {
  const { uid, name } = scope.cluster.metadata;
  return {
    kind: 'Machine',
    metadata: {
      name: fact.name,
      namespace: scope.project,
      labels: { [LABELS.cluster]: name, [LABELS.pool]: fact.pool },
      ownerReferences: [{ apiVersion: scope.cluster.apiVersion, kind: 'Cluster', name, uid, controller: true }],
    },
    spec: {
      cluster: name,
      pool: fact.pool,
      role: fact.role,
      ...(fact.version === undefined ? {} : { version: fact.version }),
      ...(fact.providerID === undefined ? {} : { providerID: fact.providerID }),
    },
  };
}

export function machineStatus(fact: MachineFact): MachineStatus {
  return {
    phase: fact.phase,
    ...(fact.nodeName === undefined ? {} : { nodeName: fact.nodeName }),
    addresses: fact.addresses,
    ...(fact.failureDomain === undefined ? {} : { failureDomain: fact.failureDomain }),
    conditions: fact.conditions,
  };
}

/** A machine that was up and no longer is; one on its way out was asked to go. */
async function recordCrash(deps: MachineDeps, scope: MachineScope, fact: MachineFact, known: MachineObject | undefined): Promise<void> {
  const type = 'InfrastructureReady';
  const before = findCondition(known?.status?.conditions, type);
  const now = findCondition(fact.conditions, type);
  if (before?.status !== 'True' || now?.status !== 'False' || fact.phase === 'Deleting' || fact.phase === 'Deleted') return;
  const message = `Machine ${fact.name} of pool ${fact.pool} went down: ${now.message || now.reason}`;
  await deps.events.record({ regarding: scope.cluster, type: 'Warning', reason: 'MachineDown', message });
}
