import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface UpgradeOptions extends HubOptions {
  readonly profile: string;
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
      `\nExamples:\n  ${deps.self} upgrade cluster dev --profile starter@1.1.0\n  ${deps.self} upgrade cluster dev --profile starter@1.1.0 --yes --wait`,
    );
  withHubOptions(upgrade.command('cluster'))
    .description('Move a cluster to another version of its profile.')
    .argument('<name>')
    .requiredOption('--profile <name@version>', 'the profile version to run, or only the version')
    .option('-y, --yes', 'do not ask')
    .option('--wait', 'wait until it is done, showing the timeline')
    .option('--timeout <duration>', 'how long --wait waits', '30m')
    .action(async (name: string, options: UpgradeOptions) => upgradeCluster(deps, name, options));
}

/** `starter@1.1.0`, or `1.1.0` of the profile the cluster has. */
export function parseProfile(text: string, current: string): { name: string; version: string } {
  const at = text.lastIndexOf('@');
  const name = at === -1 ? current : text.slice(0, at);
  const version = at === -1 ? text : text.slice(at + 1);
  if (name === '' || !/^\d+\.\d+\.\d+/.test(version))
    throw new UsageError(`"${text}" is not a profile version`, 'Write it like starter@1.1.0.');
  return { name, version };
}

async function upgradeCluster(deps: CliDeps, name: string, options: UpgradeOptions): Promise<void> {
  const [{ clusterKind, API_VERSION }, { renderChangePlan }, { confirm }, { parseDuration }] = await Promise.all([
    import('@slipway/model'),
    import('../output/change-plan.ts'),
    import('../hub/confirm.ts'),
    import('../output/duration.ts'),
  ]);
  const timeoutMs = parseDuration(options.timeout);
  const { hub, project } = await openSession(deps, options);
  const cluster = await hub.get(clusterKind, name, project);
  const spec = Object(cluster.spec) as { profile: { name: string; version: string }; approvals: readonly string[] };
  const profile = parseProfile(options.profile, spec.profile.name);
  if (profile.name === spec.profile.name && profile.version === spec.profile.version) {
    deps.io.say(`Cluster "${name}" already runs ${profile.name}@${profile.version}.`);
  } else {
    const candidate = { apiVersion: API_VERSION, kind: 'Cluster', metadata: { name, namespace: project }, spec: { ...spec, profile } };
    const plan = await hub.plan(name, project, [candidate]);
    deps.io.say(renderChangePlan(deps.io, `cluster ${name}`, plan));
    await confirm(deps, `Upgrade cluster "${name}" to ${profile.name}@${profile.version}?`, options.yes === true);
    // Whoever says yes to the plan has approved what it says.
    const approvals = plan.approval ? { approvals: [...new Set([...spec.approvals, plan.approval.id])] } : {};
    await hub.patch(clusterKind, name, project, { spec: { profile, ...approvals } });
    deps.io.data(`cluster/${name} moves to ${profile.name}@${profile.version}`);
  }
  if (!options.wait) return;
  const { waitForCluster } = await import('../output/cluster-timeline.ts');
  await waitForCluster({ deps, hub, project, cluster: name, timeoutMs });
}
