import type { Command } from 'commander';
import type { NewObject } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';
import type { Cluster, MachinePool } from '../hub/objects.ts';

interface ScaleOptions extends HubOptions {
  readonly cluster?: string;
  readonly wait?: boolean;
  readonly yes?: boolean;
  readonly timeout: string;
}

export function register(program: Command, deps: CliDeps): void {
  const scale = program
    .command('scale')
    .description('Change the number of machines.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} scale pool workers 3 --wait\n  ${deps.self} scale pool workers 3 --cluster dev\n  ${deps.self} scale control-plane dev 3 --wait`,
    );
  const shared = (command: Command) =>
    withHubOptions(command)
      .option('-y, --yes', 'do not ask')
      .option('--wait', 'wait until the machines are ready, showing the timeline')
      .option('--timeout <duration>', 'how long --wait waits', '20m');
  shared(scale.command('pool'))
    .description('Set the number of machines of a pool.')
    .argument('<pool>', "the object's name (dev-workers) or the pool's name within its cluster (workers)")
    .argument('<replicas>', 'how many machines', parseCount)
    .option('--cluster <name>', 'which cluster, when several have a pool of that name')
    .action(async (pool: string, replicas: number, options: ScaleOptions) => scalePool(deps, pool, replicas, options));
  shared(scale.command('control-plane'))
    .description('Set the number of control-plane machines: 1, 3 or 5.')
    .argument('<cluster>')
    .argument('<replicas>', 'how many machines', parseCount)
    .action(async (cluster: string, replicas: number, options: ScaleOptions) => {
      const { API_VERSION, clusterKind } = await import('@slipway/model');
      const { hub, project } = await openSession(deps, options);
      const found = (await hub.get(clusterKind, cluster, project)) as Cluster;
      const candidate = {
        apiVersion: API_VERSION,
        kind: 'Cluster',
        metadata: { name: cluster, namespace: project },
        spec: { ...found.spec, controlPlane: { ...found.spec.controlPlane, replicas } },
      };
      await showPlan(deps, hub, cluster, candidate, options.yes === true);
      await hub.patch(clusterKind, cluster, project, { spec: { controlPlane: { replicas } } });
      deps.io.data(`cluster/${cluster} control plane scaled to ${replicas}`);
      await maybeWait(deps, hub, project, cluster, options);
    });
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`"${text}" is not a number of machines`, 'Write a whole number, 0 or more.');
  return Number(text);
}

async function scalePool(deps: CliDeps, name: string, replicas: number, options: ScaleOptions): Promise<void> {
  const { API_VERSION, machinePoolKind } = await import('@slipway/model');
  const { hub, project } = await openSession(deps, options);
  const pool = await findPool(deps, hub, project, name, options.cluster);
  const candidate = {
    apiVersion: API_VERSION,
    kind: 'MachinePool',
    metadata: { name: pool.metadata.name, namespace: project },
    spec: { ...pool.spec, replicas },
  };
  await showPlan(deps, hub, pool.spec.cluster, candidate, options.yes === true);
  await hub.patch(machinePoolKind, pool.metadata.name, project, { spec: { replicas } });
  deps.io.data(`machinepool/${pool.metadata.name} scaled from ${pool.spec.replicas} to ${replicas}`);
  await maybeWait(deps, hub, project, pool.spec.cluster, options);
}

/** Says what will happen; on a terminal asks when it disturbs something. Scripts said what they want by the number itself. */
async function showPlan(deps: CliDeps, hub: Hub, cluster: string, candidate: NewObject, yes: boolean): Promise<void> {
  const [{ renderChangePlan }, { confirm }] = await Promise.all([import('../output/change-plan.ts'), import('../hub/confirm.ts')]);
  const plan = await hub.plan(cluster, candidate.metadata.namespace ?? 'default', [candidate]);
  deps.io.say(renderChangePlan(deps.io, `cluster ${cluster}`, plan));
  if (plan.impact !== 'none' && deps.io.interactive) await confirm(deps, 'Do it?', yes);
}

async function findPool(deps: CliDeps, hub: Hub, project: string, name: string, cluster: string | undefined): Promise<MachinePool> {
  const [{ machinePoolKind, poolName }, { SlipwayError }] = await Promise.all([import('@slipway/model'), import('@slipway/kit')]);
  const { items } = await hub.list(machinePoolKind, { project });
  const pools = (items as MachinePool[]).filter((pool) => cluster === undefined || pool.spec.cluster === cluster);
  const exact = pools.find((pool) => pool.metadata.name === name);
  if (exact) return exact;
  const matches = pools.filter((pool) => poolName(pool) === name);
  if (matches.length > 1)
    throw new UsageError(
      `${matches.length} clusters have a pool "${name}": ${matches.map((pool) => pool.spec.cluster).join(', ')}`,
      'Say which with --cluster.',
    );
  const match = matches[0];
  if (match) return match;
  throw new SlipwayError('NotFound', `There is no pool "${name}"${cluster ? ` in cluster "${cluster}"` : ''} in project "${project}".`, {
    hint: `List them with: ${deps.self} get pools`,
  });
}

async function maybeWait(deps: CliDeps, hub: Hub, project: string, cluster: string, options: ScaleOptions): Promise<void> {
  if (!options.wait) return;
  const [{ waitForCluster }, { parseDuration }] = await Promise.all([
    import('../output/cluster-timeline.ts'),
    import('../output/duration.ts'),
  ]);
  await waitForCluster({ deps, hub, project, cluster, timeoutMs: parseDuration(options.timeout) });
}
