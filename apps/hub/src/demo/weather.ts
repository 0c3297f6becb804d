import { type Logger, messageOf, sleep } from '@slipway/kit';
import { DEFAULT_TENANT } from '@slipway/model';
import type { Store } from '@slipway/store';
import type { Chance } from './chance.ts';
import { type Situation, WELL } from './situation.ts';
import type { DemoCluster, StandIn } from './stand-in.ts';
import { trouble } from './troubles.ts';

export interface WeatherDeps {
  readonly store: Store;
  readonly standIn: StandIn;
  readonly chance: Chance;
  readonly logger: Logger;
  /** Between two changes that nobody asked for; 0: only what somebody changes moves. */
  readonly everyMs: number;
}

/** How often what is on its way moves. */
const STEP_MS = 5000;
/** Clusters that are on their way and move in one step. */
const AT_ONCE = 2;
/** A quarter-hour of weather leaves about this many clusters of a thousand in trouble. */
const TROUBLED_PER_MILLE = 50;

type Key = { readonly project: string; readonly name: string; readonly uid: string };

/** The life of the made-up fleet: what people change takes its course, and now and then something happens. Everything one after another, so that nothing is decided on what has passed. */
export async function weather(deps: WeatherDeps, signal: AbortSignal): Promise<void> {
  const { store, standIn, logger } = deps;
  const clusters = new Map<string, Key>();
  const changed = new Map<string, Key>();
  const begun = await store.list({ tenant: DEFAULT_TENANT, kind: 'Cluster' });
  for (const { metadata } of begun.items) {
    clusters.set(metadata.uid, keyOf(metadata));
    if (metadata.deletionTimestamp) standIn.leaving.add(metadata.uid);
  }
  void follow(deps, { clusters, changed, from: begun.resourceVersion }, signal);
  const next = { step: Date.now() + STEP_MS, weather: Date.now() + deps.everyMs };
  while (!signal.aborted) {
    for (const [uid, key] of changed) {
      changed.delete(uid);
      await standIn.look(key.project, key.name).catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ error: messageOf(error), cluster: key.name }, 'a made-up cluster was not looked at');
      });
    }
    const now = Date.now();
    if (now >= next.step) {
      next.step = now + STEP_MS;
      progress(deps, clusters, changed);
    }
    if (deps.everyMs > 0 && now >= next.weather) {
      next.weather = now + deps.everyMs;
      happen(deps, clusters, changed);
    }
    if (changed.size === 0) await sleep(100, signal).catch(() => undefined);
  }
}

const keyOf = ({ namespace = '', name, uid }: { namespace?: string | undefined; name: string; uid: string }): Key => ({
  project: namespace,
  name,
  uid,
});

/** What somebody writes is looked at. Statuses are written here, so only generations and deletions are news. */
async function follow(
  { store, logger }: WeatherDeps,
  { clusters, changed, from }: { clusters: Map<string, Key>; changed: Map<string, Key>; from: string },
  signal: AbortSignal,
): Promise<void> {
  const generations = new Map<string, number>();
  const watchOf = async (kind: string, of: (object: DemoCluster) => Key | undefined): Promise<void> => {
    for await (const event of store.watch({ tenant: DEFAULT_TENANT, kind }, from, signal)) {
      if (event.type === 'BOOKMARK') continue;
      const object = event.object as DemoCluster;
      const { uid, generation } = object.metadata;
      const known = generations.get(uid);
      generations.set(uid, generation);
      if (event.type === 'DELETED' && kind === 'Cluster') clusters.delete(uid);
      else if (known !== generation) {
        const key = of(object);
        if (key === undefined) continue;
        if (kind === 'Cluster') clusters.set(key.uid, key);
        changed.set(key.uid, key);
      }
    }
  };
  const clusterOf = (pool: DemoCluster): Key | undefined => {
    const { cluster } = pool.spec as unknown as { cluster: string };
    return [...clusters.values()].find(({ project, name }) => project === pool.metadata.namespace && name === cluster);
  };
  await Promise.all([watchOf('Cluster', ({ metadata }) => keyOf(metadata)), watchOf('MachinePool', clusterOf)]).catch((error: unknown) => {
    if (!signal.aborted) logger.error({ err: error }, 'the demo no longer sees what is changed');
  });
}

/** Those that are being made or moved come a step further; deletions end. */
function progress({ standIn, chance }: WeatherDeps, clusters: ReadonlyMap<string, Key>, changed: Map<string, Key>): void {
  const moving = [...standIn.situations].filter(([, { is }]) => is === 'making' || is === 'updating');
  for (let index = 0; index < AT_ONCE && moving.length > 0; index++) {
    const [[uid, situation] = ['', WELL] as const] = moving.splice(chance.between(0, moving.length - 1), 1);
    const key = clusters.get(uid);
    if (key === undefined) standIn.keep(uid, WELL);
    else {
      standIn.keep(uid, further(situation));
      changed.set(uid, key);
    }
  }
  // Who was deleted last goes first: somebody may be watching.
  const [uid] = [...standIn.leaving].slice(-1);
  const key = uid === undefined ? undefined : clusters.get(uid);
  if (key === undefined) standIn.leaving.delete(uid ?? '');
  else changed.set(key.uid, key);
}

function further(situation: Situation): Situation {
  if (situation.is !== 'making' && situation.is !== 'updating') return situation;
  const done = situation.done + (situation.is === 'making' ? 0.08 : 0.15);
  return done >= 1 ? WELL : { ...situation, done };
}

/** Something happens to somebody, or somebody's trouble is over: on the whole as much of one as of the other. */
function happen({ standIn, chance }: WeatherDeps, clusters: ReadonlyMap<string, Key>, changed: Map<string, Key>): void {
  const passing = [...standIn.situations].filter(
    ([, { is }]) => is !== 'asking' && is !== 'not-made' && is !== 'making' && is !== 'updating',
  );
  const ends = chance.next() * 2 * TROUBLED_PER_MILLE < (passing.length / Math.max(1, clusters.size)) * 1000;
  const uid = ends ? chance.pick(passing)[0] : chance.pick([...clusters.keys()]);
  const key = clusters.get(uid);
  if (key === undefined || (!ends && standIn.situations.has(uid))) return;
  standIn.keep(uid, ends ? WELL : trouble(chance, ['monitoring', 'policy', 'metrics-server'], new Date().toISOString()));
  changed.set(uid, key);
}
