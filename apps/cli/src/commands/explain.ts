import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('explain')
    .description('The fields of a kind, with types, limits and defaults.')
    .argument('[path]', 'a kind, or a field of one: cluster.spec.controlPlane')
    .option('--api-version <version>', 'as another version of the API has it: slipway.dev/v1')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} explain\n  ${deps.self} explain cluster.spec\n  ${deps.self} explain clusterprofile.spec.versions.layers`,
    )
    .action(async (path: string | undefined, options: { apiVersion?: string }) => {
      const { explain, explainKinds } = await import('../output/explain.ts');
      deps.io.data(path === undefined ? explainKinds() : explain(path, options.apiVersion));
    });
}
