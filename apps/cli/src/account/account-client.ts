import { createApiClient } from '@slipway/api/client';
import { API_VERSION } from '@slipway/model';
import type { Context } from '../config/contexts.ts';

/** A session as the hub gives it to a program. */
export interface SignedIn {
  readonly user: string;
  readonly tenant: string;
  readonly session: string;
  readonly token: string;
  readonly expiresAt: string;
}

export interface ListedSession {
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

/** What a person does about accounts: their own, and those of others as far as they may. */
export function createAccountClient(context: Context, signal?: AbortSignal) {
  const connection = { server: context.server, ca: context.certificateAuthority, token: context.token, userAgent: 'slipway-cli' };
  // Signing in is about one's own tenant, whichever the context acts in.
  const own = createApiClient(connection);
  const inTenant = createApiClient({ ...connection, tenant: context.tenant });
  const post = <T>(path: string, body: object): Promise<T> => own.request<T>(path, { method: 'POST', body, signal });
  const user = (name: string, subresource: string): string => `/apis/${API_VERSION}/users/${encodeURIComponent(name)}/${subresource}`;
  return {
    login: (credentials: { tenant: string; user: string; password: string }): Promise<SignedIn> =>
      post('/auth/login', { ...credentials, session: 'token' }),
    logout: (): Promise<{ user: string }> => post('/auth/logout', {}),
    changePassword: (currentPassword: string, newPassword: string): Promise<{ user: string }> =>
      post('/auth/password', { currentPassword, newPassword }),
    accept: (token: string, newPassword: string): Promise<{ user: string; tenant: string }> =>
      post('/auth/invitation', { token, newPassword }),
    invite: (name: string, validForSeconds: number | undefined): Promise<Invitation> =>
      inTenant.request(user(name, 'invitation'), {
        method: 'POST',
        body: validForSeconds === undefined ? {} : { validForSeconds },
        signal,
      }),
    sessions: async (name: string): Promise<ListedSession[]> =>
      (await inTenant.request<{ items: ListedSession[] }>(user(name, 'sessions'), { signal })).items,
    endSessions: async (name: string, session?: string): Promise<string[]> =>
      (await inTenant.request<{ ended: string[] }>(user(name, 'sessions'), { method: 'DELETE', query: { session }, signal })).ended,
  };
}
