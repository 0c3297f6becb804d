import { buttonClass, Dialog } from '@slipway/ui';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { SIGNED_IN_PATH, signInAddress } from '../hub/place.ts';
import { sessionEnd } from '../hub/session.ts';
import { somethingIsUnsaved } from '../state/unsaved.ts';
import { onSignedIn } from '../state/signed-in.ts';

/** The session ended while the page was open: what is shown stays, and signing in comes back to it, by another window when something is written here. */
export function SessionEnd() {
  const ended = useSyncExternalStore(sessionEnd.subscribe, sessionEnd.get);
  return ended ? <Ended /> : null;
}

function Ended() {
  const [later, setLater] = useState(false);
  const [written] = useState(somethingIsUnsaved);
  useEffect(() => onSignedIn(() => void sessionEnd.lookAgain()), []);
  const again = written ? (
    <a className={buttonClass('primary')} href={signInAddress(SIGNED_IN_PATH)} target="_blank" rel="opener">
      Sign in again
    </a>
  ) : (
    <a className={buttonClass('primary')} href={signInAddress()}>
      Sign in again
    </a>
  );
  if (later) return <div className="corner-notice">Your session has ended. {again}</div>;
  return (
    <Dialog title="Your session has ended" onClose={() => setLater(true)}>
      <div className="panel-body stack">
        <p>
          It was not used for long, was ended elsewhere, or has reached its end. What you see stays here but is no longer kept up to date.
        </p>
        {written && <p>What you wrote stays as it is: sign in by another window, and go on here.</p>}
        <div className="row">
          {again}
          <button type="button" className={buttonClass('plain')} onClick={() => setLater(true)}>
            Look at the page first
          </button>
        </div>
      </div>
    </Dialog>
  );
}
