/**
 * The link as a hub serves it (HTTPS, WebSockets, signed plans in its database) in a process of its own, with join tokens for many agents. At `{"publish": n}` it publishes a change to every one of them.
 */
import { createInterface } from 'node:readline';
import type { ClusterPlan } from '@slipway/model';
import { startLinkHub } from '@slipway/testkit';

interface Job {
  readonly agents: number;
  readonly engine: 'pglite' | 'postgres';
}

const YEAR_MS = 365 * 24 * 3_600_000;
/** Shorter than a hub's: this process may have 20,000 files, of which the agents' standing connections take half. */
const KEEP_ALIVE_MS = 2000;
/** Publications under way at a time: as many as controllers run. */
const AT_ONCE = 8;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async (): Promise<string> => String((await lines.next()).value ?? 'stop');
const say = (answer: object): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
const uidOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** A plan of usual size: ten layers with values. */
function planOf(index: number, round: number): Omit<ClusterPlan, 'revision'> {
  const values = Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [`setting${at}`, { enabled: true, text: `value ${at} of round ${round}` }]),
  );
  return {
    kind: 'ClusterPlan',
    clusterUid: uidOf(index),
    cluster: `c${index}`,
    project: 'default',
    profile: { name: 'fleet', version: `1.0.${round}` },
    kubernetesVersion: 'v1.35.4',
    layers: Array.from({ length: 10 }, (_, layer) => ({
      name: `layer-${layer}`,
      type: 'addon' as const,
      namespace: 'default',
      dependsOn: [],
      drift: 'heal' as const,
      timeoutSeconds: 300,
      readiness: [],
      content: {
        type: 'chart' as const,
        release: `layer-${layer}`,
        name: 'web',
        version: '1.0.0',
        digest: `sha256:${'0'.repeat(64)}`,
        values,
      },
    })),
    tombstones: [],
  };
}

const { agents, engine } = JSON.parse(await next()) as Job;
const hub = await startLinkHub({ engine, keepAliveMs: KEEP_ALIVE_MS });
const each = async (work: (index: number) => Promise<unknown>): Promise<void> => {
  let at = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (at < agents) await work(at++);
    }),
  );
};
const publish = async (round: number): Promise<void> => each((index) => hub.link.plans.publishCluster(planOf(index, round)));

const tokens: string[] = [];
await each(async (index) => {
  tokens[index] = await hub.link.joinTokens.issue({ kind: 'cluster', uid: uidOf(index), name: `c${index}` }, YEAR_MS);
});
await publish(0);
say({ url: hub.url, ca: hub.ca, tokens });
for (let line = await next(); line !== 'stop'; line = await next()) {
  const { publish: round } = JSON.parse(line) as { publish: number };
  const before = { at: Date.now(), cpu: process.cpuUsage() };
  await publish(round);
  const cpu = process.cpuUsage(before.cpu);
  say({
    from: before.at,
    to: Date.now(),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    rss: process.memoryUsage().rss,
    bytes: JSON.stringify(planOf(0, round)).length,
  });
}
await hub.stop();
say({});
