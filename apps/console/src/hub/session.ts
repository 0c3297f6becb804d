import { type ApiClient, clientOver, createBrowserTransport, type Transport } from '@slipway/api/browser';
import { HUB } from './place.ts';

/** Who is signed in. */
export interface Session {
  readonly user: string;
  readonly tenant: string;
  readonly groups: readonly string[];
  /** What this hub shows is made up. */
  readonly demo?: boolean;
}

interface SessionAnswer extends Session {
  readonly csrfToken?: string;
}

let csrfToken: string | undefined;
let signedOut = false;
const listeners = new Set<() => void>();

/** The one way of this page to its hub. */
export const transport: Transport = createBrowserTransport({
  server: HUB,
  csrfToken: () => csrfToken,
  onSignedOut: () => {
    signedOut = true;
    for (const listener of listeners) listener();
  },
});

/** The hub's API with types. */
export const client: ApiClient = clientOver(transport);

/** Rejects with `Unauthorized` when nobody is signed in. */
export async function loadSession(): Promise<Session> {
  const { csrfToken: token, ...session } = JSON.parse(await transport.text('/auth/session')) as SessionAnswer;
  csrfToken = token;
  return session;
}

export async function signOut(): Promise<void> {
  await transport.text('/auth/logout', { method: 'POST', body: {} });
}

/** Whether the hub said that it no longer knows who asks. */
export const sessionEnd = {
  get: (): boolean => signedOut,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
