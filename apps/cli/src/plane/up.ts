import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { silentLogger, SlipwayError } from '@slipway/kit';
import { ensureNodeRoot, type Host } from '@slipway/machines';
import type { ForgeToolchain } from '@slipway/forge';
import type { CliDeps } from '../command.ts';
import { contextsPath, createContextStore, type Context } from '../config/contexts.ts';
import { Detached } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';
import { connectHub } from '../hub/connect.ts';
import { createTimeline, type Step, type Timeline } from '../output/timeline.ts';
import { bootstrapAdmin, firstSight, waitForHub, workingContext } from './admin.ts';
import { buildInBackground } from './background-toolchain.ts';
import { layHubProgram, prepareConsole } from './hub-programs.ts';
import { planeRuns, runPlane, stopPlane, supervisorRecord } from './control.ts';
import { ensureFirstCluster, FIRST_CLUSTER, GATEWAY } from './first-cluster.ts';
import { COLD_GIB, WARM_GIB, ensureHostPackages, hostError, requireDisk, requireFreePort, requireRoot } from './host-checks.ts';
import { bridgeAddress, openHost, openToolchain } from './host-parts.ts';
import { takeLock } from './lock.ts';
import { choosePort, planePaths, type PlanePaths } from './paths.ts';
import { readPlaneFile } from './process-specs.ts';
import { services } from './services.ts';
import { createToolchainProgress } from './toolchain-progress.ts';

export interface UpOptions {
  readonly port?: string;
  /** False: gateway and hub only. */
  readonly cluster: boolean;
  /** Cluster API's managers as released, without the shortened waiting times. */
  readonly stockClusterApi: boolean;
  /** False: only start what exists; no second Kubernetes version in the background. */
  readonly background: boolean;
  readonly dev: boolean;
  /** With dev: Node's inspector on hub and gateway agent. */
  readonly inspect?: boolean;
  readonly timeoutMs: number;
}

interface Up {
  readonly deps: CliDeps;
  readonly options: UpOptions;
  readonly paths: PlanePaths;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  readonly timeline: Timeline;
  readonly toolchain: ForgeToolchain;
  readonly signal: AbortSignal;
}

export interface UpResult {
  readonly context: Context;
  /** The administrator's token, at the end of the first `up` that came this far: shown once. */
  readonly newToken: string | undefined;
  /** With which the first administrator chooses a password and is led through the beginning; once, with the token. */
  readonly firstLink: string | undefined;
  readonly cluster: 'created' | 'exists' | 'deleted-before' | 'none';
  readonly background: boolean;
}

