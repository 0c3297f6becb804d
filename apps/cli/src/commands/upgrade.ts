import type { ApiObject, ClusterSpec, MachinePoolSpec, ProfileRef, SpecWrite } from '@slipway/model';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface UpgradeOptions extends HubOptions {
  readonly profile: string;
  readonly keep: string[];
  readonly take: string[];
  readonly set: string[];
  readonly drop: string[];
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

export function register(program: Command, deps: CliDeps): void {
  const upgrade = program
    .command('upgrade')
    .description('Move a cluster to another version of its profile, newer or older. Shows the plan first.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} upgrade cluster dev --profile starter@1.1.0\n  ${deps.self} upgrade cluster dev --profile starter@1.1.0 --yes --wait\n  ${deps.self} upgrade cluster dev --profile system/monitoring@2.0.0 --keep metrics.replicas --take metrics.image.tag`,
    );
  const collect = (value: string, before: string[]): string[] => [...before, value];
  withHubOptions(upgrade.command('cluster', { isDefault: true }))
    .description('Move a cluster to another version of its profile, or of one of its add-ons.')
    .argument('<name>')
    .requiredOption('--profile <[scope/]name@version>', 'the profile version to run, or only the version of the profile it has')
    .option(
      '--keep <path>',
      "where the profile changed what the cluster wants otherwise: the cluster's value stays (repeatable)",
      collect,
      [],
    )
    .option('--take <path>', "the profile's value is taken there (repeatable)", collect, [])
    .option('--set <path=value>', 'the cluster wants another value there, as YAML (repeatable)', collect, [])
    .option('--drop <path>', 'what the profile has no more goes from the overrides too; else it is kept (repeatable)', collect, [])
    .option('-y, --yes', 'do not ask')
    .option('--wait', 'wait until it is done, showing the timeline')
    .option('--timeout <duration>', 'how long --wait waits', '30m')
    .action(async (name: string, options: UpgradeOptions) => upgradeCluster(deps, name, options));
}

const VERSION = /^(?:(project|tenant|system)\/)?(?:([^/@]+)@)?(\d+\.\d+\.\d+\S*)$/;

/** `starter@1.1.0`, `system/monitoring@2.0.0` of a profile that lives elsewhere, or `1.1.0` of the profile of that name. */
export function parseProfile(text: string, current: string): { scope?: ProfileRef['scope']; name: string; version: string } {
  const [, scope, name = current, version] = VERSION.exec(text) ?? [];
  if (version === undefined || name === '')
    throw new UsageError(`"${text}" is not a profile version`, 'Write it like starter@1.1.0 or system/monitoring@2.0.0.');
  return { ...(scope === undefined ? {} : { scope: scope as ProfileRef['scope'] }), name, version };
}

/** The profile that is meant: without a word about where it lives, the one of that name that the cluster has. */
export function targetOf(text: string, { profile, addons }: Pick<ClusterSpec, 'profile' | 'addons'>): ProfileRef {
  const parsed = parseProfile(text, profile.name);
  const [one, ...others] = [profile, ...addons].filter(({ name }) => name === parsed.name);
  if (parsed.scope === undefined && others.length > 0)
    throw new UsageError(`the cluster has several profiles "${parsed.name}"`, 'Say where it lives: project/…, tenant/… or system/….');
  return { scope: one?.scope ?? 'tenant', ...parsed };
}

async function upgradeCluster(deps: CliDeps, name: string, options: UpgradeOptions): Promise<void> {
  const [{ clusterKind, profileText, versionOf }, { parseDuration }] = await Promise.all([
    import('@slipway/model'),
    import('../output/duration.ts'),
  ]);
  const timeoutMs = parseDuration(options.timeout);
  const { hub, project } = await openSession(deps, options);
  const cluster = (await hub.get(clusterKind, name, project)) as ApiObject<ClusterSpec>;
  const target = targetOf(options.profile, cluster.spec);
  if (versionOf(cluster.spec, target) === target.version) {
    deps.io.say(`Cluster "${name}" already runs ${profileText(target)}.`);
  } else {
    await moveCluster(deps, { hub, project, cluster, target, options });
  }
  if (!options.wait) return;
  const { waitForCluster } = await import('../output/cluster-timeline.ts');
  await waitForCluster({ deps, hub, project, cluster: name, timeoutMs });
}

interface Move {
  readonly hub: Hub;
  readonly project: string;
  readonly cluster: ApiObject<ClusterSpec>;
  readonly target: ProfileRef;
  readonly options: UpgradeOptions;
}

/** Shows what the move does, has its conflicts decided, asks, and writes. */
async function moveCluster(deps: CliDeps, { hub, project, cluster, target, options }: Move): Promise<void> {
  const [
    { clusterKind, machinePoolKind, moveSteps, moveWrites, patchOf, plannedOf, profileText, withApproval },
    { decideConflicts },
    { renderChangePlan },
    { confirm },
  ] = await Promise.all([
    import('@slipway/model'),
    import('../hub/decide-conflicts.ts'),
    import('../output/change-plan.ts'),
    import('../hub/confirm.ts'),
  ]);
  const { name } = cluster.metadata;
  const { items } = await hub.list(machinePoolKind, { project, fieldSelector: `spec.cluster=${name}` });
  const pools = items as ApiObject<MachinePoolSpec>[];
  const planOf = (writes: readonly SpecWrite[]) => hub.plan(name, project, writes.map(plannedOf));
  const first = await planOf(moveWrites({ cluster, pools, target }));
  const merges = first.overrides ?? [];
  const answers = await decideConflicts(deps, name, merges, options);
  const move = { cluster, pools, target, merges, answers };
  const plan = answers.size === 0 ? first : await planOf(moveWrites(move));
  deps.io.say(renderChangePlan(deps.io, `cluster ${name}`, plan));
  await confirm(deps, `Upgrade cluster "${name}" to ${profileText(target)}?`, options.yes === true);
  // Whoever says yes to the plan has approved what it says.
  for (const step of withApproval(moveSteps(move), plan.approval?.id))
    await hub.patch(step.kind === 'Cluster' ? clusterKind : machinePoolKind, step.object.metadata.name, project, patchOf(step));
  deps.io.data(`cluster/${name} moves to ${profileText(target)}`);
}
