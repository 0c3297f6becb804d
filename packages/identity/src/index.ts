export { createAuthorizer } from './authorizer.ts';
export { createDirectory } from './directory.ts';
export { LINK_LIFETIME } from './accounts.ts';
export * from './identity.ts';
export { clearedSessionCookie, csrfTokenOf, isOwnOrigin, refuseForeignPage, sessionCookie, sessionTokenIn } from './sessions/cookie.ts';
export type { IssuedToken } from './tokens.ts';
export type { NewSession, SessionUser } from './sessions/sessions.ts';
