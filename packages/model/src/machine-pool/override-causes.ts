import type { FieldCause } from '@slipway/kit';
import { referencesIn } from '../cluster-profile/macro-table.ts';
import { resolve } from '../cluster-profile/resolve.ts';
import type { ClusterStack } from '../cluster/cluster-stack.ts';
import { readClusterStack } from '../cluster/cluster-stack.ts';
import type { ClusterSpec } from '../cluster/cluster.ts';
import type { LayerOverride } from '../cluster/layer-override.ts';
import { poolSettingsCauses, settingsOf } from '../cluster/machine-settings.ts';
import { forbiddenField, invalidField, listOf } from '../meta/causes.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { deepEqual, joinPath } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import type { MachinePoolSpec } from './machine-pool.ts';

type Input = AdmissionInput<MachinePoolSpec, any>;

/** What a pool wants otherwise must be something that its machines can have: settings of the kubernetes layer for the kubelet. */
export async function overrideCauses({ object, old, reads, tenant }: Input): Promise<FieldCause[]> {
  const { overrides, cluster: name } = object.spec;
  if (Object.keys(overrides).length === 0 || (old && deepEqual(old.spec.overrides, overrides))) return [];
  const cluster: ApiObject<ClusterSpec> | undefined = await reads.get('Cluster', name, object.metadata.namespace);
  const stack = cluster && (await readClusterStack(cluster, tenant, reads));
  // What the cluster itself lacks is said where it is changed.
  if (stack === undefined || stack.causes.length > 0) return [];
  return Object.entries(overrides).flatMap(([layer, override]) =>
    layerCauses({ layer, override, stack, isOld: old !== undefined && Object.hasOwn(old.spec.overrides, layer), cluster: name }),
  );
}

interface LayerInput {
  readonly layer: string;
  readonly override: LayerOverride;
  readonly stack: ClusterStack;
  readonly isOld: boolean;
  readonly cluster: string;
}

function layerCauses({ layer, override, stack, isOld, cluster }: LayerInput): FieldCause[] {
  const field = joinPath('spec.overrides', layer);
  const layers = stack.input.profiles.flatMap(({ version }) => version.layers);
  const found = layers.find(({ name }) => name === layer);
  const machines = layers.filter(({ type }) => type === 'kubernetes').map(({ name }) => name);
  if (found === undefined)
    return isOld || override.madeFor !== undefined
      ? []
      : [invalidField(field, `cluster "${cluster}" has no layer "${layer}"; machines are made of: ${listOf(machines)}`)];
  if (found.type === 'os')
    return [forbiddenField(field, 'no cloud takes settings of the os layer; those of nodes are of the kubernetes layer')];
  if (found.type !== 'kubernetes')
    return [
      forbiddenField(
        field,
        `layer "${layer}" is installed in the cluster, not made into machines: override it in spec.overrides of Cluster "${cluster}"; pools have: ${listOf(machines)}`,
      ),
    ];
  if (referencesIn(override.values).length > 0)
    return [forbiddenField(`${field}.values`, 'cannot hold references: a pool says plain values, and the profile may refer to variables')];
  const resolved = resolve(stack.input);
  return poolSettingsCauses(override.values, resolved.ok ? settingsOf(resolved.profile) : undefined, `${field}.values`);
}
