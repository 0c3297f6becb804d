import { createContext, use } from 'react';
import type { Session } from '../hub/session.ts';

export const SessionContext = createContext<Session | undefined>(undefined);

/** Who is signed in; pages are shown to nobody else. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('Nobody is signed in.');
  return session;
}
