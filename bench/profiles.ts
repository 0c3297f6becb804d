/**
 * What the answer to "what will change" costs: resolving a profile of 30 layers and 100 variables and planning its change, and the plan of a rollout over 10,000 clusters with its memory.
 * `npm run bench -- profiles`. The database is the embedded one; no network, no charts are fetched.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, silentLogger, systemClock } from '@slipway/kit';
import {
  clusterChangePlan,
  type ClusterPicture,
  clusterSpecSchema,
  kinds,
  type NewObject,
  profileVersionSchema,
  type ProfileVersion,
  resolveProfile,
} from '@slipway/model';
import { createControllers } from '@slipway/controllers';
import { createStore } from '@slipway/store';
import { startLinkHub, testDatabase } from '@slipway/testkit';
import { type Figure, median, percentile, table } from './stats.ts';

const LAYERS = 30;
const VARIABLES = 100;
const RUNS = 200;
/** Of the fleet: a cluster has some ten layers. */
const FLEET_PROFILE = { layers: 12, variables: 20 };
const CLUSTERS = Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 10_000);

/** Charts with forty values each, of which a third refers to variables, other layers and the cluster. */
function versionOf(version: string, kubernetes: string, { layers = LAYERS, variables = VARIABLES } = {}): ProfileVersion {
  const values = (layer: number) =>
    Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => {
        const reference =
          at % 3 === 0
            ? `{{ .var.v${(layer * 7 + at) % variables} }}`
            : at === 1 && layer > 0
              ? `{{ .layer.l${layer - 1}.values.setting3.text | upper }}`
              : `plain ${at}`;
        return [`setting${at}`, { enabled: at % 2 === 0, text: reference, of: '{{ .cluster.profileVersion }}' }];
      }),
    );
  return profileVersionSchema.parse({
    version,
    variables: Array.from({ length: variables }, (_, at) => ({
      name: `v${at}`,
      type: at % 2 === 0 ? 'string' : 'number',
      default: at % 2 === 0 ? (at > 0 && at % 10 === 0 ? `{{ .var.v${at - 2} }}-${at}` : `value-${at}`) : at,
    })),
    layers: [
      { name: 'os', type: 'os', builtin: { name: 'debian', version: '12' } },
      { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: kubernetes } },
      ...Array.from({ length: layers - 2 }, (_, at) => ({
        name: `l${at}`,
        type: 'addon',
        namespace: 'apps',
        dependsOn: at > 0 && at % 4 === 0 ? [`l${at - 1}`] : [],
        chart: { registry: 'stable', name: `chart-${at}`, version },
        values: values(at),
      })),
    ],
  });
}

const parsed = (kind: string, spec: unknown): unknown => kinds.find((one) => one.kind === kind)?.spec.parse(spec);
const objectOf = (kind: string, name: string, spec: unknown, project?: string): NewObject => ({
  kind,
  metadata: { name, ...(project === undefined ? {} : { namespace: project }) },
  spec: parsed(kind, spec),
});

/** Each time other variables, so that no answer is remembered. */
function measureOne(): Figure[] {
  const [from, to] = [versionOf('1.0.0', '1.35.4'), versionOf('1.1.0', '1.35.4')];
  const spec = clusterSpecSchema.parse({ profile: { name: 'fleet', version: '1.0.0' } });
  const picture = (version: ProfileVersion, name: string): ClusterPicture => ({
    name: 'c',
    spec,
    pools: [],
    profile: resolveProfile({
      profiles: [{ ref: { scope: 'tenant', name: 'fleet', version: version.version }, version }],
      variables: { v0: name },
      facts: { name: 'c' },
    }),
  });
  const [resolving, planning, both]: number[][] = [[], [], []];
  for (let index = 0; index < RUNS; index += 1) {
    const current = picture(from, `run-${index}`);
    const start = performance.now();
    const desired = picture(to, `run-${index}`);
    const resolved = performance.now();
    const plan = clusterChangePlan({ current, desired });
    const done = performance.now();
    if (plan.actions.length !== LAYERS - 2) throw new Error(`the plan has ${plan.actions.length} actions`);
    // The first ones compile.
    if (index < 20) continue;
    resolving?.push(resolved - start);
    planning?.push(done - resolved);
    both?.push(done - start);
  }
  return [
    { name: `resolve ${LAYERS} layers, ${VARIABLES} variables`, values: resolving ?? [], unit: 'ms' },
    { name: 'plan its change', values: planning ?? [], unit: 'ms' },
    { name: 'resolve and plan', values: both ?? [], unit: 'ms', aim: 20 },
  ];
}

