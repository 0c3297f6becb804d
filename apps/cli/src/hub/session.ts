import { Option, type Command } from 'commander';
import type { CliDeps } from '../command.ts';
import type { Hub } from './hub.ts';

/** The options of every command that talks to a hub. */
export interface HubOptions {
  readonly context?: string;
  readonly project?: string;
  readonly tenant?: string;
}

export function withHubOptions(command: Command): Command {
  return command
    .option('-p, --project <name>', 'project (default: the context\'s own, usually "default")')
    .addOption(new Option('-n, --namespace <name>', "kubectl's word for --project").hideHelp())
    .option('--tenant <name>', 'another tenant than your own, for operators')
    .option('--context <name>', 'which hub (see: slipway context)');
}

export interface Session {
  readonly hub: Hub;
  readonly project: string;
}

/** Opens a session lazily: the network and the object model are loaded only by commands that need them. */
export async function openSession(deps: CliDeps, options: HubOptions & { namespace?: string }): Promise<Session> {
  const [{ contextsPath, createContextStore, resolveContext }, { connectHub }] = await Promise.all([
    import('../config/contexts.ts'),
    import('./connect.ts'),
  ]);
  const context = await resolveContext(createContextStore(contextsPath(deps.env)), deps.env, options.context);
  const tenant = options.tenant ?? context.tenant;
  // A dry run and the write that follows it are told the same.
  const told = new Set<string>();
  const onWarning = (text: string): void => {
    if (!told.has(text)) deps.io.say(deps.io.paint('yellow', `! ${text}`));
    told.add(text);
  };
  const hub = connectHub(tenant === undefined ? context : { ...context, tenant }, deps.signal, onWarning);
  return { hub, project: options.project ?? options.namespace ?? context.project };
}
