import { type ApiClient, createClientOver } from './client-over.ts';
import { type ApiConnection, createTransport } from './transport.ts';

export * from './client-over.ts';

/** The hub's API with types, over Node's HTTPS. */
export const createApiClient = (connection: ApiConnection): ApiClient => createClientOver(createTransport(connection));
