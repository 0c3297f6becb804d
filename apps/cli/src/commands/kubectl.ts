import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { Finished, type ExitCode } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('kubectl'))
    .description(
      "Runs the toolchain's own kubectl, so that nothing has to be installed. With --cluster it reaches that cluster through the hub, as you.",
    )
    .argument('[args...]', 'arguments of kubectl, after --')
    .option('--cluster <name>', 'reach this cluster through the hub')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} kubectl --cluster dev -- get pods -A\n  ${deps.self} kubectl --cluster dev -- logs -f deploy/web\n  ${deps.self} kubectl -- --kubeconfig dev.kubeconfig get nodes`,
    )
    .action(async (args: string[], options: HubOptions & { cluster?: string }) => {
      const [{ openToolchain }, { planePaths }, { SlipwayError }] = await Promise.all([
        import('../plane/host-parts.ts'),
        import('../plane/paths.ts'),
        import('@slipway/kit'),
      ]);
      const toolchain = openToolchain(deps.root, planePaths(deps.env), deps.env);
      const binary = await newestBinary(toolchain);
      if (!binary)
        throw new SlipwayError('Host', 'The Kubernetes toolchain is not made yet, so there is no kubectl.', {
          hint: `Run "${deps.self} up" first.`,
        });
      if (options.cluster === undefined) throw new Finished(await runKubectl(deps, binary, args));
      const { hub, project } = await openSession(deps, options);
      const folder = await mkdtemp(join(tmpdir(), 'slipway-kubectl-'));
      try {
        const kubeconfig = join(folder, 'kubeconfig');
        await writeFile(kubeconfig, await hub.kubeconfig(options.cluster, project), { mode: 0o600 });
        throw new Finished(await runKubectl(deps, binary, ['--kubeconfig', kubeconfig, ...args]));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
}

async function newestBinary(toolchain: {
  kubernetesVersions(): readonly string[];
  find(name: string): Promise<{ path: string } | undefined>;
}): Promise<string | undefined> {
  // kubectl may be one minor version away from the cluster on either side, so any of ours will do; the first one is the one that is made first.
  for (const version of toolchain.kubernetesVersions()) {
    const found = await toolchain.find(`kubernetes-${version.slice(1).split('.').slice(0, 2).join('.')}`);
    if (found) return found.path;
  }
  return undefined;
}

/** One program is every Kubernetes binary: the name it is called by says which. */
function runKubectl(deps: CliDeps, binary: string, args: readonly string[]): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { argv0: 'kubectl', stdio: 'inherit', env: deps.env });
    // Ctrl-C is kubectl's own business (exec, logs -f); it reaches it through the terminal, or from us when only we were signalled.
    deps.signal.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve((signal ? 130 : (code ?? 1)) as ExitCode));
  });
}
