import { type ApiObject, SYSTEM_TENANT } from '@slipway/model';
import type { Directory, SubjectRef } from './directory.ts';
import { isConfirmed } from './standing.ts';

/** The object of a user or account that is there, not disabled and still confirmed by its identity provider, of a tenant that is there and not suspended, and of a project that is there. */
export async function activeSubject(directory: Directory, subject: SubjectRef, now: number): Promise<ApiObject<any, any> | undefined> {
  const tenant = await directory.find('Tenant', SYSTEM_TENANT, subject.tenant);
  if (tenant === undefined || tenant.spec.suspended || tenant.metadata.deletionTimestamp !== undefined) return undefined;
  if (subject.project !== undefined && (await directory.find('Project', subject.tenant, subject.project)) === undefined) return undefined;
  const owner = await directory.find(subject.kind, subject.tenant, subject.name, subject.project);
  if (owner === undefined || owner.spec.disabled || owner.metadata.deletionTimestamp !== undefined) return undefined;
  return subject.kind !== 'User' || (await isConfirmed(directory, subject.tenant, owner, now)) ? owner : undefined;
}