async function inStep<T>(
  up: Pick<Up, 'timeline'>,
  title: string,
  work: (step: Step) => Promise<T>,
  note: (value: T) => string = () => '',
): Promise<T> {
  const step = up.timeline.step(title);
  try {
    const value = await work(step);
    step.done(note(value));
    return value;
  } catch (error) {
    if (!(error instanceof Error && error.message === 'interrupted'))
      step.fail(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    throw error;
  }
}

/** Everything from an empty host, or from wherever the last `up` or `down` left it, to a running first cluster. Every step finds out first what is done already. */
export async function up(deps: CliDeps, options: UpOptions): Promise<UpResult> {
  const paths = planePaths(deps.env);
  requireRoot(`${deps.self} up`);
  const kept = await readPlaneFile(paths.processes).catch(() => undefined);
  const port = choosePort(options.port, deps.env, kept?.port);
  const databaseUrl = deps.env['DATABASE_URL'] || kept?.processes.find((one) => one.name === 'hub')?.env['DATABASE_URL'];
  await mkdir(paths.run, { recursive: true }).catch((error: unknown) => {
    throw hostError(error, paths);
  });
  const lock = await takeLock(paths.run, 'up', 'slipway up', {
    signal: deps.signal,
    onWait: (holder) =>
      deps.io.say(`Another "slipway ${holder.name}" works on ${paths.home} (pid ${holder.pid}, since ${holder.since}); waiting for it…`),
  });
  const timeline = createTimeline(deps.io);
  try {
    const toolchain = openToolchain(deps.root, paths, deps.env);
    return await bringUp({ deps, options, paths, port, databaseUrl, timeline, toolchain, signal: deps.signal });
  } catch (error) {
    if (deps.signal.aborted && !(error instanceof Detached)) {
      throw new Detached(
        `Interrupted. What is done stays done: run "${deps.self} up" again and it goes on, or "${deps.self} down" to stop what runs.`,
      );
    }
    throw hostError(error, paths);
  } finally {
    timeline.close();
    await lock.release();
  }
}

async function bringUp(up: Up): Promise<UpResult> {
  const { options, paths, toolchain } = up;
  const version = toolchain.kubernetesVersions()[0] ?? '';
  const { gatewayPieces } = await import('@slipway/forge');
  const pieces = [...new Set([...toolchain.forKubernetes(version), ...gatewayPieces(options.stockClusterApi ? 'stock' : 'tuned')])];
  await inStep(
    up,
    'host',
    (step) => checkHost(up, step),
    (note) => note,
  );
  const [, host] = await all(up, [(one) => makeToolchain(one, pieces), (one) => prepareHost(one)]);
  const [session] = await all(up, [(one) => startHub(one, host), (one) => gatewayCluster(one, host, version)]);
  await inStep(
    up,
    'gateway agent',
    (step) => startGatewayAgent(up, host, session.hub, step),
    (note) => note,
  );
  const background = await startBackground(up);
  const done = { context: session.context, background };
  if (!options.cluster) return { ...done, cluster: 'none', ...(await firstSight(paths, session.context, up.deps.signal)) };
  const cluster = await ensureFirstCluster(session.hub, paths);
  if (cluster !== 'deleted-before') {
    const { waitForCluster } = await import('../output/cluster-timeline.ts');
    await waitForCluster({
      deps: up.deps,
      hub: session.hub,
      project: 'default',
      cluster: FIRST_CLUSTER,
      timeoutMs: options.timeoutMs,
      timeline: up.timeline,
    });
  }
  return { ...done, cluster, ...(await firstSight(paths, session.context, up.deps.signal)) };
}

/** Both at once; the first failure stops the other, and is the one that is told. */
async function all<A, B>(up: Up, work: [(up: Up) => Promise<A>, (up: Up) => Promise<B>]): Promise<[A, B]> {
  const stop = new AbortController();
  const one = { ...up, signal: AbortSignal.any([up.signal, stop.signal]) };
  let first: unknown;
  const guarded = <T>(part: (up: Up) => Promise<T>): Promise<T> =>
    part(one).catch((error: unknown) => {
      first ??= error;
      stop.abort(new Error('interrupted'));
      throw error;
    });
  const results = await Promise.allSettled([guarded(work[0]), guarded(work[1])]);
  const [a, b] = results;
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  throw first;
}

async function checkHost(up: Up, step: Step): Promise<string> {
  const { paths, port, toolchain, signal } = up;
  step.update('disk, port, kernel, packages');
  const version = toolchain.kubernetesVersions()[0] ?? '';
  const warm = (await toolchain.find(`kubernetes-${version.slice(1).split('.').slice(0, 2).join('.')}`)) !== undefined;
  await requireDisk(paths.cache, warm ? WARM_GIB : COLD_GIB);
  await requireDisk(paths.home, WARM_GIB);
  // Our own hub on this port is no obstacle: it is what we want.
  const runningPort = (await planeRuns(paths)) ? (await readPlaneFile(paths.processes))?.port : undefined;
  if (runningPort !== port) await requireFreePort('127.0.0.1', port);
  return ensureHostPackages((detail) => step.update(detail), signal);
}

async function makeToolchain(up: Up, pieces: readonly string[]): Promise<void> {
  await inStep(up, `Kubernetes toolchain (${pieces.length} pieces)`, async (step) => {
    await up.toolchain.ensure(pieces, {
      onProgress: createToolchainProgress(pieces.length, (detail) => step.update(detail)),
      signal: up.signal,
    });
  });
}

async function prepareHost(up: Up): Promise<Host> {
  return inStep(up, 'node image', async (step) => {
    await ensureNodeRoot({ cache: up.paths.cache, logger: silentLogger, onProgress: (detail) => step.update(detail), signal: up.signal });
    return openHost(up.deps.root, up.paths, up.deps.env, { signal: up.signal });
  });
}

interface HubSession {
  readonly hub: Hub;
  readonly context: Context;
}

async function startHub(up: Up, host: Host): Promise<HubSession> {
  return inStep(
    up,
    'hub',
    async (step) => {
      const { paths, port, deps, signal } = up;
      step.update('network of the machines');
      await host.ensureNetwork();
      const contexts = createContextStore(contextsPath(deps.env));
      const name = contextName(paths);
      const server = `https://127.0.0.1:${port}`;
      const plane = services({
        root: deps.root,
        paths,
        port,
        bridge: bridgeAddress(host.instance),
        withAgent: await agentMayRun(paths),
        dev: up.options.dev,
        inspect: up.options.inspect === true,
        ...(up.databaseUrl ? { databaseUrl: up.databaseUrl } : {}),
      });
      const admin = (reset: boolean) =>
        bootstrapAdmin(deps.root, paths, { reset, signal, ...(up.databaseUrl ? { databaseUrl: up.databaseUrl } : {}) });
      // A hub whose supervisor was killed still holds the database; a new supervisor would find it in its way.
      if (!(await supervisorRecord(paths))) await stopPlane(paths);
      step.update('console');
      await prepareConsole(deps, paths);
      await runPlane(paths, plane, signal);
      const authority = await waitForHub(paths, port, signal, (detail) => step.update(detail));
      let context = await workingContext(contexts, name, server, authority, signal);
      if (!context) {
        step.update('administrator');
        // The first token of this hub; when there was one already that this user does not have, whoever is root here may have a new one.
        const token = (await admin(false)) ?? (await admin(true));
        if (token === undefined) throw new SlipwayError('Internal', 'The hub gave no administrator token.');
        context = { name, server, certificateAuthority: authority, token, project: 'default' };
        await contexts.put(context, { use: true });
      }
      const hub = connectHub(context, signal);
      return { hub, context };
    },
    (session) => session.context.server,
  );
}

/** `local` for the default home; other homes have their own, so that test instances do not take over a user's context. */
export function contextName(paths: PlanePaths): string {
  return paths.home === '/var/lib/slipway' ? 'local' : `local-${paths.home.split('/').at(-1) ?? 'home'}`;
}

const agentMayRun = async (paths: PlanePaths): Promise<boolean> =>
  readFile(paths.gatewayKubeconfig).then(
    () => true,
    () => false,
  );

async function gatewayCluster(up: Up, host: Host, version: string): Promise<void> {
  await inStep(up, 'gateway (Cluster API on this machine)', async (step) => {
    const [{ ensureGatewayCluster }, { gatewayPieces, kubernetesImageTags }] = await Promise.all([
      import('@slipway/clouds'),
      import('@slipway/forge'),
    ]);
    await host.ensureNetwork();
    step.update('starting machines');
    await host.startAll({ onProgress: (detail) => step.update(detail), signal: up.signal });
    const artifacts = await up.toolchain.ensure(gatewayPieces(up.options.stockClusterApi ? 'stock' : 'tuned'), { signal: up.signal });
    const components = artifacts.get('cluster-api-components');
    if (!components) throw new SlipwayError('Internal', 'The toolchain has no manifests of Cluster API.');
    const images = [...artifacts.values()]
      .filter((artifact) => artifact.kind === 'oci-layout')
      .map(({ digest, path, names }) => ({ digest, path, names: names ?? [] }));
    await ensureGatewayCluster(
      { machines: host.machines, instance: host.instance },
      {
        kubernetesVersion: version,
        imageTags: kubernetesImageTags(version),
        components: components.path,
        images,
        onStep: (_step, waitingFor) => step.update(waitingFor),
        signal: up.signal,
      },
    );
  });
}

/** The gateway agent needs a join token only until it has a credential of its own; a fresh one is laid ready until it connected once. */
async function startGatewayAgent(up: Up, host: Host, hub: Hub, step: Step): Promise<string> {
  const { paths, port, deps, signal } = up;
  const { gatewayKind } = await import('@slipway/model');
  const gateway = async () =>
    (await hub.get(gatewayKind, GATEWAY, 'default')).status as { connected?: boolean; version?: string; lastSeen?: string } | undefined;
  const before = await gateway();
  if (!before?.connected) await writeFile(paths.gatewayJoinToken, await hub.gatewayJoinToken(GATEWAY), { mode: 0o600 });
  await runPlane(
    paths,
    services({
      root: deps.root,
      paths,
      port,
      bridge: bridgeAddress(host.instance),
      withAgent: true,
      dev: up.options.dev,
      inspect: up.options.inspect === true,
      ...(up.databaseUrl ? { databaseUrl: up.databaseUrl } : {}),
    }),
    signal,
  );
  step.update('waiting for it to connect to the hub');
  const { waitFor } = await import('@slipway/kit');
  const status = await waitFor(
    async () => {
      const now = await gateway();
      return now?.connected ? now : undefined;
    },
    { what: `the gateway agent to connect (its log: ${paths.log}/gateway-agent.log)`, timeoutMs: 120_000, intervalMs: 200, signal },
  );
  return status.version ? `connected, version ${status.version}` : 'connected';
}

/** What nobody has to wait for: the embedded registry, and the other Kubernetes versions. */
async function startBackground(up: Up): Promise<boolean> {
  const { toolchain, paths, options } = up;
  const { EMBEDDED_REGISTRY } = await import('@slipway/forge');
  const registry = await toolchain.find(EMBEDDED_REGISTRY);
  if (registry !== undefined) await layHubProgram(paths, 'registry', registry.path);
  const helm = await toolchain.find('helm');
  if (helm !== undefined) await layHubProgram(paths, 'helm', helm.path);
  if (!options.background) return false;
  const wanted = [EMBEDDED_REGISTRY, ...toolchain.kubernetesVersions().flatMap((version) => toolchain.forKubernetes(version))];
  const missing: string[] = [];
  for (const piece of new Set(wanted)) if (!(await toolchain.find(piece))) missing.push(piece);
  if (missing.length === 0) return false;
  return buildInBackground(paths, missing);
}
