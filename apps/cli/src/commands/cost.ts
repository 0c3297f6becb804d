import type { ApiObject, CloudAccountSpec, ClusterCost, Kind } from '@slipway/model';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { HubListQuery } from '../hub/hub.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface CostOptions extends HubOptions {
  readonly allProjects?: boolean;
  readonly by: string;
  readonly output: string;
}
type Model = typeof import('@slipway/model');

const FORMATS = ['table', 'csv', 'json', 'yaml'];
const BY = ['cluster', 'project'];

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('cost'))
    .description(
      'An estimate: what the machines that clusters declare cost by the prices of their cloud account. Of one cluster: how it is counted.',
    )
    .argument('[cluster]')
    .option('-A, --all-projects', 'clusters of every project that you may see')
    .option('--by <what>', 'a line for each cluster, or for each project', 'cluster')
    .option('-o, --output <format>', 'table, csv, json or yaml', 'table')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} cost\n  ${deps.self} cost dev\n  ${deps.self} cost -A --by project\n  ${deps.self} cost -A -o csv > costs.csv`,
    )
    .action(async (name: string | undefined, options: CostOptions) => cost(deps, name, options));
}

async function cost(deps: CliDeps, name: string | undefined, options: CostOptions): Promise<void> {
  oneOf('format', options.output, FORMATS);
  oneOf('way to add up', options.by, BY);
  const model = await import('@slipway/model');
  const rows = await report(deps, { model, name, options });
  const { value, cells } = shownAs(model, { rows, name, by: options.by });
  if (options.output === 'json') return deps.io.data(JSON.stringify(value, null, 2));
  if (options.output === 'yaml') return deps.io.data((await import('../output/format.ts')).toYaml(value));
  if (options.output === 'csv') return deps.io.data(model.csvText(cells));
  const { renderTable } = await import('../output/table.ts');
  const [head = [], ...lines] = cells;
  const shown = lines.map((line) => line.map((cell) => (cell === '' ? '–' : cell)));
  deps.io.data(
    renderTable(
      head.map((cell) => cell.replaceAll(/([A-Z])/g, ' $1').toUpperCase()),
      shown,
    ),
  );
  if (rows.some(({ cost: estimate }) => estimate === undefined))
    deps.io.say('Prices are declared in spec.prices of a CloudAccount: docs/changes.md, “What it costs”.');
}

function oneOf(what: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw new UsageError(`there is no ${what} "${value}"`, `One of: ${known.join(', ')}.`);
}

interface Asked {
  readonly model: Model;
  readonly name: string | undefined;
  readonly options: CostOptions;
}

async function report(deps: CliDeps, { model, name, options }: Asked): Promise<ClusterCost[]> {
  const { hub, project } = await openSession(deps, options);
  const scope = { project: options.allProjects && name === undefined ? undefined : project };
  const listed = async <T>(kind: Kind, query: HubListQuery) => (await hub.list(kind, query)).items as T[];
  type Clusters = Parameters<Model['costReport']>[0];
  type Pools = Parameters<Model['costReport']>[1];
  const clusters =
    name === undefined
      ? await listed<Clusters[number]>(model.clusterKind, scope)
      : [(await hub.get(model.clusterKind, name, project)) as Clusters[number]];
  const pools = await listed<Pools[number]>(model.machinePoolKind, scope);
  const accounts = await listed<ApiObject<CloudAccountSpec>>(model.cloudAccountKind, {});
  const prices = new Map(accounts.map(({ metadata, spec }) => [metadata.name, spec.prices]));
  return model.costReport(clusters, pools, (account) => prices.get(account));
}

interface Shown {
  readonly rows: readonly ClusterCost[];
  readonly name: string | undefined;
  readonly by: string;
}

function shownAs(model: Model, { rows, name, by }: Shown): { value: unknown; cells: string[][] } {
  if (name !== undefined) return { value: rows[0], cells: groupCells(model, rows) };
  if (by === 'cluster') return { value: rows, cells: model.costCells(rows) };
  const sums = model.costByProject(rows);
  return { value: sums, cells: model.projectCells(sums) };
}

const groupCells = (model: Model, rows: readonly ClusterCost[]): string[][] => [
  ['machinesOf', 'machines', 'perHour', 'currency', 'formula'],
  ...rows.flatMap(({ account, machines, cost: estimate }) => {
    if (estimate === undefined) return [['all', String(machines), '', '', `not counted: the account "${account}" has no prices`]];
    const { currency, groups, perHour: all, perMonth } = estimate;
    const known: boolean = model.isKnown(estimate);
    return [
      ...groups.map(({ name, replicas, perHour = '', formula, because }) => [
        name,
        String(replicas),
        perHour,
        currency,
        formula ?? `not counted: ${because}`,
      ]),
      [
        'together',
        String(machines),
        known ? all : '',
        currency,
        known ? `${perMonth} ${currency} per month of ${model.HOURS_A_MONTH} hours` : 'not known',
      ],
    ];
  }),
];
