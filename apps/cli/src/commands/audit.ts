import type { Command } from 'commander';
import type { AuditVerdict } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { Finished, UsageError } from '../exit.ts';
import { type HubOptions, openSession, withHubOptions } from '../hub/session.ts';
import { UNIT_MS } from '../output/duration.ts';

interface FilterOptions extends HubOptions {
  readonly user?: string;
  readonly verb?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly outcome?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly output: string;
}

const withFilters = (command: Command): Command =>
  withHubOptions(command)
    .option('--user <name>', 'only what this user did')
    .option('--verb <verb>', 'create, update, delete, remove, get, list, watch, connect')
    .option('--resource <plural>', 'clusters, secrets, …')
    .option('--name <name>', 'the object of this name')
    .option('--outcome <outcome>', 'ok, denied or failed')
    .option('--since <when>', 'RFC 3339, or a time ago: 2h, 7d')
    .option('--until <when>', 'the same');

export function register(program: Command, deps: CliDeps): void {
  const audit = program
    .command('audit')
    .description('Who did what, from where, and what changed: the hash-chained record of your tenant.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} audit list --since 2h\n  ${deps.self} audit list --resource secrets --outcome denied -o json\n  ${deps.self} audit search payments\n  ${deps.self} audit verify\n  ${deps.self} audit export records.jsonl --since 30d\n  ${deps.self} audit verify --file records.jsonl`,
    );
  withFilters(audit.command('list'))
    .description('The newest records, newest first.')
    .option('--limit <n>', 'how many', '50')
    .option('-o, --output <format>', 'table, wide or json', 'table')
    .action((options: FilterOptions) => list(deps, options));
  withFilters(audit.command('search'))
    .description('Records that hold a text anywhere.')
    .argument('<text>')
    .option('--limit <n>', 'how many', '50')
    .option('-o, --output <format>', 'table, wide or json', 'table')
    .action((text: string, options: FilterOptions) => list(deps, options, text));
  withHubOptions(audit.command('verify'))
    .description(
      'Check that no record was changed, removed, reordered or cut off, here and not in the hub. Exit code 1 when something is wrong.',
    )
    .option('-f, --file <path>', 'an exported file instead of the hub')
    .option('-o, --output <format>', 'table or json', 'table')
    .action((options: HubOptions & { file?: string; output: string }) => verify(deps, options));
  withFilters(audit.command('export'))
    .description('Write records to a file, oldest first, one per line, as they were hashed; "-" is standard output.')
    .argument('<file>')
    .action((file: string, options: FilterOptions) => exportTo(deps, file, options));
}

function queryOf(options: Omit<FilterOptions, 'limit' | 'output'>, text?: string): Record<string, string | undefined> {
  const { user, verb, resource, name, outcome } = options;
  return { user, verb, resource, name, outcome, text, since: timeOf(options.since), until: timeOf(options.until) };
}

function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const time = amount === undefined ? Date.parse(text) : Date.now() - Number(amount) * (UNIT_MS[unit] ?? 0);
  if (Number.isNaN(time)) throw new UsageError(`"${text}" is not a time`, 'Write 2026-11-21T10:00:00Z, or a time ago such as 2h or 7d.');
  return new Date(time).toISOString();
}

