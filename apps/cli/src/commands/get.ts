import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface GetOptions extends HubOptions {
  readonly output: string;
  readonly watch?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly allProjects?: boolean;
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('get'))
    .description('List the objects of a kind, or show some by name.')
    .argument('<noun>', 'clusters, pools, machines, clusterprofiles, … (see: slipway explain)')
    .argument('[names...]', 'names; none means all')
    .option('-o, --output <format>', 'table, wide, json, yaml or name', 'table')
    .option('-w, --watch', 'go on and show changes as they happen')
    .option('-l, --selector <labels>', 'only objects with these labels: env=prod,tier!=cache')
    .option('--field-selector <fields>', 'only objects with these fields: spec.cluster=dev')
    .option('-A, --all-projects', 'objects of all projects')
    .addHelpText(
      'after',
      `
Examples:
  ${deps.self} get clusters
  ${deps.self} get cluster dev -o yaml
  ${deps.self} get pools -l team=payments -o wide
  ${deps.self} get machines --field-selector spec.cluster=dev -w`,
    )
    .action(async (noun: string, names: string[], options: GetOptions) => get(deps, noun, names, options));
}

async function get(deps: CliDeps, noun: string, words: readonly string[], options: GetOptions): Promise<void> {
  const [{ parseTargets }, { printObjects, requireFormat }] = await Promise.all([import('../hub/nouns.ts'), import('../output/format.ts')]);
  const { kind, names } = parseTargets(noun, words);
  const format = requireFormat(options.output);
  if (options.watch && names.length > 1) throw new UsageError('--watch takes one name or none');
  const { hub, project } = await openSession(deps, options);
  const withProject = options.allProjects === true;
  const print = { format, single: names.length === 1, withProject };
  const query = {
    project: withProject ? undefined : project,
    labelSelector: options.selector,
    fieldSelector: names.length === 1 ? `metadata.name=${names[0]}` : options.fieldSelector,
  };
  if (options.watch) {
    const { watchObjects } = await import('../output/watch.ts');
    return watchObjects({ io: deps.io, hub, kind, query, print, signal: deps.signal });
  }
  if (names.length > 0) {
    const objects = [];
    for (const name of names) objects.push(await hub.get(kind, name, project));
    return printObjects(deps.io, kind, objects, { ...print, now: Date.now() });
  }
  const { items } = await hub.list(kind, query);
  if (items.length === 0 && (format === 'table' || format === 'wide')) {
    const where = kind.scope === 'project' && !withProject ? ` in project "${project}"` : '';
    deps.io.say(query.labelSelector || query.fieldSelector ? `No ${kind.plural} match${where}.` : `No ${kind.plural}${where}.`);
    return;
  }
  printObjects(deps.io, kind, items, { ...print, now: Date.now() });
}
