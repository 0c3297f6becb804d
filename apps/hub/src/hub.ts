import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createApi, type FairnessLimits, impactOf } from '@slipway/api';
import { clouds } from '@slipway/clouds';
import { createControllers } from '@slipway/controllers';
import { createIdentity, type Identity, lastAdministrator } from '@slipway/identity';
import { type Logger, startTrimming, systemClock } from '@slipway/kit';
import { createOutbound, type OutboundOptions } from '@slipway/kit/outbound';
import { createClusterProxy, createFileBlobStore, createLinkServer, LINK_PREFIX, loadPlanSigner } from '@slipway/link';
import { DEFAULT_TENANT, findKind, kinds, SYSTEM_TENANT } from '@slipway/model';
import type { AllowedFolders } from '@slipway/packs';
import { createChartRenderer, createHelm } from '@slipway/packs';
import { runAsLeader, systemTimers } from '@slipway/runtime';
import {
  createGarbageCollector,
  createLeases,
  createLinkStore,
  createQuotas,
  createQuotaStatus,
  createStore,
  type Database,
  type HistoryLimits,
  sealLinkData,
  type Store,
} from '@slipway/store';
import { withinQuotas } from './plan-quotas.ts';
import { accountActions } from './account-actions.ts';
import { serveAdminSocket } from './admin-socket.ts';
import { auditChainRoutes } from './audit/chain-routes.ts';
import { createHubAudit } from './audit/hub-audit.ts';
import { withAuditRecords } from './audit/record-store.ts';
import { createBrowserSignIn } from './auth/browser/routes.ts';
import { startAuditSinks } from './audit-sinks/start.ts';
import { consoleRoutes } from './console/routes.ts';
import { pathPrefixOf } from './auth/browser/path-prefix.ts';
import { authRoutes } from './auth/routes.ts';
import { tokenRequest } from './auth/token-request.ts';
import { userSubresources } from './auth/user-subresources.ts';
import { ensureBuiltinObjects, ensureBuiltinRoles, ensureEmbeddedRegistry } from './builtin-objects.ts';
import { ensurePki, openHome } from './home.ts';
import { keyActions } from './key-actions.ts';
import { createApp } from './http-app.ts';
import { type ConnectionLimits, createListeners, type ListenAddress } from './listeners.ts';
import { openDatabase } from './open-database.ts';
import { createHubRegistries } from './registries/hub-registries.ts';
import { openSafekeeping } from './safekeeping.ts';
import { hubSubresources } from './subresources.ts';

export interface HubOptions {
  readonly home: string;
  readonly listen: readonly ListenAddress[];
  readonly databaseUrl?: string | undefined;
  readonly logger: Logger;
  /** The repository's `packs/` directory. */
  readonly packsDir: string;
  readonly version: string;
  /** Where people reach the hub, when that is not what their browser says: `https://hub.example.com`. */
  readonly publicUrl?: string | undefined;
  /** Where users' URLs may lead; without it to public addresses only. */
  readonly outbound?: OutboundOptions;
  /** Proxies before the hub that say for whom they ask. */
  readonly trustedProxies?: readonly string[];
  /** How much one caller may take. */
  readonly limits?: FairnessLimits;
  readonly connections?: Partial<ConnectionLimits>;
  /** Folders of this machine that registries may name. */
  readonly registryFolders?: AllowedFolders;
  /** The program of the embedded registry, when it is not where the toolchain lays it. */
  readonly registryProgram?: string | undefined;
  /** How far watches and pages may be behind. */
  readonly history?: HistoryLimits;
  /** Helm; `bin/helm` of the home unless told. */
  readonly helmProgram?: string | undefined;
  /** A build of the console; `console` of the home unless told. */
  readonly consoleDir?: string | undefined;
  /** A database that is open and migrated; it is closed with the hub. Without it the one of the home or of `databaseUrl`. */
  readonly database?: Database;
  /** Keeps what the controllers of clusters, pools and gateways would: for a hub that has no gateways and no agents. What it shows is made up, and said to be. */
  readonly standIn?: (store: Store, signal: AbortSignal) => Promise<void>;
}

/** What is of no use without gateways and agents. */
const NEED_AGENTS = ['cluster', 'machine-pool', 'gateway'];

export interface Hub {
  readonly addresses: readonly ListenAddress[];
  readonly identity: Identity;
  /** PEM of the authority clients pin. */
  readonly ca: string;
  /** Ends watches and connections, lets running requests finish, closes the database. */
  stop(): Promise<void>;
}

