import type { FieldCause } from '@slipway/kit';
import { poolNameCauses } from '../cluster/admit.ts';
import type { ClusterSpec } from '../cluster/cluster.ts';
import { tooLargeWith } from '../cluster/pack-causes.ts';
import { CONTROL_PLANE_POOL } from '../cluster/names.ts';
import { duplicateField, forbiddenField, invalidField, listOf, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { deepEqual, joinPath } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import { overrideCauses } from './override-causes.ts';
import type { MachinePoolSpec, MachinePoolStatus } from './machine-pool.ts';
import { poolName } from './pool-name.ts';

type PoolObject = ApiObject<MachinePoolSpec, MachinePoolStatus>;

/** The pool's cluster exists, its name is free there and fits, and what names machines does not change. */
export async function admitMachinePool(input: AdmissionInput<MachinePoolSpec, MachinePoolStatus>): Promise<void> {
  const { object, old, reads } = input;
  if (old && deepEqual(old.spec, object.spec)) return;
  const causes = [
    ...nameCauses(object),
    ...(old ? immutableCauses(object, old) : []),
    ...labelCauses(object.spec),
    ...(await clusterCauses(object, old === undefined, reads)),
    ...(await overrideCauses(input)),
  ];
  refuseIf(`MachinePool "${object.metadata.name}"`, causes);
  if (old) await tellOfShortfall(input, old);
}

/** Whoever takes machines away decides it; which layers then have too little is told. */
async function tellOfShortfall(
  { object, reads, tenant, warn }: AdmissionInput<MachinePoolSpec, MachinePoolStatus>,
  old: PoolObject,
): Promise<void> {
  const sized = ({ spec }: PoolObject) => [spec.replicas, spec.size];
  if (warn === undefined || deepEqual(sized(object), sized(old))) return;
  const cluster: ApiObject<ClusterSpec, any> | undefined = await reads.get('Cluster', object.spec.cluster, object.metadata.namespace);
  if (cluster === undefined) return;
  const before = new Set((await tooLargeWith(old, cluster, { reads, tenant })).map(({ field }) => field));
  for (const { field, message } of await tooLargeWith(object, cluster, { reads, tenant }))
    if (!before.has(field)) warn(`${field}: ${message}`);
}

const fieldOfName = (object: PoolObject): string => (object.spec.pool === undefined ? 'metadata.name' : 'spec.pool');

function nameCauses(object: PoolObject): FieldCause[] {
  const name = poolName(object);
  const field = fieldOfName(object);
  if (name === CONTROL_PLANE_POOL)
    return [forbiddenField(field, `"${CONTROL_PLANE_POOL}" is the control plane's own; choose another name`)];
  if (!/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/.test(name)) {
    return [
      invalidField(
        field,
        `the pool's name "${name}" must be a DNS label of at most 32 characters; set spec.pool to give it another than the object's name`,
      ),
    ];
  }
  return poolNameCauses(object);
}

function immutableCauses(object: PoolObject, old: PoolObject): FieldCause[] {
  const causes: FieldCause[] = [];
  if (object.spec.cluster !== old.spec.cluster) {
    causes.push(
      forbiddenField(
        'spec.cluster',
        `cannot be changed from "${old.spec.cluster}": machines do not move; create a pool in the other cluster`,
      ),
    );
  }
  if (poolName(object) !== poolName(old)) {
    causes.push(
      forbiddenField(
        fieldOfName(object),
        `the pool's name cannot be changed from "${poolName(old)}": machines are named after it; create another pool`,
      ),
    );
  }
  return causes;
}

/** Kubernetes' own rules for label keys and values, so that a bad one is refused here and not by a kubelet that then does not start. */
function labelCauses(spec: MachinePoolSpec): FieldCause[] {
  const causes: FieldCause[] = [];
  for (const [key, value] of Object.entries(spec.labels)) {
    const problem = keyProblem(key) ?? valueProblem(value);
    if (problem !== undefined) causes.push(invalidField(joinPath('spec.labels', key), problem));
  }
  spec.taints.forEach((taint, index) => {
    const problem = keyProblem(taint.key) ?? valueProblem(taint.value);
    if (problem !== undefined) causes.push(invalidField(`spec.taints[${index}]`, problem));
  });
  return causes;
}

/** Kubelets may not give themselves labels of Kubernetes' own besides these: the NodeRestriction admission plugin. */
const OWN_PREFIX = /(^|\.)(kubernetes\.io|k8s\.io)\//;
const ALLOWED_OWN = /^(node\.kubernetes\.io|kubelet\.kubernetes\.io)\/|(^|\.)(kubelet|node)\.kubernetes\.io\/|^topology\.kubernetes\.io\//;

function keyProblem(key: string): string | undefined {
  const valid = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(key);
  if (!valid)
    return `"${key}" is not a valid key: letters, digits, "-", "_" and ".", at most 63, optionally with a DNS name and "/" in front`;
  if (OWN_PREFIX.test(key) && !ALLOWED_OWN.test(key))
    return `"${key}" is Kubernetes' own and a node may not give it to itself; use a prefix of your own`;
  return undefined;
}

const valueProblem = (value: string): string | undefined =>
  value === '' || /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(value)
    ? undefined
    : 'the value must be at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or digit';

async function clusterCauses(object: PoolObject, isNew: boolean, reads: AdmissionReads): Promise<FieldCause[]> {
  const project = object.metadata.namespace;
  const cluster: ApiObject<ClusterSpec> | undefined = await reads.get('Cluster', object.spec.cluster, project);
  if (!cluster) {
    const there = (await reads.list('Cluster', project)).map((candidate) => candidate.metadata.name);
    return [
      invalidField('spec.cluster', `there is no cluster "${object.spec.cluster}" in project "${project}"; there are: ${listOf(there)}`),
    ];
  }
  if (isNew && cluster.metadata.deletionTimestamp)
    return [forbiddenField('spec.cluster', `cluster "${object.spec.cluster}" is being deleted`)];
  const pools: PoolObject[] = await reads.list('MachinePool', project);
  const twin = pools.find(
    (pool) =>
      pool.metadata.name !== object.metadata.name && pool.spec.cluster === object.spec.cluster && poolName(pool) === poolName(object),
  );
  return twin
    ? [
        duplicateField(
          fieldOfName(object),
          `cluster "${object.spec.cluster}" already has a pool "${poolName(object)}" (MachinePool "${twin.metadata.name}")`,
        ),
      ]
    : [];
}
