import { Empty } from '@slipway/ui';
import { CircleCheck } from 'lucide-react';
import { useEffect } from 'react';
import { tellSignedIn } from '../state/signed-in.ts';

/** The end of a window that was opened for signing in: the other one goes on, and this one closes where the browser lets it. */
export function SignedIn() {
  useEffect(() => {
    document.title = 'Signed in · Slipway';
    tellSignedIn();
    close();
  }, []);
  return (
    <main>
      <Empty icon={CircleCheck} wholePage title="You are signed in">
        <p role="status">Close this window, and go on in the one you came from.</p>
      </Empty>
    </main>
  );
}
