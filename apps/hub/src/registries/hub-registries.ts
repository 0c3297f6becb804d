import type { Identity } from '@slipway/identity';
import type { Logger } from '@slipway/kit';
import type { Outbound, OutboundOptions } from '@slipway/kit/outbound';
import type { BlobStore } from '@slipway/link';
import type { ObjectStore } from '@slipway/model';
import { type AllowedFolders, createFilePinStore, createOciClient, createPackResolver, createReach } from '@slipway/packs';
import type { Vault } from '@slipway/store';
import type { FastifyInstance } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { HubAudit } from '../audit/hub-audit.ts';
import type { HubHome } from '../home.ts';
import { createRegistryProcess } from './embedded/registry-process.ts';
import { registryRoutes } from './embedded/registry-routes.ts';
import { socketFetch } from './embedded/socket-fetch.ts';
import { createRegistryReader } from './registry-reader.ts';

export interface HubRegistriesDeps {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly vault: Pick<Vault, 'open'>;
  readonly blobs: BlobStore;
  readonly home: HubHome;
  readonly outbound: Outbound;
  readonly outboundOptions: OutboundOptions | undefined;
  readonly packsDir: string;
  readonly folders: AllowedFolders;
  /** The embedded registry's program; without it where the toolchain lays it. */
  readonly registryProgram?: string | undefined;
  readonly logger: Logger;
}

/** The registry behind the socket has no name: this one says so. */
const BEHIND = 'http://registry.internal';

/** Everything of the hub that has to do with registries: where packs come from, and the registry that comes with it. */
export function createHubRegistries(deps: HubRegistriesDeps) {
  const { home, logger } = deps;
  const reach = createReach(deps.outbound, deps.outboundOptions);
  const process = createRegistryProcess({
    program: deps.registryProgram ?? home.registryProgram,
    storage: home.registry,
    socket: home.registrySocket,
    logger,
  });
  const behind = socketFetch(home.registrySocket);
  const endpoint = { outbound: behind, base: BEHIND };
  const packs = createPackResolver({
    registries: createRegistryReader(deps),
    blobs: deps.blobs,
    reach,
    builtinDir: deps.packsDir,
    folders: deps.folders,
    workDir: home.work,
    embedded: () => (process.ready() ? endpoint : undefined),
    pins: createFilePinStore(home.pins),
  });
  const client = createOciClient({
    asker: { outbound: behind, plainHttp: true, from: 'embedded registry' },
    base: BEHIND,
    credentials: { type: 'none' },
  });
  return {
    packs,
    routes(
      app: FastifyInstance<any, any, any, any>,
      more: { identity: Identity; audit: HubAudit; prove: (request: IncomingMessage) => void },
    ): void {
      registryRoutes(app, {
        authenticator: more.identity,
        authorizer: more.identity.authorizer,
        audit: more.audit,
        socket: home.registrySocket,
        ready: () => process.ready(),
        problem: () => process.problem(),
        repositories: async (prefix) => (await client.repositories(prefix)) ?? [],
        onAuthenticated: more.prove,
      });
    },
    /** Runs what lasts until the signal aborts. */
    run: (signal: AbortSignal): Promise<void> => process.run(signal),
    async close(): Promise<void> {
      await Promise.all([reach.close(), behind.close()]);
    },
  };
}
