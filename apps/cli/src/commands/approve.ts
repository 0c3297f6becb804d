import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';
import type { Cluster } from '../hub/objects.ts';

interface ApproveOptions extends HubOptions {
  readonly yes?: boolean;
}

export function register(program: Command, deps: CliDeps): void {
  const approve = program
    .command('approve')
    .description('Approve what a change would replace or lose. Until then nothing of the change is done.')
    .addHelpText('after', `\nExamples:\n  ${deps.self} approve cluster dev\n  ${deps.self} approve cluster dev --yes`);
  withHubOptions(approve.command('cluster'))
    .description('Show what a cluster waits for, and approve it.')
    .argument('<name>')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: ApproveOptions) => {
      const [{ clusterKind }, { confirm }] = await Promise.all([import('@slipway/model'), import('../hub/confirm.ts')]);
      const { hub, project } = await openSession(deps, options);
      const { spec, status } = (await hub.get(clusterKind, name, project)) as Cluster;
      if (!status?.approval) return deps.io.data(`cluster/${name} waits for no approval`);
      const { id, disruptions } = status.approval;
      deps.io.say(`Cluster "${name}" waits for an approval of:\n${disruptions.map((one) => `  ${one}`).join('\n')}`);
      await confirm(deps, 'Approve?', options.yes === true);
      await hub.patch(clusterKind, name, project, { spec: { approvals: [...new Set([...spec.approvals, id])] } });
      deps.io.data(`cluster/${name} approved`);
    });
}
