import type { Identity } from '@slipway/identity';
import type { Subresource } from '@slipway/api';
import { type Clock, type Logger, newUid, SlipwayError } from '@slipway/kit';
import type { Outbound, OutboundOptions } from '@slipway/kit/outbound';
import type { BlobStore } from '@slipway/link';
import type { FleetStore } from '@slipway/model';
import {
  type AllowedFolders,
  createFilePinStore,
  createOciClient,
  createPackResolver,
  createReach,
  createSource,
  type SourceDeps,
} from '@slipway/packs';
import { createController, type Leases, runAsLeader, systemTimers } from '@slipway/runtime';
import type { Vault } from '@slipway/store';
import type { FastifyInstance } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { HubAudit } from '../audit/hub-audit.ts';
import type { HubHome } from '../home.ts';
import { createRegistryProcess } from './embedded/registry-process.ts';
import { registryRoutes } from './embedded/registry-routes.ts';
import { socketFetch } from './embedded/socket-fetch.ts';
import { createPackInfos } from './pack-infos.ts';
import { createPackReads } from './pack-reads.ts';
import { createRegistryReader } from './registry-reader.ts';
import type { AcceptDeps } from './sync/accept-pack.ts';
import { catalogued } from './sync/catalogued.ts';
import { watchAcceptances } from './sync/watch-acceptances.ts';
import { registryController } from './sync/registry-controller.ts';
import { registrySubresources } from './sync/registry-subresources.ts';
import { webhookRoutes } from './sync/webhook.ts';

export interface HubRegistriesDeps {
  readonly store: FleetStore;
  readonly leases: Leases;
  readonly clock: Clock;
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
  const registries = createRegistryReader(deps);
  const sources: SourceDeps = {
    reach,
    builtinDir: deps.packsDir,
    folders: deps.folders,
    workDir: home.work,
    embedded: () => (process.ready() ? endpoint : undefined),
  };
  const packs = createPackResolver({
    ...sources,
    registries,
    blobs: deps.blobs,
    pins: createFilePinStore(home.pins),
    catalogued: (ref, pack) => catalogued(deps.store, ref, pack),
  });
  const infoOf = createPackInfos(packs);
  const packReads = createPackReads({ packs, store: deps.store, timers: systemTimers });
  const base = { clock: deps.clock, timers: systemTimers, logger };
  const controller = createController(
    registryController({
      ...base,
      store: deps.store,
      sourceOf: async (ref, signal) => {
        const spec = await registries.get(ref);
        if (spec === undefined) throw new SlipwayError('NotFound', `There is no registry "${ref.name}".`);
        return createSource(sources, ref, spec, signal);
      },
      hold: async ({ tenant, project, name }, pack) => void (await packs.hold({ tenant, project, registry: name, ...pack })),
    }),
    base,
  );
  const syncing = (signal: AbortSignal): Promise<void> =>
    runAsLeader({ ...base, leases: deps.leases, name: 'registries', holder: newUid(), lead: (term) => controller.run(term) }, signal);
  const acceptances = watchAcceptances({ store: deps.store, timers: systemTimers, logger, forget: () => packs.forget() });
  const client = createOciClient({
    asker: { outbound: behind, plainHttp: true, from: 'embedded registry' },
    base: BEHIND,
    credentials: { type: 'none' },
  });
  return {
    packs: { ...packs, onAccepted: acceptances.onAccepted },
    /** What a version of a pack says about itself, read once for each content. */
    infoOf,
    packReads,
    subresources: (impact: AcceptDeps['impact']): Subresource[] =>
      registrySubresources({ store: deps.store, clock: deps.clock, infoOf, packs, forget: () => packs.forget(), impact }),
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
      webhookRoutes(app, { store: deps.store, registries, clock: deps.clock });
    },
    /** Runs what lasts until the signal aborts. */
    run: async (signal: AbortSignal): Promise<void> =>
      void (await Promise.all([process.run(signal), syncing(signal), acceptances.run(signal)])),
    async close(): Promise<void> {
      await Promise.all([reach.close(), behind.close()]);
    },
  };
}
