import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';
import type { Cluster } from '../hub/objects.ts';

interface RollbackOptions extends HubOptions {
  readonly to: string;
  readonly yes?: boolean;
}

export function register(program: Command, deps: CliDeps): void {
  const rollback = program
    .command('rollback')
    .description('Take a cluster back to an earlier revision. Shows the plan, and what it cannot undo, first.')
    .addHelpText('after', `\nExamples:\n  ${deps.self} history cluster dev\n  ${deps.self} rollback cluster dev --to 42`);
  withHubOptions(rollback.command('cluster', { isDefault: true }))
    .description('Take a cluster back to an earlier revision.')
    .argument('<name>')
    .requiredOption('--to <revision>', 'the number of the revision, as `history` has it')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: RollbackOptions) => rollBack(deps, name, options));
}

async function rollBack(deps: CliDeps, name: string, options: RollbackOptions): Promise<void> {
  const [model, { clusterRevisions }, { renderChangePlan }, { confirm }] = await Promise.all([
    import('@slipway/model'),
    import('../hub/revisions.ts'),
    import('../output/change-plan.ts'),
    import('../hub/confirm.ts'),
  ]);
  const { hub, project } = await openSession(deps, options);
  const cluster = (await hub.get(model.clusterKind, name, project)) as Cluster;
  const revisions = await clusterRevisions(hub, cluster);
  const revision = revisions.find(({ seq }) => String(seq) === options.to);
  if (revision === undefined)
    throw new UsageError(
      `cluster "${name}" has no revision ${options.to}`,
      `There are: ${revisions.map(({ seq }) => seq).join(', ') || 'none'}.`,
    );
  const write = { kind: 'Cluster', object: cluster, spec: model.rolledBack(cluster.spec, revision) } as const;
  if (model.deepEqual(write.spec, cluster.spec)) return deps.io.say(`Cluster "${name}" is as it was in revision ${options.to}.`);
  const plan = await hub.plan(name, project, [model.plannedOf(write)]);
  deps.io.say(renderChangePlan(deps.io, `cluster ${name}`, plan));
  deps.io.say(
    `Not undone:\n${model
      .notUndone(cluster.spec, revision)
      .map((line) => `  - ${line}`)
      .join('\n')}`,
  );
  if (model.leavesTemplate(cluster.spec, revision.spec))
    deps.io.say(`It stops following the template ${cluster.spec.template?.name}, which would take it on again.`);
  await confirm(deps, `Roll cluster "${name}" back to revision ${options.to}?`, options.yes === true);
  // Whoever says yes to the plan has approved what it says.
  const [approved = write] = model.withApproval([write], plan.approval?.id);
  await hub.patch(model.clusterKind, name, project, model.patchOf(approved));
  deps.io.data(`cluster/${name} goes back to revision ${options.to}`);
}
