import type { ConnectionState } from '@slipway/link';
import { clusterNews, machineObject, machineStatus, poolStatus, recordChanges } from '@slipway/controllers';
import { type ApiObject, clusterStatus, type ClusterSpec, type ClusterStatus, type ResolveResult } from '@slipway/model';
import { type EventInput, newEvent } from '@slipway/runtime';
import { asStored, type FilledObject } from '@slipway/store';
import { LOST_REGION } from './catalogue.ts';
import type { Chance } from './chance.ts';
import { demoView } from './facts.ts';
import type { DeclaredCluster } from './fleet.ts';
import { VERSIONS } from './profiles.ts';
import type { ClusterResolve } from './resolver.ts';
import { type Situation, WELL } from './situation.ts';
import { asked, trouble } from './troubles.ts';

export interface SeedDeps {
  readonly chance: Chance;
  readonly resolve: ClusterResolve;
  /** Milliseconds: when the demo begins. */
  readonly now: number;
}

export interface SeededCluster {
  readonly objects: readonly FilledObject[];
  readonly situation: Situation;
}

const MINUTE_MS = 60_000;
/** How a cluster came to be: how much of it was done, and after how many seconds. */
const MADE: readonly (readonly [done: number, seconds: number])[] = [
  [0, 4],
  [0.12, 38],
  [0.35, 149],
  [0.55, 226],
  [0.65, 251],
  [0.85, 318],
  [1, 394],
];
const LOST_SINCE_MS = 173 * MINUTE_MS;

export const CONNECTED: ConnectionState = { connected: true, agentVersion: '0.1.0' };
export const lostSince = (now: number): ConnectionState => ({ connected: false, lastSeen: new Date(now - LOST_SINCE_MS).toISOString() });

/** One cluster with pools, machines and what happened to it, as it stands when the demo begins: each status is what the hub's rules say of made-up reports. */
export async function seedCluster(deps: SeedDeps, declared: DeclaredCluster): Promise<SeededCluster> {
  const { now, chance } = deps;
  const { uid, at, beginning } = declared;
  const deleted = beginning === 'deleting' ? { deletedAt: now - chance.between(20, 600) * 1000 } : {};
  const born = asStored({ object: declared.cluster, uid, at, ...deleted }) as ApiObject<ClusterSpec, ClusterStatus>;
  const pools = declared.pools.map((object) => ({ object, uid: chance.uid(), at }));
  const storedPools = pools.map((pool) => asStored(pool));
  const running = beginning === 'asking' || beginning === 'updating' ? atVersionBefore(born) : born;
  const resolved = await deps.resolve(running);
  let status: ClusterStatus | undefined;
  const look = (
    cluster: ApiObject<ClusterSpec, ClusterStatus>,
    situation: Situation,
    ms: number,
    more: Partial<{ resolved: ResolveResult; gateway: ConnectionState }> = {},
  ) => {
    const seen = { ...cluster, ...(status === undefined ? {} : { status }) };
    const view = demoView({
      cluster: seen,
      pools: storedPools,
      resolved,
      situation,
      gateway: CONNECTED,
      now: new Date(ms).toISOString(),
      ...more,
    });
    status = clusterStatus(view);
    return view;
  };
  const { situation, since } = await beginningOf(deps, declared, { born, resolved });
  const { deletionTimestamp: _gone, ...metadata } = running.metadata;
  const unpaused = { ...running, metadata, spec: { ...running.spec, paused: false } };
  const until = situation.is === 'making' ? situation.done : situation.is === 'not-made' ? -1 : 1;
  for (const [done, seconds] of MADE) if (done <= until) look(unpaused, { is: 'making', done }, at + seconds * 1000);
  const before = status;
  const lost = declared.cluster.metadata.labels?.['region'] === LOST_REGION;
  const view = look(born, situation, since, { resolved: await deps.resolve(born), ...(lost ? { gateway: lostSince(now) } : {}) });
  const cluster = { ...born, ...(status === undefined ? {} : { status }) };
  const events = await newsOf(deps, { cluster, before, since });
  const machines = (view.provision?.machines ?? []).map((fact): FilledObject => {
    const object = machineObject({ cluster, project: cluster.metadata.namespace ?? '' }, fact);
    return { object: { ...object, status: machineStatus(fact) }, uid: fact.uid, at: at + 150_000 };
  });
  const poolObjects = pools.map((pool, index): FilledObject => {
    const told = {
      pool: storedPools[index]!,
      cluster,
      connection: view.gateway.connection,
      provision: view.provision,
      now: view.now,
      waitsFor: '',
    };
    return { ...pool, object: { ...pool.object, status: poolStatus(told) } };
  });
  return { situation, objects: [{ object: { ...declared.cluster, status }, uid, at, ...deleted }, ...poolObjects, ...machines, ...events] };
}

