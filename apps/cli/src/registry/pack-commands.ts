import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { withHubOptions } from '../hub/session.ts';
import type { AcceptOptions } from './accept.ts';
import type { PackVersionOptions, PushOptions } from './push.ts';

const SCOPE = ['--scope <scope>', 'tenant, or project for a pack of the project', 'tenant'] as const;

/** Commands on packs in the hub's own registry. */
export function registerPackCommands(pack: Command, deps: CliDeps): void {
  withHubOptions(pack.command('push'))
    .description('Push a chart or a pack of manifests into the registry of the hub, where every profile can name it.')
    .argument('<path>', 'a folder or an archive')
    .option('--sign <key>', 'private key in PEM: the push is signed as cosign does it')
    .option('--force', 'replace a version that has other content', false)
    .option(...SCOPE)
    .addHelpText('after', `\nExamples:\n  ${deps.self} pack push ./web\n  ${deps.self} pack push web-1.2.3.tgz --sign key.pem`)
    .action(async (path: string, options: PushOptions) => (await import('./push.ts')).push(deps, path, options));
  withHubOptions(pack.command('pull'))
    .description('Fetch a pack from the registry of the hub as an archive.')
    .argument('<pack>')
    .option('--version <version>', 'default: the newest release')
    .option('--output <file>', 'where it goes; default: <pack>-<version>.tgz')
    .option(...SCOPE)
    .addHelpText('after', `\nExamples:\n  ${deps.self} pack pull web --version 1.2.3`)
    .action(async (name: string, options: PackVersionOptions & { output?: string }) =>
      (await import('./push.ts')).pull(deps, name, options),
    );
  withHubOptions(pack.command('sign'))
    .description('Sign a version in the registry of the hub as cosign does it, beside the signatures that are there.')
    .argument('<pack>')
    .requiredOption('--version <version>', 'which version')
    .requiredOption('--key <file>', 'private key in PEM: ECDSA P-256 or Ed25519')
    .option(...SCOPE)
    .addHelpText('after', `\nExamples:\n  ${deps.self} pack sign web --version 1.2.3 --key key.pem`)
    .action(async (name: string, options: PackVersionOptions & { key: string }) => (await import('./push.ts')).sign(deps, name, options));
  withHubOptions(pack.command('accept'))
    .description('Use the content by which a published version was replaced in its registry. Shows first what that does to clusters.')
    .argument('<pack>')
    .requiredOption('--version <version>', 'which version')
    .option('--registry <name>', 'where the pack is from', 'embedded')
    .option('-y, --yes', 'do not ask', false)
    .option(...SCOPE)
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} pack accept web --version 1.2.3\n  ${deps.self} pack accept web --version 1.2.3 --registry stable --yes`,
    )
    .action(async (name: string, options: AcceptOptions) => (await import('./accept.ts')).acceptPack(deps, name, options));
}