async function list(deps: CliDeps, options: FilterOptions, text?: string): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new UsageError('--limit must be a number from 1 to 1000');
  if (!['table', 'wide', 'json'].includes(options.output))
    throw new UsageError(`--output must be table, wide or json, not "${options.output}"`);
  const query = queryOf(options, text);
  const { hub } = await openSession(deps, options);
  const records = await hub.auditRecords({ ...query, limit: String(limit) });
  const bodies = records.map((record) => ({ seq: record.seq, ...(JSON.parse(record.body) as import('@slipway/model').AuditBody) }));
  if (options.output === 'json') return deps.io.data(JSON.stringify(bodies, null, 2));
  if (bodies.length === 0) return deps.io.say('No records.');
  const [{ renderTable }, { auditObjectText }] = await Promise.all([import('../output/table.ts'), import('@slipway/model')]);
  const wide = options.output === 'wide';
  const header = ['SEQ', 'WHEN', 'USER', 'VERB', 'OBJECT', 'OUTCOME', ...(wide ? ['FROM', 'REQUEST', 'CHANGED'] : [])];
  const rows = bodies.map((body) => [
    String(body.seq),
    body.time.replace(/\.\d+Z$/, 'Z'),
    body.user.name,
    body.verb,
    auditObjectText(body.object) || (body.request?.path ?? '-'),
    body.suppressed === undefined ? body.outcome : `${body.outcome} (and ${body.suppressed} more)`,
    ...(wide
      ? [body.source?.ip ?? '-', body.request?.id ?? '-', (body.changes ?? []).map((change) => change.path || '*').join(',') || '-']
      : []),
  ]);
  deps.io.data(renderTable(header, rows));
}

async function verify(deps: CliDeps, options: HubOptions & { file?: string; output: string }): Promise<void> {
  const [{ createSeenHeads }, { contextsPath }, { verifyFile, verifyHub }] = await Promise.all([
    import('../audit/seen-heads.ts'),
    import('../config/contexts.ts'),
    import('../audit/verify.ts'),
  ]);
  const seenHeads = createSeenHeads(contextsPath(deps.env));
  if (options.file !== undefined) return tell(deps, options.output, await verifyFile(options.file, undefined));
  const { hub } = await openSession(deps, options);
  const { tenant } = await hub.auditChain();
  const chain = `${hub.server} ${tenant}`;
  const seen = await seenHeads.get(chain);
  const { verdict, newKeys, keys } = await verifyHub({ hub, seen });
  if (newKeys.length > 0) {
    deps.io.say(
      `The hub signs heads with another key than at the last verification (${newKeys.join(', ')}). If nobody made it a new one, do not believe it: ${seenHeads.path}`,
    );
  }
  if (verdict.ok && verdict.head !== undefined && newKeys.length === 0) {
    await seenHeads.put(chain, { ...verdict.head, at: new Date().toISOString(), keys: { ...keys } });
  }
  if (seen !== undefined && options.output !== 'json')
    deps.io.say(`Compared with record ${seen.seq}, which this machine saw at ${seen.at}.`);
  tell(deps, options.output, verdict, newKeys.length > 0);
}

function tell(deps: CliDeps, output: string, verdict: AuditVerdict, unknownKey = false): void {
  if (output === 'json') deps.io.data(JSON.stringify({ ...verdict, ok: verdict.ok && !unknownKey }, null, 2));
  else if (verdict.ok) {
    const range =
      verdict.head === undefined
        ? 'The chain is empty.'
        : `Records ${verdict.first} to ${verdict.head.seq} are whole: ${verdict.records} records, ${verdict.anchors} signed heads compared.`;
    deps.io.data(range);
  } else for (const problem of verdict.problems) deps.io.data(`${problem.problem.padEnd(10)} ${problem.message}`);
  if (!verdict.ok || unknownKey) throw new Finished(1);
}

async function exportTo(deps: CliDeps, file: string, options: FilterOptions): Promise<void> {
  const query = queryOf(options);
  const { hub } = await openSession(deps, options);
  const { open } = await import('node:fs/promises');
  const handle = file === '-' ? undefined : await open(file, 'w', 0o600);
  let count = 0;
  try {
    for (let after = 0; ;) {
      const records = await hub.auditRecords({ ...query, after: String(after), limit: '1000' });
      for (const record of records) {
        const line = JSON.stringify(record);
        if (handle === undefined) deps.io.data(line);
        else await handle.write(`${line}\n`);
      }
      count += records.length;
      if (records.length < 1000) break;
      after = records.at(-1)?.seq ?? after;
    }
    await handle?.sync();
  } finally {
    await handle?.close();
  }
  if (handle !== undefined) deps.io.say(`${count} records written to ${file}.`);
}
