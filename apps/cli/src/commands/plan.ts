import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface PlanOptions extends HubOptions {
  readonly filename: string[];
  readonly output: string;
  readonly manifests?: boolean;
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('plan').alias('diff'))
    .description(
      'What applying a file would do, action by action with its impact. Nothing is stored. Exit code 7 when there are changes, 0 when there are none.',
    )
    .requiredOption('-f, --filename <file...>', 'YAML or JSON files, directories, or - for standard input')
    .option('--manifests', 'also render charts, and show what becomes of each object that they make')
    .option('-o, --output <format>', 'table, json or yaml', 'table')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} plan -f cluster.yaml\n  ${deps.self} plan -f cluster.yaml -o json | jq '.[].plan.impact'`,
    )
    .action(async (options: PlanOptions) => planFiles(deps, options));
}

async function planFiles(deps: CliDeps, options: PlanOptions): Promise<void> {
  const [{ readManifests }, { checkManifests }, { planManifests }, { renderChangePlan }, { renderImpact }, { requireFormat, toYaml }] =
    await Promise.all([
      import('../manifest/read.ts'),
      import('../manifest/check.ts'),
      import('../manifest/plan.ts'),
      import('../output/change-plan.ts'),
      import('../output/impact-plan.ts'),
      import('../output/format.ts'),
    ]);
  const format = requireFormat(options.output);
  const manifests = await readManifests(options.filename, () => deps.io.readStdin());
  checkManifests(manifests);
  const { hub, project } = await openSession(deps, options);
  const plans = await planManifests(hub, manifests, { project, manifests: options.manifests === true });
  if (format === 'json') deps.io.data(JSON.stringify(plans, null, 2));
  else if (format === 'yaml') deps.io.data(toYaml(plans));
  else for (const one of plans) deps.io.data('plan' in one ? renderChangePlan(deps.io, one.title, one.plan) : renderImpact(deps.io, one));
  if (plans.some((one) => 'plan' in one && one.plan.actions.length > 0)) throw new Finished(EXIT.differences);
}
