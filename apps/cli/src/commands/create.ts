import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface CreateOptions extends HubOptions {
  readonly wait?: boolean;
  readonly timeout: string;
  readonly dryRun?: boolean;
  readonly output?: string;
}
interface CreateClusterOptions extends CreateOptions {
  readonly profile: string;
  readonly controlPlanes: string;
  readonly workers: string;
  readonly set: Record<string, string | number | boolean>;
}

const collectVariable = (text: string, all: Record<string, string | number | boolean>): Record<string, string | number | boolean> => {
  const at = text.indexOf('=');
  const name = at === -1 ? text : text.slice(0, at);
  const value = at === -1 ? 'true' : text.slice(at + 1);
  const typed = value === 'true' || value === 'false' ? value === 'true' : /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return { ...all, [name]: typed };
};

export function register(program: Command, deps: CliDeps): void {
  const create = program
    .command('create')
    .description('Create an object from flags. For everything else write a file: apply -f.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} create cluster prod --profile starter@1.0.0 --workers 2 --wait\n  ${deps.self} create cluster prod --dry-run -o yaml > prod.yaml\n  ${deps.self} create pool prod-big --cluster prod --replicas 1\n  ${deps.self} create project payments`,
    );
  const shared = (command: Command) =>
    withHubOptions(command)
      .option('--dry-run', 'only check; with -o yaml prints what would be created')
      .option('-o, --output <format>', 'print the objects as yaml or json')
      .option('--wait', 'wait until it is ready, showing the timeline')
      .option('--timeout <duration>', 'how long --wait waits', '20m');
  shared(create.command('cluster'))
    .description('A cluster with one pool of workers.')
    .argument('<name>')
    .option('--profile <name@version>', 'what it is made of', 'starter@1.0.0')
    .option('--control-planes <n>', '1, 3 or 5', '1')
    .option('--workers <n>', 'machines of the pool "workers"; 0 makes no pool', '1')
    .option('--set <variable=value>', 'a variable of the profile; repeat for more', collectVariable, {})
    .action(async (name: string, options: CreateClusterOptions) => createCluster(deps, name, options));
  shared(create.command('pool'))
    .description('A pool of worker machines.')
    .argument('<name>', 'usually <cluster>-<pool>')
    .requiredOption('--cluster <name>')
    .option('--replicas <n>', 'how many machines', '1')
    .action(async (name: string, options: CreateOptions & { cluster: string; replicas: string }) => {
      await submit(
        deps,
        options,
        [{ kind: 'MachinePool', metadata: { name }, spec: { cluster: options.cluster, replicas: Number(options.replicas) } }],
        options.cluster,
      );
    });
  shared(create.command('project'))
    .description('A space for clusters.')
    .argument('<name>')
    .option('--display-name <text>', '', '')
    .action(async (name: string, options: CreateOptions & { displayName: string }) => {
      await submit(deps, options, [{ kind: 'Project', metadata: { name }, spec: { displayName: options.displayName } }]);
    });
}

async function createCluster(deps: CliDeps, name: string, options: CreateClusterOptions): Promise<void> {
  const { parseProfile } = await import('./upgrade.ts');
  const workers = Number(options.workers);
  const spec = {
    profile: parseProfile(options.profile, 'starter'),
    controlPlane: { replicas: Number(options.controlPlanes) },
    ...(Object.keys(options.set).length > 0 ? { variables: options.set } : {}),
  };
  const pool = { kind: 'MachinePool', metadata: { name: `${name}-workers` }, spec: { cluster: name, replicas: workers } };
  await submit(deps, options, [{ kind: 'Cluster', metadata: { name }, spec }, ...(workers === 0 ? [] : [pool])], name);
}

async function submit(
  deps: CliDeps,
  options: CreateOptions,
  drafts: readonly { kind: string; metadata: { name: string }; spec: unknown }[],
  cluster?: string,
): Promise<void> {
  const [{ stringify }, { parseManifests }, { checkManifests }, { parseDuration }] = await Promise.all([
    import('yaml'),
    import('../manifest/read.ts'),
    import('../manifest/check.ts'),
    import('../output/duration.ts'),
  ]);
  const timeoutMs = parseDuration(options.timeout);
  const objects = drafts.map((draft) => ({ apiVersion: 'slipway.dev/v1', ...draft }));
  const manifests = parseManifests(objects.map((object) => stringify(object)).join('---\n'), 'flags');
  checkManifests(manifests);
  const { hub, project } = await openSession(deps, options);
  if (options.dryRun) {
    const { tryAll } = await import('../manifest/try-all.ts');
    await tryAll(hub, manifests, project);
  } else {
    for (const { kind, object } of manifests) await hub.create(kind, object, project);
  }
  if (options.output === 'json') deps.io.data(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2));
  else if (options.output) deps.io.data(objects.map((object) => stringify(object)).join('---\n'));
  else
    for (const { kind, object } of manifests)
      deps.io.data(`${kind.singular}/${object.metadata.name} created${options.dryRun ? ' (dry run)' : ''}`);
  if (!options.wait || options.dryRun || cluster === undefined) return;
  const { waitForCluster } = await import('../output/cluster-timeline.ts');
  await waitForCluster({ deps, hub, project, cluster, timeoutMs });
}
