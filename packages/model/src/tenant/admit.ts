import { SlipwayError } from '@slipway/kit';
import { type ApiObject, DEFAULT_TENANT, SYSTEM_TENANT } from '../meta/object.ts';

/** Slipway itself needs two of them. That the others are empty is seen to where their objects can be read. */
export async function admitTenantDelete({ object }: { object: ApiObject<any, any> }): Promise<void> {
  const { name } = object.metadata;
  if (name === DEFAULT_TENANT || name === SYSTEM_TENANT)
    throw new SlipwayError('Forbidden', `Tenant "${name}" is always there and cannot be deleted.`);
}
