export { createAuthorizer } from './authorizer.ts';
export { createDirectory } from './directory.ts';
export * from './identity.ts';
export { clearedSessionCookie, csrfTokenOf, isOwnOrigin, refuseForeignPage, sessionCookie, sessionTokenIn } from './sessions/cookie.ts';
export type { IssuedToken } from './tokens.ts';
