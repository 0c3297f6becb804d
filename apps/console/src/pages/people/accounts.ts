import type { ApiObject, NewObject } from '@slipway/model';
import { objectPath } from '@slipway/api/browser';
import { SlipwayError } from '@slipway/kit/errors';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';

export type User = ApiObject<{
  readonly displayName: string;
  readonly email: string;
  readonly disabled: boolean;
  readonly identity?: { readonly provider: string };
}>;
export type ApiKey = ApiObject<
  {
    readonly description: string;
    readonly owner: { readonly kind: string; readonly name: string; readonly project?: string };
    readonly expiresAt?: string;
    readonly disabled: boolean;
  },
  { readonly lastUsed?: string }
>;

export interface SignedInAt {
  readonly id: string;
  readonly method: string;
  readonly provider?: string;
  readonly address?: string;
  readonly userAgent?: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly current: boolean;
}
export interface Invitation {
  readonly link: string;
  readonly expiresAt: string;
}

const user = (name: string, subresource: string): string => `${objectPath({ kind: KINDS.users, name })}/${subresource}`;

/** The one-time link with which somebody chooses a password; the one before stops to work. */
export const invitationOf = (name: string): Promise<Invitation> =>
  client.request<Invitation>(user(name, 'invitation'), { method: 'POST', body: {} });

/** Makes the user, who may be there already when an invitation failed halfway, and their link. */
export async function invite(name: string, email: string, displayName: string): Promise<Invitation> {
  await client.create(KINDS.users, { metadata: { name }, spec: { email, displayName } } as unknown as NewObject).catch((error: unknown) => {
    if (!(error instanceof SlipwayError && error.code === 'AlreadyExists')) throw error;
  });
  return invitationOf(name);
}

export const setDisabled = (name: string, disabled: boolean): Promise<unknown> =>
  client.patch({ kind: KINDS.users, name }, { spec: { disabled } });

export const sessionsOf = async (name: string): Promise<readonly SignedInAt[]> =>
  (await client.request<{ items: SignedInAt[] }>(user(name, 'sessions'))).items;

/** One session, or all of them. */
export const endSessions = (name: string, session?: string): Promise<unknown> =>
  client.request(user(name, 'sessions'), { method: 'DELETE', query: { session } });

export interface NewKey {
  readonly name: string;
  readonly description: string;
  readonly owner: ApiKey['spec']['owner'];
  readonly days: number | undefined;
}
const DAY_MS = 86_400_000;

/** A key and its token, which the hub shows this once. */
export async function makeKey({ name, description, owner, days }: NewKey, now: number): Promise<string> {
  const expiresAt = days === undefined ? {} : { expiresAt: new Date(now + days * DAY_MS).toISOString() };
  await client.create(KINDS.apikeys, { metadata: { name }, spec: { owner, description, ...expiresAt } } as unknown as NewObject);
  return (await client.request<{ token: string }>(`${objectPath({ kind: KINDS.apikeys, name })}/token`, { method: 'POST', body: {} }))
    .token;
}

export const revokeKey = (name: string): Promise<void> => client.delete({ kind: KINDS.apikeys, name });
