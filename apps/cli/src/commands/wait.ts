import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface WaitCommandOptions extends HubOptions {
  readonly gone?: boolean;
  readonly timeout: string;
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('wait'))
    .description('Wait until a cluster (or the cluster of a pool) is as declared, showing its timeline; or until any object is gone.')
    .argument('<noun>')
    .argument('[name]')
    .option('--gone', 'wait until it does not exist any more')
    .option('--timeout <duration>', 'exit with code 6 after this long', '20m')
    .addHelpText('after', `\nExamples:\n  ${deps.self} wait cluster dev\n  ${deps.self} wait cluster dev --gone --timeout 5m`)
    .action(async (noun: string, name: string | undefined, options: WaitCommandOptions) => {
      const [{ parseTargets, titleOf }, { parseDuration }, { waitForCluster }] = await Promise.all([
        import('../hub/nouns.ts'),
        import('../output/duration.ts'),
        import('../output/cluster-timeline.ts'),
      ]);
      const timeoutMs = parseDuration(options.timeout);
      const { kind, names } = parseTargets(noun, name ? [name] : []);
      const wanted = names[0];
      if (wanted === undefined) throw new UsageError(`say which ${kind.singular}`);
      const { hub, project } = await openSession(deps, options);
      if (kind.kind === 'Cluster') return waitForCluster({ deps, hub, project, cluster: wanted, timeoutMs, gone: options.gone === true });
      if (options.gone) {
        const { waitUntilGone } = await import('../output/wait-gone.ts');
        return waitUntilGone({ deps, hub, kind, name: wanted, project, timeoutMs });
      }
      if (kind.kind !== 'MachinePool')
        throw new UsageError(
          `there is nothing to wait for on a ${titleOf(kind, wanted)}`,
          'Clusters and pools become ready; everything else can be waited for with --gone.',
        );
      const pool = await hub.get(kind, wanted, project);
      await waitForCluster({ deps, hub, project, cluster: String(Reflect.get(Object(pool.spec), 'cluster')), timeoutMs });
    });
}