/** Puts the hub together and starts it. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { logger } = options;
  const home = await openHome(options.home);
  const pki = await ensurePki(
    home.pki,
    options.listen.map(({ host }) => host).filter((host) => /^[\d.]+$|:/.test(host)),
  );
  const database = options.database ?? (await openDatabase(home, options));
  const stopping = new AbortController();
  const { signal } = stopping;
  // Opening the embedded database alone leaves a hundred MiB behind. Never while somebody waits: a collection takes a tenth of a second here.
  startTrimming({ restingMiB: 24 }, signal);
  const keeping = await openSafekeeping({ database, home, logger: logger.child({ part: 'audit' }), env: process.env }).catch(
    async (error: unknown) => {
      await database.close();
      throw error;
    },
  );
  const { vault, record } = keeping;
  const store = withAuditRecords(
    createStore({ ...options.history, database, vault, record, rules: [lastAdministrator], logger: logger.child({ part: 'store' }) }),
    keeping.log,
  );
  await store.start(signal);
  const prepareTenant = (tenant: string) =>
    ensureBuiltinObjects({ store, tenant, logger, profilesDir: join(options.packsDir, 'profiles') });
  const identity = createIdentity({ database, store, logger: logger.child({ part: 'identity' }), prepareTenant });
  await identity.start(signal);
  await prepareTenant(DEFAULT_TENANT);
  // Tenants of before, and what a newer version has to say.
  const tenants = await store.list({ tenant: SYSTEM_TENANT, kind: 'Tenant' });
  for (const { metadata } of tenants.items) {
    await ensureBuiltinRoles({ store, tenant: metadata.name, logger });
    await ensureEmbeddedRegistry({ store, tenant: metadata.name, logger });
  }

  const blobs = createFileBlobStore(home.blobs);
  const linkLogger = logger.child({ part: 'link' });
  const planKey = await vault.dataKey('plans');
  await sealLinkData(database, planKey);
  const link = createLinkServer({
    store: createLinkStore(database, { planKey }),
    blobs,
    signer: await loadPlanSigner(home.planKey),
    clock: systemClock,
    logger: linkLogger,
  });
  const proxy = createClusterProxy({ tunnels: link.tunnels, logger: linkLogger });
  const outbound = createOutbound(options.outbound);
  const leases = createLeases(database);
  const registries = createHubRegistries({
    store,
    leases,
    clock: systemClock,
    vault,
    blobs,
    home,
    outbound,
    outboundOptions: options.outbound,
    packsDir: options.packsDir,
    folders: options.registryFolders ?? [],
    registryProgram: options.registryProgram,
    logger: logger.child({ part: 'registries' }),
  });
  const controllers = createControllers({
    store,
    facts: link.facts,
    plans: link.plans,
    packs: registries.packs,
    secrets: vault,
    packReads: registries.packReads,
    render: createChartRenderer({
      helm: createHelm({ binary: options.helmProgram ?? home.helmProgram, workDir: join(home.work, 'helm') }),
      blobs,
      workDir: join(home.work, 'helm'),
    }),
    clouds,
    leases,
    without: options.standIn === undefined ? undefined : NEED_AGENTS,
    clock: systemClock,
    logger: logger.child({ part: 'controllers' }),
  });

  let bound: readonly ListenAddress[] = [];
  const boundUrl = () => `https://${bound[0]?.host ?? '127.0.0.1'}:${bound[0]?.port ?? 0}`;
  const publicUrl = (host: string | undefined): string => options.publicUrl ?? (host === undefined ? boundUrl() : `https://${host}`);
  /** As the caller reached it: what a kubeconfig names must be what this very caller can reach. */
  const askedUrl = (host: string | undefined): string =>
    host === undefined ? publicUrl(host) : `https://${host}${pathPrefixOf(options.publicUrl)}`;
  const audit = createHubAudit({ log: keeping.log, context: keeping.context, clock: systemClock, logger: logger.child({ part: 'audit' }) });
  const api = createApi({
    kinds,
    authenticator: identity,
    authorizer: identity.authorizer,
    fleet: store,
    subresources: audit.watched(
      [
        ...hubSubresources({ proxy, joinTokens: link.joinTokens, identity, ca: pki.ca, publicUrl: askedUrl }),
        ...userSubresources({ identity, publicUrl }),
        tokenRequest({ identity }),
        ...registries.subresources((context, pack, accept) =>
          impactOf({ authorizer: identity.authorizer, fleet: store, impactFor: controllers.impactFor }, context.principal, {
            kind: findKind(pack.kind)!,
            write: { object: pack, accept },
          }),
        ),
      ],
      (kind) => findKind(kind)?.plural ?? kind,
    ),
    moreRoutes: (scope) => {
      auditChainRoutes(scope, keeping);
      authRoutes(scope, { identity, audit, madeUp: options.standIn !== undefined });
    },
    onRefusedUpgrade: (request, code) => {
      identity
        .authenticate(request)
        .catch(() => undefined)
        .then(
          (principal) => audit.refusedUpgrade(request, code, principal),
          () => undefined,
        );
    },
    planFor: withinQuotas(createQuotas(database), (input) => controllers.planFor(input)),
    packReads: registries.packReads,
    planRollout: (tenant, rollout) => controllers.planRollout(tenant, rollout),
    valuesFor: (input) => controllers.valuesFor(input),
    impactFor: (input) => controllers.impactFor(input),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onAuthenticated: (request) => listeners.prove(request.socket),
    version: options.version,
    stopping: signal,
    logger: logger.child({ part: 'api' }),
    notReady: () => (bound.length === 0 ? 'its listeners' : undefined),
  });

  const browserSignIn = createBrowserSignIn({
    identity,
    database,
    store,
    vault,
    audit,
    outbound: options.outbound,
    publicUrl: options.publicUrl,
    clock: systemClock,
    logger: logger.child({ part: 'sign-in' }),
  });

  const app = createApp(logger.child({ part: 'http' }), options.trustedProxies);
  audit.hooks(app);
  // Agents prove who they are by what they are answered; everybody else is known to the API sooner.
  app.addHook('onResponse', async (request, reply) => {
    if (reply.statusCode < 400 && request.raw.url?.startsWith(`${LINK_PREFIX}/`)) listeners.prove(request.raw.socket);
  });
  api.routes(app);
  browserSignIn.routes(app);
  consoleRoutes(app, { directory: options.consoleDir ?? home.console, publicUrl: options.publicUrl });
  link.routes(app);
  registries.routes(app, { identity, audit, prove: (request) => listeners.prove(request.socket) });
  await app.ready();
  const listeners = createListeners({
    certificate: pki.server,
    handler: app.routing,
    onUpgrade: (request, socket, head) => {
      if (!link.handleUpgrade(request, socket, head) && !api.handleUpgrade(request, socket, head)) socket.destroy();
    },
    logger,
    ...(options.connections === undefined ? {} : { limits: options.connections }),
  });
  keeping.upkeep.start(signal);
  await link.start(signal);
  await serveAdminSocket({
    path: home.socket,
    identity,
    keys: keyActions({ ...keeping, logger }),
    setPassword: accountActions({ identity, log: keeping.log, logger }),
    logger,
    signal,
  });
  const controlling = controllers.start(signal).catch((error: unknown) => {
    if (!signal.aborted) logger.error({ err: error }, 'the controllers ended');
  });
  const delivering = startAuditSinks(
    {
      store,
      ...keeping,
      leases,
      outbound,
      outboundOptions: options.outbound,
      directory: home.auditFiles,
      logger: logger.child({ part: 'audit-sinks' }),
    },
    signal,
  );
  const registryRuns = registries.run(signal);
  const standingIn = options.standIn?.(store, signal).catch((error: unknown) => {
    if (!signal.aborted) logger.error({ err: error }, 'the stand-in of the controllers ended');
  });
  bound = await listeners.listen(options.listen, signal);
  logger.info({ addresses: bound, database: database.engine }, 'the hub is ready');

  let stopped: Promise<void> | undefined;
  const collector = createGarbageCollector({ database, store, kinds, logger: logger.child({ part: 'garbage' }) });
  const quotaStatus = createQuotaStatus({ database, store, logger: logger.child({ part: 'quotas' }) });
  /** What one replica does for all. */
  const leading = (name: string, lead: (term: AbortSignal) => Promise<void>) =>
    runAsLeader({ leases, name, holder: randomUUID(), clock: systemClock, timers: systemTimers, logger, lead }, signal);
  const upkeep = [leading('garbage-collector', (term) => collector.run(term)), leading('quota-status', (term) => quotaStatus.run(term))];
  const stop = async () => {
    logger.info({}, 'the hub stops');
    stopping.abort();
    await listeners.close(3000);
    await Promise.all([controlling, standingIn, ...upkeep, delivering, registryRuns, link.flush(), app.close()]);
    await Promise.all([registries.close(), outbound.close(), browserSignIn.close()]);
    await keeping.upkeep.flush();
    keeping.close();
    await database.close();
  };
  return { addresses: bound, identity, ca: pki.ca, stop: () => (stopped ??= stop()) };
}
