import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface KubeconfigOptions extends HubOptions {
  readonly output?: string;
  readonly merge?: boolean;
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('kubeconfig'))
    .description(
      'A kubeconfig whose server is the hub and whose identity is yours: kubectl then reaches the cluster through its agent. It holds your token: keep it private.',
    )
    .argument('<cluster>')
    .option('-o, --output <file>', 'write it to a file (mode 0600) instead of standard output')
    .option('--merge', 'add it to your kubeconfig (first file of KUBECONFIG, or ~/.kube/config) and switch to it')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} kubeconfig dev -o dev.kubeconfig && kubectl --kubeconfig dev.kubeconfig get nodes\n  ${deps.self} kubeconfig dev --merge && kubectl get nodes`,
    )
    .action(async (cluster: string, options: KubeconfigOptions) => {
      const { hub, project } = await openSession(deps, options);
      const text = await hub.kubeconfig(cluster, project);
      const { mergeIntoUsersKubeconfig, writePrivate } = await import('../config/kubeconfig.ts');
      if (options.merge) {
        const { path, context } = await mergeIntoUsersKubeconfig(text, deps.env);
        deps.io.say(`Added context "${context}" to ${path} and switched to it.`);
      }
      if (options.output && options.output !== '-') {
        await writePrivate(options.output, text);
        deps.io.say(`Wrote ${options.output}. Try: kubectl --kubeconfig ${options.output} get nodes`);
      } else if (!options.merge) deps.io.data(text);
    });
}
