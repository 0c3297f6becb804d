import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';
import type { Cluster } from '../hub/objects.ts';

export function register(program: Command, deps: CliDeps): void {
  const history = program
    .command('history')
    .description('What a cluster was, change by change, newest first: each revision can be rolled back to.')
    .addHelpText('after', `\nExamples:\n  ${deps.self} history cluster dev\n  ${deps.self} rollback cluster dev --to 42`);
  withHubOptions(history.command('cluster', { isDefault: true }))
    .description('The revisions of a cluster, read back by the audit chain.')
    .argument('<name>')
    .option('-o, --output <format>', 'table or json', 'table')
    .action(async (name: string, options: HubOptions & { output: string }) => showHistory(deps, name, options));
}

async function showHistory(deps: CliDeps, name: string, options: HubOptions & { output: string }): Promise<void> {
  const [{ clusterKind }, { clusterRevisions }, { requireFormat }, { renderTable }] = await Promise.all([
    import('@slipway/model'),
    import('../hub/revisions.ts'),
    import('../output/format.ts'),
    import('../output/table.ts'),
  ]);
  const format = requireFormat(options.output);
  const { hub, project } = await openSession(deps, options);
  const cluster = (await hub.get(clusterKind, name, project)) as Cluster;
  const revisions = await clusterRevisions(hub, cluster);
  if (format === 'json') return deps.io.data(JSON.stringify(revisions, null, 2));
  const rows = revisions.map(({ seq, time, user, changes }) => [
    String(seq),
    time.replace(/\.\d+Z$/, 'Z'),
    user,
    changes.length === 0 ? 'created' : changes.map(({ path, from, to }) => `${path}: ${text(from)} → ${text(to)}`).join('; '),
  ]);
  deps.io.data(renderTable(['REVISION', 'WHEN', 'USER', 'CHANGED'], rows));
}

const text = (value: unknown): string => (value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value));
