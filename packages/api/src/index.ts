export { type Api, type ApiOptions, createApi, type RouteAccess } from './api.ts';
export { serveVersions } from './conversion.ts';
export type { ServedKind } from './kind-schema.ts';
export * from './errors.ts';
export type { FairnessLimits } from './fairness/fairness.ts';
export * from './ports.ts';
export * from './client/client.ts';
export { type ApiConnection, createTransport, type RawRequest, type Transport } from './client/transport.ts';
export { takeTenant } from './tenant-prefix.ts';
