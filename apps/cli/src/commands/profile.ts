import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';
import { parseProfile } from './upgrade.ts';

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
}

const withScope = (command: Command): Command =>
  withHubOptions(command).option('--scope <scope>', 'where the profile lives: project, tenant or system', 'tenant');

interface Version {
  readonly version: string;
  readonly state: string;
}

/** The profile's versions as they are, and a way to write them back. */
async function open(deps: CliDeps, text: string, options: ProfileOptions) {
  const { clusterProfileKinds, SCOPES } = await import('@slipway/model');
  const { name, version, scope = SCOPES.find((one) => one === options.scope) } = parseProfile(text, '');
  if (scope === undefined) throw new UsageError(`"${options.scope}" is no scope`, `Write one of: ${SCOPES.join(', ')}.`);
  const kind = clusterProfileKinds.at(scope);
  const { hub, project } = await openSession(deps, options);
  const object = await hub.get(kind, name, project);
  const { versions } = Object(object.spec) as { versions: Version[] };
  const found = versions.find((one) => one.version === version);
  if (found === undefined)
    throw new UsageError(`profile "${name}" has no version ${version}`, `It has: ${versions.map((one) => one.version).join(', ')}.`);
  // With the version it was read at: of two who change a profile at once, one is told to look again.
  const { resourceVersion } = object.metadata;
  const write = (next: readonly Version[]) => hub.patch(kind, name, project, { metadata: { resourceVersion }, spec: { versions: next } });
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
