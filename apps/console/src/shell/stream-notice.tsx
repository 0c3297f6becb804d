import { Notice } from '@slipway/ui';
import { PlugZap } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useStream } from '../state/use-live.ts';

/** A connection that had its time is back before anybody could read about it. */
const PATIENCE_MS = 1500;

/** What is shown may be old, and since when. */
export function StreamNotice() {
  const stream = useStream();
  const since = stream.word === 'lost' ? stream.since : undefined;
  const [told, setTold] = useState(false);
  useEffect(() => {
    setTold(false);
    if (since === undefined) return;
    const timer = setTimeout(() => setTold(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [since]);
  return (
    <div role="status" className="stream-notice">
      {told && since !== undefined && (
        <Notice icon={PlugZap} tone="warn">
          <p>
            No connection to the hub since <time dateTime={new Date(since).toISOString()}>{new Date(since).toLocaleTimeString()}</time>.
            What you see may be old; it catches up by itself when the hub is back.
          </p>
        </Notice>
      )}
    </div>
  );
}
