import type { Principal } from '@slipway/model';
import type { SubjectRef } from './directory.ts';

/** Everybody who is someone. */
export const AUTHENTICATED_GROUP = 'authenticated';
const SERVICE_ACCOUNT = 'serviceaccount:';

export const serviceAccountName = (project: string, name: string): string => `${SERVICE_ACCOUNT}${project}:${name}`;

/** Names of users hold no colon, so the two can never be taken for each other. */
export function subjectOf({ name, home }: Pick<Principal, 'name' | 'home'>): SubjectRef {
  if (!name.startsWith(SERVICE_ACCOUNT)) return { kind: 'User', tenant: home, name };
  const [project = '', account = ''] = name.slice(SERVICE_ACCOUNT.length).split(':');
  return { kind: 'ServiceAccount', tenant: home, name: account, project };
}

/** As quotas name who made something; an operator of another tenant is none of this one's users. */
export const makerOf = ({ name, home, tenant }: Pick<Principal, 'name' | 'home' | 'tenant'>): string =>
  home === tenant ? name : `${home}/${name}`;
