import type { ApiObject, ClusterSpec } from '@slipway/model';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';
import { targetOf } from './upgrade.ts';

interface ValuesOptions extends HubOptions {
  readonly profile?: string;
  readonly filename?: string[];
  readonly defaults?: boolean;
  readonly output: string;
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('values'))
    .description(
      'What the layers of a cluster are told: values with their references filled in and where each comes from, secrets masked. As it is, or as it would be with another profile version or with the objects of a file. Nothing is stored.',
    )
    .argument('<cluster>')
    .argument('[layer]', 'only this layer')
    .option('--profile <name@version>', 'as if the cluster ran this profile version, or only this version of its own')
    .option('-f, --filename <file...>', 'as if these YAML or JSON files were applied: the cluster, profiles it names; - for standard input')
    .option('--defaults', 'also what charts say themselves where nobody says otherwise')
    .option('-o, --output <format>', 'table (YAML with comments), json or yaml', 'table')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} values dev\n  ${deps.self} values dev ingress --profile starter@1.1.0\n  ${deps.self} values new -f cluster.yaml -o json`,
    )
    .action(async (cluster: string, layer: string | undefined, options: ValuesOptions) => show(deps, { cluster, layer }, options));
}

async function show(deps: CliDeps, of: { cluster: string; layer: string | undefined }, options: ValuesOptions): Promise<void> {
  const [{ renderClusterValues }, { requireFormat, toYaml }] = await Promise.all([
    import('../output/cluster-values.ts'),
    import('../output/format.ts'),
  ]);
  const format = requireFormat(options.output);
  const { hub, project } = await openSession(deps, options);
  const objects = await candidates(deps, of.cluster, { ...options, hub, project });
  const values = await hub.values(of.cluster, project, { objects, layer: of.layer, defaults: options.defaults === true });
  if (format === 'json') deps.io.data(JSON.stringify(values, null, 2));
  else if (format === 'yaml') deps.io.data(toYaml(values));
  else deps.io.data(renderClusterValues(deps.io, values));
}

type Session = Awaited<ReturnType<typeof openSession>>;

/** What the cluster would be; nothing when it is asked for as it is. */
async function candidates(
  deps: CliDeps,
  cluster: string,
  { profile, filename, hub, project }: Pick<ValuesOptions, 'profile' | 'filename'> & Session,
) {
  if (profile !== undefined && filename !== undefined)
    throw new UsageError('--profile and --filename exclude each other', 'Write the profile version into the file.');
  if (filename !== undefined) {
    const [{ readManifests }, { checkManifests }] = await Promise.all([import('../manifest/read.ts'), import('../manifest/check.ts')]);
    const manifests = await readManifests(filename, () => deps.io.readStdin());
    checkManifests(manifests);
    return manifests.map(({ object }) => object);
  }
  if (profile === undefined) return [];
  const { API_VERSION, clusterKind, versionOf, withVersion } = await import('@slipway/model');
  const { spec } = (await hub.get(clusterKind, cluster, project)) as ApiObject<ClusterSpec>;
  const target = targetOf(profile, spec);
  const moved = versionOf(spec, target) === undefined ? { ...spec, profile: target } : withVersion(spec, target, target.version);
  return [{ apiVersion: API_VERSION, kind: 'Cluster', metadata: { name: cluster, namespace: project }, spec: moved }];
}
