const CHANNEL = 'slipway.signed-in';

/** Tells the other windows of this browser that somebody has signed in. */
export function tellSignedIn(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage('');
  channel.close();
}

/** Runs when another window says so, and when somebody comes back to this one: they may have signed in by any page of the hub. */
export function onSignedIn(work: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  const look = () => document.visibilityState === 'visible' && work();
  channel.addEventListener('message', work);
  document.addEventListener('visibilitychange', look);
  addEventListener('focus', work);
  return () => {
    channel.close();
    document.removeEventListener('visibilitychange', look);
    removeEventListener('focus', work);
  };
}
