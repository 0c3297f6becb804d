import { type ApiObject, SYSTEM_TENANT } from '@slipway/model';
import type { Directory, SubjectRef } from './directory.ts';

/** The object of a user or account that is there and not disabled, of a tenant that is there and not suspended. */
export async function activeSubject(directory: Directory, subject: SubjectRef): Promise<ApiObject<any, any> | undefined> {
  const tenant = await directory.find('Tenant', SYSTEM_TENANT, subject.tenant);
  if (tenant === undefined || tenant.spec.suspended || tenant.metadata.deletionTimestamp !== undefined) return undefined;
  const owner = await directory.find(subject.kind, subject.tenant, subject.name, subject.project);
  return owner === undefined || owner.spec.disabled || owner.metadata.deletionTimestamp !== undefined ? undefined : owner;
}
