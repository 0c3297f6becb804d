import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { useSession } from '../../state/session-context.ts';
import { useObjects } from '../../state/use-live.ts';
import type { User } from '../people/accounts.ts';
import { type Note, notesIn, NOTES, type SetupFacts, withChange } from './setup-state.ts';

/** How far a beginning is, as the hub has it now; undefined until that is known. What is kept of it is on one's own User object, so it is there in every browser. */
export function useSetup() {
  const { user } = useSession();
  const clusters = useObjects<Cluster>(KINDS.clusters);
  const users = useObjects<User>(KINDS.users);
  const known = clusters.state === 'ready' && users.state === 'ready';
  const notes = notesIn(users.items.find(({ metadata }) => metadata.name === user)?.metadata.annotations?.[NOTES]);
  const facts: SetupFacts | undefined = known ? { notes, clusters: clusters.items, users: users.items } : undefined;
  const note: Note = async (change) => {
    const annotations = { [NOTES]: JSON.stringify(withChange(notes, change)) };
    await client.patch({ kind: KINDS.users, name: user }, { metadata: { annotations } });
  };
  return { facts, error: [users, clusters].find(({ state }) => state === 'failed')?.error, note };
}
