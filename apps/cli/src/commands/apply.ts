import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface ApplyCommandOptions extends HubOptions {
  readonly filename: string[];
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('apply'))
    .description('Create or update the objects of YAML files. Everything is checked before anything is stored.')
    .requiredOption('-f, --filename <file...>', 'YAML or JSON files, directories, or - for standard input')
    .option('--dry-run', 'check and say what would be done, store nothing (see also: plan)')
    .option('--wait', 'wait until clusters and pools are as declared, showing the timeline')
    .option('--timeout <duration>', 'how long --wait waits', '20m')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} apply -f cluster.yaml --wait\n  ${deps.self} plan -f cluster.yaml && cat cluster.yaml | ${deps.self} apply -f -`,
    )
    .action(async (options: ApplyCommandOptions) => applyFiles(deps, options));
}

async function applyFiles(deps: CliDeps, options: ApplyCommandOptions): Promise<void> {
  const [{ readManifests }, { checkManifests }, { applyManifest }, { parseDuration }] = await Promise.all([
    import('../manifest/read.ts'),
    import('../manifest/check.ts'),
    import('../manifest/apply.ts'),
    import('../output/duration.ts'),
  ]);
  const timeoutMs = parseDuration(options.timeout);
  const manifests = await readManifests(options.filename, () => deps.io.readStdin());
  checkManifests(manifests);
  const { hub, project } = await openSession(deps, options);
  // One document alone is checked by the hub when it is stored; of several, none may be stored when a later one is refused. Documents that lean on earlier,
  // not yet stored ones cannot be tried dry, so only the refusals that do not come from that count here.
  if (manifests.length > 1 && !options.dryRun) {
    const { tryAll } = await import('../manifest/try-all.ts');
    await tryAll(hub, manifests, project);
  }
  const changed = new Set<string>();
  for (const manifest of manifests) {
    const { outcome, object } = await applyManifest(hub, manifest, { project, dryRun: options.dryRun === true });
    deps.io.data(`${manifest.kind.singular}/${object.metadata.name} ${outcome}${options.dryRun ? ' (dry run)' : ''}`);
    const cluster =
      manifest.kind.kind === 'Cluster'
        ? object.metadata.name
        : manifest.kind.kind === 'MachinePool'
          ? String(Reflect.get(object.spec as object, 'cluster'))
          : undefined;
    if (cluster !== undefined) changed.add(cluster);
  }
  if (!options.wait || options.dryRun) return;
  const { waitForCluster } = await import('../output/cluster-timeline.ts');
  for (const cluster of changed) await waitForCluster({ deps, hub, project, cluster, timeoutMs });
}