/** The plan of a rollout over clusters that are in a real database, each with a published plan. */
async function measureFleet(): Promise<Figure[]> {
  const database = await testDatabase();
  const hub = await startLinkHub();
  const store = createStore({ database });
  const stopping = new AbortController();
  await store.start(stopping.signal);
  try {
    await store.create(objectOf('Project', 'default', {}));
    await store.create(objectOf('CloudAccount', 'local', { cloud: 'local' }));
    await store.create(objectOf('Gateway', 'local', {}));
    await store.create(
      objectOf('ClusterProfile', 'fleet', { versions: ['1.0.0', '1.1.0'].map((version) => versionOf(version, '1.35.4', FLEET_PROFILE)) }),
    );
    for (let index = 0; index < CLUSTERS; index += 1) {
      // A tenth gives values of its own: the others share one answer.
      const variables = index % 10 === 0 ? { v0: `cluster-${index}` } : {};
      const made = await store.create(
        objectOf('Cluster', `c${index}`, { profile: { name: 'fleet', version: '1.0.0' }, variables }, 'default'),
      );
      await hub.link.plans.publishCluster({
        kind: 'ClusterPlan',
        clusterUid: made.metadata.uid,
        cluster: `c${index}`,
        project: 'default',
        profile: { name: 'fleet', version: '1.0.0' },
        kubernetesVersion: 'v1.35.4',
        layers: [],
        tombstones: [],
      });
    }
    const controllers = createControllers({
      store,
      facts: hub.link.facts,
      plans: hub.link.plans,
      packs: { resolveChart: async ({ name, version }) => ({ digest: `sha256:${name}`, name, version }) },
      clouds: {},
      clock: systemClock,
      logger: silentLogger,
    });
    const rollout = await store.create(
      objectOf('Rollout', 'next', {
        target: { name: 'fleet', version: '1.1.0' },
        waves: [
          { name: 'canary', percent: 1 },
          { name: 'rest', percent: 100 },
        ],
      }),
      { dryRun: true },
    );
    const seconds: number[] = [];
    const grown: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.();
      const before = process.memoryUsage.rss();
      let most = before;
      const watching = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
      const start = performance.now();
      const plan = await controllers.planRollout('default', rollout);
      seconds.push((performance.now() - start) / 1000);
      clearInterval(watching);
      grown.push((Math.max(most, process.memoryUsage.rss()) - before) / 2 ** 20);
      console.log(
        JSON.stringify({
          seconds: seconds.at(-1),
          grownMiB: grown.at(-1),
          beforeMiB: before / 2 ** 20,
          plan: JSON.stringify(plan).length,
          summary: JSON.stringify(plan).slice(0, 300),
        }),
      );
    }
    return [
      { name: `plan of a rollout over ${CLUSTERS} clusters of ${FLEET_PROFILE.layers} layers`, values: seconds, unit: 's', aim: 10 },
      { name: 'memory that it takes (resident, at most)', values: grown, unit: 'MiB' },
    ];
  } finally {
    stopping.abort();
    await hub.stop();
    await database.close();
  }
}

const figures = [...measureOne(), ...(await measureFleet())];
console.log(table(figures));
const commit = (await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname })).stdout.trim();
const at = new Date().toISOString();
const results = join(import.meta.dirname, 'results');
await mkdir(results, { recursive: true });
const kept = figures.map(({ name, values, unit, aim }) => ({
  name,
  unit,
  aim,
  n: values.length,
  median: median(values),
  p99: percentile(values, 99),
}));
await writeFile(
  join(results, `profiles-${at.slice(0, 10)}.json`),
  `${JSON.stringify({ at, commit, clusters: CLUSTERS, figures: kept }, null, 2)}\n`,
);
process.exit(figures.some(({ aim, values }) => aim !== undefined && median(values) > aim) ? 1 : 0);
