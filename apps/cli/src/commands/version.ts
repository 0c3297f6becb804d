import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@slipway/kit';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';
import { singleFileVersion } from '../single-file.ts';

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('version'))
    .description('Versions of the CLI and of the hub.')
    .option('--client', 'only the CLI: ask no hub')
    .option('-o, --output <format>', 'table or json', 'table')
    .addHelpText('after', `\nExamples:\n  ${deps.self} version\n  ${deps.self} version --client -o json`)
    .action(async (options: HubOptions & { client?: boolean; output: string }) => {
      const client = singleFileVersion ?? (await checkoutVersion(deps.root));
      const hub = options.client ? undefined : await hubVersion(deps, options);
      if (options.output === 'json') {
        return deps.io.data(
          JSON.stringify(
            { client, node: process.versions.node, ...(hub?.version ? { hub: hub.version, server: hub.server } : {}) },
            null,
            2,
          ),
        );
      }
      deps.io.data(`Client:  ${client} (Node ${process.versions.node})`);
      if (hub?.version) deps.io.data(`Hub:     ${hub.version} (${hub.server})`);
      else if (hub) deps.io.say(`Hub:     ${hub.problem}`);
    });
}

async function checkoutVersion(root: string): Promise<string> {
  return (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

async function hubVersion(deps: CliDeps, options: HubOptions): Promise<{ version?: string; server?: string; problem?: string }> {
  try {
    const { hub } = await openSession(deps, options);
    return { version: (await hub.version()).gitVersion, server: hub.server };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
