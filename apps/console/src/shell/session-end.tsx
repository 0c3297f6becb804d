import { buttonClass, Dialog } from '@slipway/ui';
import { useState, useSyncExternalStore } from 'react';
import { signInAddress } from '../hub/place.ts';
import { sessionEnd } from '../hub/session.ts';

/** The session ended while the page was open: what is shown stays, and signing in comes back to it. */
export function SessionEnd() {
  const ended = useSyncExternalStore(sessionEnd.subscribe, sessionEnd.get);
  const [later, setLater] = useState(false);
  if (!ended) return null;
  const again = (
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
