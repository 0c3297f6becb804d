import { type ApiClient, clientOver, createBrowserTransport, type Transport } from '@slipway/api/browser';
import { SlipwayError } from '@slipway/kit/errors';
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
let known: Session | undefined;
let ended = false;
let asking = false;
const listeners = new Set<() => void>();

/** The one way of this page to its hub. */
export const transport: Transport = createBrowserTransport({
  server: HUB,
  csrfToken: () => csrfToken,
  // A cluster's own API server may say so too, through the hub: only the hub itself knows whether the session is over.
  onUnauthorized: () => void lookAgain(),
});

/** The hub's API with types. */
export const client: ApiClient = clientOver(transport);

async function askWho(): Promise<Session> {
  const { csrfToken: token, ...session } = JSON.parse(await transport.text('/auth/session')) as SessionAnswer;
  csrfToken = token;
  return session;
}

/** Rejects with `Unauthorized` when nobody is signed in. */
export async function loadSession(): Promise<Session> {
  known = await askWho();
  return known;
}

export async function signOut(): Promise<void> {
  await transport.text('/auth/logout', { method: 'POST', body: {} });
}

function become(next: boolean): void {
  if (next === ended) return;
  ended = next;
  for (const listener of listeners) listener();
}

/** Whether the session is still there, or there again. Somebody else who signed in meanwhile gets a page of their own. */
async function lookAgain(): Promise<void> {
  if (asking || known === undefined) return;
  asking = true;
  const before = known;
  try {
    const { user, tenant } = await askWho();
    if (user === before.user && tenant === before.tenant) become(false);
    else location.reload();
  } catch (error) {
    // Out of reach says nothing of the session.
    if (error instanceof SlipwayError && error.code === 'Unauthorized') become(true);
  } finally {
    asking = false;
  }
}

/** Whether the hub no longer knows who asks. */
export const sessionEnd = {
  get: (): boolean => ended,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  lookAgain,
};

/** Runs when somebody whose session had ended has signed in again. */
export function onReturn(work: () => void): void {
  let was = ended;
  sessionEnd.subscribe(() => {
    if (was && !ended) work();
    was = ended;
  });
}
