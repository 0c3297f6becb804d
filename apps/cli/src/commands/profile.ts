import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';
import type { DiffOptions } from '../profile/diff.ts';
import type { ExportOptions } from '../profile/export.ts';
import type { ImportOptions } from '../profile/import.ts';

interface ProfileOptions extends HubOptions {
  readonly scope: string;
}

export function register(program: Command, deps: CliDeps): void {
  const profile = program
    .command('profile')
    .description('Versions of cluster profiles.')
    .addHelpText('after', `\nExamples:\n  ${deps.self} profile publish web@1.2.0\n  ${deps.self} profile clone web@1.2.0 1.3.0`);
  withScope(profile.command('publish'))
    .description('Publish a draft: clusters can use it, and it stays as it is for ever.')
    .argument('<name@version>')
    .action(async (text: string, options: ProfileOptions) => publish(deps, text, options));
  withScope(profile.command('clone'))
    .description('Make a draft with another number from a version.')
    .argument('<name@version>')
    .argument('<new-version>')
    .action(async (text: string, version: string, options: ProfileOptions) => clone(deps, text, { version, options }));
  withScope(profile.command('diff'))
    .description(
      'Compare two versions: layers that came, went, moved and changed, values as YAML with comments and order, variables, what packs ask for. Exit code 7 when they differ.',
    )
    .argument('<name@version>')
    .argument('<other>', 'name@version, or only another version of the same profile')
    .option('-o, --output <format>', 'table, json or yaml', 'table')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} profile diff web@1.2.0 1.3.0\n  ${deps.self} profile diff web@1.2.0 shop@1.0.0 -o json`,
    )
    .action(async (first: string, second: string, options: DiffOptions) =>
      (await import('../profile/diff.ts')).diff(deps, [first, second], options),
    );
  withRegistry(withScope(profile.command('export')))
    .description(
      'Write a published version as one file that kubectl, Flux and Argo CD can apply too, or push it into an OCI registry. It holds no secret.',
    )
    .argument('<name@version>')
    .option('-o, --output <place>', 'a file, oci://registry/repository[:tag], or - for standard output', '-')
    .option('--force', 'replace a tag that has other content', false)
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} profile export web@1.2.0 -o web.yaml\n  ${deps.self} profile export web@1.2.0 -o oci://registry.example.org/profiles/web`,
    )
    .action(async (text: string, options: ExportOptions) => (await import('../profile/export.ts')).exportVersion(deps, text, options));
  withRegistry(withHubOptions(profile.command('import')))
    .description(
      'Take an exported version into this hub, beside the versions that are there. What was changed after its export is refused.',
    )
    .argument('<from>', 'a file, - for standard input, or oci://registry/repository:tag or @digest')
    .option('--name <name>', 'another name than it was exported with')
    .option('--scope <scope>', 'where it shall live: project, tenant or system; default: where it lived')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} profile import web.yaml\n  ${deps.self} profile import oci://registry.example.org/profiles/web:1.2.0 --name web-test`,
    )
    .action(async (from: string, options: ImportOptions) => (await import('../profile/import.ts')).importVersion(deps, from, options));
}

const withRegistry = (command: Command): Command =>
  command
    .option('--username <name>', 'of an OCI registry; its password from SLIPWAY_REGISTRY_PASSWORD, or asked for')
    .option('--ca-file <file>', 'authorities of an OCI registry, in PEM')
    .option('--plain-http', 'speak to an OCI registry without TLS', false);

const withScope = (command: Command): Command =>
  withHubOptions(command).option('--scope <scope>', 'where the profile lives: project, tenant or system', 'tenant');

/** The profile's versions as they are, and a way to write them back. */
async function open(deps: CliDeps, text: string, options: ProfileOptions) {
  const [{ findVersion, requireScope }, { clusterProfileKinds }] = await Promise.all([
    import('../profile/profile-version.ts'),
    import('@slipway/model'),
  ]);
  const place = { ...(await openSession(deps, options)), scope: requireScope(options.scope) };
  const { object, scope, version: found } = await findVersion(place, text);
  const { name, resourceVersion } = object.metadata;
  const { versions } = object.spec;
  // With the version it was read at: of two who change a profile at once, one is told to look again.
  const write = (next: readonly unknown[]) =>
    place.hub.patch(clusterProfileKinds.at(scope), name, place.project, { metadata: { resourceVersion }, spec: { versions: next } });
  return { name, versions, found, write };
}

async function publish(deps: CliDeps, text: string, options: ProfileOptions): Promise<void> {
  const { name, versions, found, write } = await open(deps, text, options);
  if (found.state === 'published') {
    deps.io.say(`${name}@${found.version} is published already.`);
    return;
  }
  await write(versions.map((one) => (one === found ? { ...one, state: 'published' } : one)));
  deps.io.data(`profile/${name}@${found.version} published`);
}

async function clone(deps: CliDeps, text: string, { version, options }: { version: string; options: ProfileOptions }): Promise<void> {
  const { name, versions, found, write } = await open(deps, text, options);
  await write([...versions, { ...found, version, state: 'draft' }]);
  deps.io.data(`profile/${name}@${version} is a draft made from ${found.version}`);
}
