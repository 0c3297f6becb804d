import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { Finished, UsageError, type ExitCode } from '../exit.ts';

async function openMachines(deps: CliDeps) {
  const [{ openHost }, { planePaths }, { requireRoot }, { stat }, { SlipwayError }] = await Promise.all([
    import('../plane/host-parts.ts'),
    import('../plane/paths.ts'),
    import('../plane/host-checks.ts'),
    import('node:fs/promises'),
    import('@slipway/kit'),
  ]);
  requireRoot(`${deps.self} machine`);
  const paths = planePaths(deps.env);
  if (!(await stat(paths.home).catch(() => undefined)))
    throw new SlipwayError('NotFound', `There are no machines: ${paths.home} does not exist.`, { hint: `Start with: ${deps.self} up` });
  return (await openHost(deps.root, paths, deps.env)).machines;
}

export function register(program: Command, deps: CliDeps): void {
  const machine = program
    .command('machine')
    .description(
      'Local machines behind the clusters of this host. Clusters replace and repair their machines by themselves; this is for looking and for trying that.',
    )
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} machine list\n  ${deps.self} machine exec gateway -- crictl ps\n  ${deps.self} machine kill dev-workers-abcde-fghij --yes`,
    );
  machine
    .command('list')
    .description('Name, state, address and labels of every machine.')
    .option('-o, --output <format>', 'table or json', 'table')
    .action(async (options: { output: string }) => {
      const machines = await (await openMachines(deps)).list();
      if (options.output === 'json') {
        return deps.io.data(
          JSON.stringify(
            machines.map(({ name, labels, state, address, pid, reason, spec, startedAt }) => ({
              name,
              labels,
              state,
              address,
              pid,
              reason,
              startedAt,
              kubernetesVersion: spec.kubernetesVersion,
            })),
            null,
            2,
          ),
        );
      }
      const { renderTable } = await import('../output/table.ts');
      const rows = machines.map((one) => [
        one.name,
        one.state,
        one.address,
        one.spec.kubernetesVersion ?? '-',
        Object.entries(one.labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
      ]);
      deps.io.data(renderTable(['NAME', 'STATE', 'ADDRESS', 'VERSION', 'LABELS'], rows));
    });
  machine
    .command('exec')
    .description('Runs a command inside a machine, as root, and passes its exit code on.')
    .argument('<name>')
    .argument('<command...>')
    .action(async (name: string, command: string[]) => {
      const result = await (await openMachines(deps)).exec(name, command, { signal: deps.signal });
      if (result.stdout) deps.io.data(result.stdout);
      if (result.stderr) deps.io.say(result.stderr);
      if (result.code !== 0) throw new Finished(result.code as ExitCode);
    });
  machine
    .command('kill')
    .description('Ends a machine as a power cut would (kill -9 of its init): to see it repaired.')
    .argument('<name>')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: { yes?: boolean }) => {
      const machines = await openMachines(deps);
      const found = await machines.get(name);
      const { SlipwayError } = await import('@slipway/kit');
      if (!found)
        throw new SlipwayError('NotFound', `There is no machine "${name}".`, { hint: `List them with: ${deps.self} machine list` });
      if (found.pid === undefined) throw new UsageError(`machine "${name}" is not running`);
      const { confirmByName } = await import('../hub/confirm.ts');
      await confirmByName(deps, { question: `Kill machine "${name}"?`, name, yes: options.yes === true });
      process.kill(found.pid, 'SIGKILL');
      deps.io.data(`machine/${name} killed (pid ${found.pid})`);
    });
}
