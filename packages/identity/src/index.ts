export { createAuthorizer } from './authorizer.ts';
export { createDirectory } from './directory.ts';
export * from './identity.ts';
export type { IssuedToken } from './tokens.ts';
