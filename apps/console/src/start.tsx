import { SlipwayError } from '@slipway/kit/errors';
import { Button, Empty } from '@slipway/ui';
import { RouterProvider } from '@tanstack/react-router';
import { PlugZap } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { SIGNED_IN_PATH, signInAddress } from './hub/place.ts';
import { loadSession, type Session } from './hub/session.ts';
import { router } from './router.tsx';
import { SignedIn } from './shell/signed-in.tsx';
import { SessionContext } from './state/session-context.ts';

const AGAIN_MS = 2000;

/** Finds out who is signed in; nobody goes to the hub's sign-in page, which comes back to this very address. */
export function Start() {
  const [session, setSession] = useState<Session>();
  const [away, setAway] = useState(false);
  const load = useCallback(() => {
    loadSession().then(setSession, (error: unknown) => {
      if (error instanceof SlipwayError && error.code === 'Unauthorized') return location.replace(signInAddress());
      setAway(true);
    });
  }, []);
  useEffect(load, [load]);
  useEffect(() => {
    if (!away || session !== undefined) return;
    const timer = setInterval(load, AGAIN_MS);
    return () => clearInterval(timer);
  }, [away, session, load]);
  if (session !== undefined && location.pathname === SIGNED_IN_PATH) return <SignedIn />;
  if (session !== undefined)
    return (
      <SessionContext value={session}>
        <RouterProvider router={router} />
      </SessionContext>
    );
  if (!away) return null;
  return (
    <main>
      <Empty icon={PlugZap} wholePage title="The hub does not answer" action={<Button onClick={load}>Try again</Button>}>
        <p role="status">It may be restarting. This page goes on by itself as soon as it is back.</p>
      </Empty>
    </main>
  );
}
