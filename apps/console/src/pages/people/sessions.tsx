import { Ago, Button, Skeleton } from '@slipway/ui';
import { useCallback, useEffect, useState } from 'react';
import { useAttempt } from '../../state/use-attempt.ts';
import { Problem } from '../problem-pages.tsx';
import { endSessions, sessionsOf, type SignedInAt } from './accounts.ts';

/** Where a user is signed in, each of which can be ended. */
export function Sessions({ name }: { readonly name: string }) {
  const [sessions, setSessions] = useState<readonly SignedInAt[]>();
  const [problem, setProblem] = useState<unknown>();
  const load = useCallback(() => sessionsOf(name).then(setSessions, setProblem), [name]);
  useEffect(() => void load(), [load]);
  const ending = useAttempt(async (id?: string) => {
    await endSessions(name, id);
    await load();
  });
  return (
    <section className="stack" aria-label="Sessions">
      <h3>Signed in</h3>
      {problem !== undefined && <Problem error={problem} />}
      {ending.error !== undefined && <Problem error={ending.error} />}
      {sessions === undefined && problem === undefined && <Skeleton lines={2} />}
      {sessions?.length === 0 && <p className="quiet">Nowhere.</p>}
      <ul className="stack">
        {sessions?.map((session) => (
          <li key={session.id} className="row">
            <span className="grow">
              {session.address ?? 'an unknown address'} <span className="quiet small">by {session.provider ?? session.method}</span>
              <span className="quiet small block">
                last used <Ago time={session.lastUsedAt} />, ends by itself on {new Date(session.expiresAt).toLocaleString()}
                {session.current ? '; this one' : ''}
              </span>
            </span>
            <Button aria-label={`End the session from ${session.address ?? session.id}`} onClick={() => ending.run(session.id)}>
              End
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
