import { invalidField, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { DEFAULT_TENANT } from '../meta/object.ts';
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
