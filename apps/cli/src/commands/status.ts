import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('status')
    .description('What runs on this machine: processes, machines, gateway, clusters. Exit code 1 when something that should run does not.')
    .option('-o, --output <format>', 'table or json', 'table')
    .addHelpText('after', `\nExamples:\n  ${deps.self} status\n  ${deps.self} status -o json | jq .healthy`)
    .action(async (options: { output: string }) => {
      const [{ readStatus, renderStatus }, { EXIT, Finished }] = await Promise.all([import('../plane/status.ts'), import('../exit.ts')]);
      const status = await readStatus(deps);
      deps.io.data(options.output === 'json' ? JSON.stringify(status, null, 2) : renderStatus(deps, status));
      if (!status.healthy) throw new Finished(EXIT.failed);
    });
}
