/** Where the page was served from: `/console`, or `/slipway/console` behind a proxy that puts the hub below a prefix. */
export const CONSOLE_PATH = new URL(document.baseURI).pathname.replace(/\/$/, '');

/** Where the API is, without a slash at the end. */
export const HUB = new URL('..', document.baseURI).href.replace(/\/$/, '');

/** The hub's own sign-in page, which comes back here. */
export const signInAddress = (returnTo = `${location.pathname}${location.search}`): string =>
  `${HUB}/auth/sign-in?${new URLSearchParams({ returnTo }).toString()}`;

/** Where a window that was opened for signing in ends: what was written in the other one is still there. */
export const SIGNED_IN_PATH = `${CONSOLE_PATH}/signed-in`;
