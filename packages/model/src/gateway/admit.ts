import { SlipwayError } from '@slipway/kit';
import { admitDeleteUnlessUsed } from '../cluster/in-use.ts';
import { invalidField, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { type ApiObject, DEFAULT_TENANT } from '../meta/object.ts';
import type { GatewaySpec } from './gateway.ts';

/** The operators share what is theirs; a gateway does not change whose machines it makes while it may have some. */
export async function admitGateway({ object, old, tenant }: AdmissionInput<GatewaySpec, any>): Promise<void> {
  const { spec, metadata } = object;
  const isHome = tenant === DEFAULT_TENANT;
  refuseIf(`Gateway "${metadata.name}"`, [
    ...(spec.shared && !isHome ? [invalidField('spec.shared', `is for gateways of the tenant "${DEFAULT_TENANT}" only`)] : []),
    ...(spec.provider === 'installation' && isHome
      ? [invalidField('spec.provider', `the gateways of the installation are those of the tenant "${DEFAULT_TENANT}": here it is "own"`)]
      : []),
    ...(old && (old.spec.provider ?? 'own') !== spec.provider
      ? [invalidField('spec.provider', 'cannot be changed: its clusters do not move; make another gateway')]
      : []),
  ]);
}

const refuseOwnClusters = admitDeleteUnlessUsed((cluster) => cluster.spec.gateway);

/** A gateway goes when nothing is built with it. Of clusters of other tenants its owner learns how many there are, and nothing else. */
export async function admitGatewayDelete({ object, reads }: { object: ApiObject<any, any>; reads: AdmissionReads }): Promise<void> {
  await refuseOwnClusters({ object, reads });
  const { name, uid } = object.metadata;
  const gateways = await reads.everywhere('Gateway');
  const isInstallations = gateways.some((one) => one.tenant === DEFAULT_TENANT && one.object.metadata.uid === uid);
  if (!isInstallations) return;
  const lent = new Set(
    gateways
      .filter(
        ({ tenant, object: { metadata, spec } }) => tenant !== DEFAULT_TENANT && metadata.name === name && spec.provider === 'installation',
      )
      .map(({ tenant }) => tenant),
  );
  const clusters = lent.size === 0 ? [] : await reads.everywhere('Cluster');
  const depending = clusters.filter(({ tenant, object: { spec } }) => lent.has(tenant) && spec.gateway === name).length;
  if (depending === 0) return;
  throw new SlipwayError(
    'Conflict',
    `Gateway "${name}" cannot be deleted: ${depending} ${depending === 1 ? 'cluster' : 'clusters'} of other tenants depend on it.`,
    { hint: 'Take it back with spec.shared: false, so that no new ones come, and ask their owners to delete these.', retryable: false },
  );
}