function atVersionBefore(cluster: ApiObject<ClusterSpec, ClusterStatus>): ApiObject<ClusterSpec, ClusterStatus> {
  const { profile } = cluster.spec;
  const version = VERSIONS[profile.name]?.at(-2)?.[0] ?? profile.version;
  return { ...cluster, spec: { ...cluster.spec, profile: { ...profile, version } } };
}

interface Born {
  readonly born: ApiObject<ClusterSpec, ClusterStatus>;
  /** What it runs with. */
  readonly resolved: ResolveResult;
}

async function beginningOf(
  { chance, resolve, now }: SeedDeps,
  { beginning, at, uid }: DeclaredCluster,
  { born, resolved }: Born,
): Promise<{ situation: Situation; since: number }> {
  const since = now - chance.between(2, 360) * MINUTE_MS;
  const wanted = await resolve(born);
  const kubernetes = resolved.ok ? resolved.profile.kubernetesVersion : '';
  switch (beginning) {
    case 'trouble': {
      const layers = resolved.ok ? resolved.profile.layers.map(({ name }) => name) : [];
      return { situation: trouble(chance, layers, new Date(since).toISOString()), since };
    }
    case 'asking': {
      const pending = wanted.ok ? asked(uid, kubernetes, wanted.profile, []) : undefined;
      return { situation: pending === undefined ? WELL : { is: 'asking', pending }, since };
    }
    case 'updating':
      return { situation: { is: 'updating', from: kubernetes, done: chance.next() * 0.5 }, since: now - chance.between(1, 6) * MINUTE_MS };
    case 'making':
      return { situation: { is: 'making', done: Math.min(0.9, (now - at) / (14 * MINUTE_MS)) }, since: now };
    case 'not-made':
      return {
        situation: { is: 'not-made', message: 'Quota exceeded: the network "machines" has no address left in 10.8.0.0/24.' },
        since,
      };
    default:
      return { situation: WELL, since };
  }
}

/** What the controllers would have said of it: only what is not older than events live, and of few clusters where nothing is wrong. */
async function newsOf(
  { chance, now }: SeedDeps,
  { cluster, before, since }: { cluster: ApiObject<ClusterSpec, ClusterStatus>; before: ClusterStatus | undefined; since: number },
): Promise<FilledObject[]> {
  const found: EventInput[] = [];
  const { status } = cluster;
  if (status === undefined) return [];
  const events = { record: async (event: EventInput) => void found.push(event) };
  await recordChanges({ events }, cluster, before?.conditions ?? [], status.conditions);
  found.push(...clusterNews(before, status).map((news) => ({ ...news, regarding: cluster })));
  const [layer] = found.length === 0 && chance.next() < 0.05 ? status.layers.slice(-1) : [];
  if (layer !== undefined)
    found.push({ regarding: cluster, type: 'Normal', reason: 'LayerReady', message: `Layer ${layer.name} is ready (${layer.version}).` });
  const quiet = found.length === 1 && layer !== undefined;
  return found.map((event) => {
    const at = quiet ? now - chance.between(1, 1200) * MINUTE_MS : since;
    return { object: newEvent(event, new Date(at).toISOString()), uid: chance.uid(), at };
  });
}
