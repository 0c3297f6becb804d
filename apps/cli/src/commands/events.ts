import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface EventsOptions extends HubOptions {
  readonly watch?: boolean;
  readonly output: string;
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('events'))
    .description('What happened to a cluster and its pools, oldest first.')
    .argument('[cluster]', 'without it: everything in the project')
    .option('-w, --watch', 'go on and show events as they happen')
    .option('-o, --output <format>', 'table, json, yaml or name', 'table')
    .addHelpText('after', `\nExamples:\n  ${deps.self} events dev\n  ${deps.self} events dev -w`)
    .action(async (cluster: string | undefined, options: EventsOptions) => showEvents(deps, cluster, options));
}

async function showEvents(deps: CliDeps, cluster: string | undefined, options: EventsOptions): Promise<void> {
  const [{ clusterKind, eventKind, machinePoolKind }, { requireFormat }, { follow }, { eventLine, regards }] = await Promise.all([
    import('@slipway/model'),
    import('../output/format.ts'),
    import('../output/watch.ts'),
    import('../output/event-line.ts'),
  ]);
  const format = requireFormat(options.output);
  const { hub, project } = await openSession(deps, options);
  if (cluster !== undefined) await hub.get(clusterKind, cluster, project);
  const pools = cluster === undefined ? [] : (await hub.list(machinePoolKind, { project, fieldSelector: `spec.cluster=${cluster}` })).items;
  const wanted = regards(
    cluster,
    pools.map((pool) => pool.metadata.name),
  );
  const { items } = await hub.list(eventKind, { project });
  const print = (event: (typeof items)[number]) => {
    if (format === 'json') deps.io.data(JSON.stringify(event));
    else deps.io.data(eventLine(deps.io, event, Date.now()));
  };
  const known = items.filter(wanted).toSorted((a, b) => wanted.timeOf(a).localeCompare(wanted.timeOf(b)));
  for (const event of known) print(event);
  if (!options.watch) {
    if (known.length === 0) deps.io.say(`No events${cluster ? ` of cluster "${cluster}"` : ''}.`);
    return;
  }
  const seen = new Set(known.map((event) => `${event.metadata.uid}/${event.metadata.resourceVersion}`));
  for await (const event of follow(hub, eventKind, { project }, deps.signal, (message) =>
    deps.io.say(`Lost the hub (${message}); trying again…`),
  )) {
    if (
      event.type === 'DELETED' ||
      !wanted(event.object) ||
      seen.has(`${event.object.metadata.uid}/${event.object.metadata.resourceVersion}`)
    )
      continue;
    print(event.object);
  }
}
