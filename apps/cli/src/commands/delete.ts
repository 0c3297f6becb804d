import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { Cluster } from '../hub/objects.ts';
import type { Hub } from '../hub/hub.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface DeleteOptions extends HubOptions {
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
  readonly filename?: string[];
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('delete'))
    .description('Delete objects, after saying what goes with them. Asks for the name; --yes does not.')
    .argument('[noun]')
    .argument('[names...]')
    .option('-f, --filename <file...>', 'delete the objects that files name, last first')
    .option('-y, --yes', 'do not ask')
    .option('--wait', 'wait until everything of it is gone, showing the timeline')
    .option('--timeout <duration>', 'how long --wait waits', '20m')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} delete cluster dev\n  ${deps.self} delete cluster dev --yes --wait\n  ${deps.self} delete -f cluster.yaml --yes`,
    )
    .action(async (noun: string | undefined, names: string[], options: DeleteOptions) => deleteObjects(deps, noun, names, options));
}

async function deleteObjects(deps: CliDeps, noun: string | undefined, words: readonly string[], options: DeleteOptions): Promise<void> {
  const [{ parseTargets, titleOf }, { confirmByName }, { parseDuration }] = await Promise.all([
    import('../hub/nouns.ts'),
    import('../hub/confirm.ts'),
    import('../output/duration.ts'),
  ]);
  const timeoutMs = parseDuration(options.timeout);
  const { hub, project } = await openSession(deps, options);
  const targets = [];
  if (options.filename) {
    const { readManifests } = await import('../manifest/read.ts');
    const manifests = await readManifests(options.filename, () => deps.io.readStdin());
    for (const { kind, object } of manifests.toReversed())
      targets.push({ kind, name: object.metadata.name ?? '', project: object.metadata.namespace ?? project, optional: true });
  } else {
    if (noun === undefined) throw new UsageError('say what to delete', `For example: ${deps.self} delete cluster dev`);
    const { kind, names } = parseTargets(noun, words);
    if (names.length === 0) throw new UsageError(`say which ${kind.singular}`, `List them with: ${deps.self} get ${kind.plural}`);
    for (const name of names) targets.push({ kind, name, project, optional: false });
  }
  for (const { kind, name, project: where, optional } of targets) {
    const found = optional ? await hub.find(kind, name, where) : await hub.get(kind, name, where);
    if (!found) {
      deps.io.say(`${kind.singular}/${name} is not there.`);
      continue;
    }
    const goesWithIt = await whatGoes(hub, kind.kind, name, where);
    if (!options.yes && goesWithIt.goes.length > 0) deps.io.say(`With ${titleOf(kind, name)} go:\n${listed(goesWithIt.goes)}`);
    if (!options.yes && goesWithIt.stays.length > 0) deps.io.say(`What stays:\n${listed(goesWithIt.stays)}`);
    await confirmByName(deps, { question: `Delete ${titleOf(kind, name)} in project "${where}"?`, name, yes: options.yes === true });
    await hub.delete(kind, name, where);
    deps.io.data(`${kind.singular}/${name} ${kind.finalizers.length > 0 ? 'is being deleted' : 'deleted'}`);
    if (!options.wait) continue;
    if (kind.kind === 'Cluster') {
      const { waitForCluster } = await import('../output/cluster-timeline.ts');
      await waitForCluster({ deps, hub, project: where, cluster: name, timeoutMs, gone: true });
    } else {
      const { waitUntilGone } = await import('../output/wait-gone.ts');
      await waitUntilGone({ deps, hub, kind, name, project: where, timeoutMs });
    }
  }
}

const listed = (lines: readonly string[]): string => lines.map((line) => `  - ${line}`).join('\n');

async function whatGoes(hub: Hub, kind: string, name: string, project: string): Promise<{ goes: string[]; stays: string[] }> {
  if (kind !== 'Cluster') return { goes: kind === 'MachinePool' ? ['its machines, and the data on their disks'] : [], stays: [] };
  const { clusterKind, deletionWords, machineKind, machinePoolKind } = await import('@slipway/model');
  const query = { project, fieldSelector: `spec.cluster=${name}` };
  const [cluster, pools, machines] = await Promise.all([
    hub.get(clusterKind, name, project),
    hub.list(machinePoolKind, query),
    hub.list(machineKind, query),
  ]);
  return deletionWords({ cluster: cluster as Cluster, pools: pools.items, machines: machines.items });
}
