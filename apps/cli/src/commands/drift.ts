import type { DriftFact } from '@slipway/model';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { Cluster } from '../hub/objects.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface ChangeOptions extends HubOptions {
  readonly layer?: string;
  readonly path?: string[];
  readonly yes?: boolean;
  readonly back?: boolean;
}

type Model = typeof import('@slipway/model');

interface Chosen {
  readonly model: Model;
  readonly cluster: Cluster;
  readonly fact: DriftFact;
  readonly options: ChangeOptions;
  readonly hub: Awaited<ReturnType<typeof openSession>>['hub'];
  readonly project: string;
}

const OBJECT = 'Kind/name or Kind/namespace/name, as the list shows it';

export function register(program: Command, deps: CliDeps): void {
  const drift = program
    .command('drift')
    .description('What differs in a cluster from what was applied, and what is to become of it.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} drift list dev\n  ${deps.self} drift revert dev Deployment/shop/web\n  ${deps.self} drift ignore dev Deployment/shop/web --path spec.replicas\n  ${deps.self} drift adopt dev Deployment/shop/web`,
    );
  withHubOptions(drift.command('list'))
    .description('Each field that differs: what was applied, and what is live.')
    .argument('<cluster>')
    .action(async (name: string, options: HubOptions) => list(deps, name, options));
  const change = (verb: string, description: string, what: (chosen: Chosen) => Promise<{ patch: object; words: string }>) =>
    withHubOptions(drift.command(verb))
      .description(description)
      .argument('<cluster>')
      .argument('<object>', OBJECT)
      .option('--layer <name>', 'the layer, where two have an object of this name')
      .option('--path <field...>', 'of ignore: these fields and what is below them; without it the whole object')
      .option('-y, --yes', 'do not ask')
      .action(async (name: string, object: string, options: ChangeOptions) => act(deps, { name, object, options, what }));
  change('revert', 'Put one difference right now, also where the policy is to report it.', revert);
  change('ignore', 'Leave a difference as it is: it is neither told nor put right. Shows first what the rule covers.', ignore);
  change('adopt', 'Make what is live the cluster’s own wish: an override of the layer’s value that gives it.', adopt);
}

async function list(deps: CliDeps, name: string, options: HubOptions): Promise<void> {
  const [model, { renderTable }] = await Promise.all([import('@slipway/model'), import('../output/table.ts')]);
  const { hub, project } = await openSession(deps, options);
  const { spec, status } = (await hub.get(model.clusterKind, name, project)) as Cluster;
  const open = model.openDrift(status?.drift ?? []);
  if (open.length === 0) deps.io.say('Everything is as it was applied.');
  else {
    const rows = open.flatMap((fact) => {
      const { layer, object, type, diff } = fact;
      const frame = [layer, addressOf(object), model.isReverting(spec, fact) ? 'being put right' : type.toLowerCase()];
      if (diff.length === 0) return [[...frame, '', '', '']];
      return diff.map(({ path, wanted, live }) => [...frame, path, valueText(wanted), valueText(live)]);
    });
    deps.io.data(renderTable(['LAYER', 'OBJECT', 'STATE', 'FIELD', 'APPLIED', 'LIVE'], rows));
  }
  const rules = spec.driftIgnored ?? [];
  if (rules.length > 0)
    deps.io.say(
      `Ignored: ${rules.map((rule) => `${addressOf(rule)}${rule.path === undefined ? '' : ` ${rule.path}`} (layer ${rule.layer})`).join('; ')}`,
    );
}

interface Act {
  readonly name: string;
  readonly object: string;
  readonly options: ChangeOptions;
  readonly what: (chosen: Chosen) => Promise<{ patch: object; words: string }>;
}

async function act(deps: CliDeps, { name, object, options, what }: Act): Promise<void> {
  const [model, { confirm }] = await Promise.all([import('@slipway/model'), import('../hub/confirm.ts')]);
  const { hub, project } = await openSession(deps, options);
  const cluster = (await hub.get(model.clusterKind, name, project)) as Cluster;
  const fact = chosenFact(model.openDrift(cluster.status?.drift ?? []), object, options.layer);
  const { patch, words } = await what({ model, cluster, fact, options, hub, project });
  deps.io.say(words);
  await confirm(deps, 'Do it?', options.yes === true);
  await hub.patch(model.clusterKind, name, project, patch);
  deps.io.data(`cluster/${name} changed: the agent acts on its next plan`);
}

function chosenFact(open: readonly DriftFact[], wanted: string, layer: string | undefined): DriftFact {
  const found = open.filter((fact) => addressOf(fact.object) === wanted && (layer === undefined || fact.layer === layer));
  const [fact] = found;
  if (fact === undefined) {
    const there = open.map(({ object }) => addressOf(object));
    throw new UsageError(
      `nothing of ${wanted} differs now`,
      there.length === 0 ? 'Everything is as it was applied.' : `What differs: ${there.join(', ')}.`,
    );
  }
  if (found.length > 1)
    throw new UsageError(`${wanted} is in ${found.length} layers`, `Add --layer: ${found.map((one) => one.layer).join(', ')}.`);
  return fact;
}

const addressOf = ({ kind, namespace, name }: Pick<DriftFact['object'], 'kind' | 'namespace' | 'name'>): string =>
  [kind, ...(namespace === undefined ? [] : [namespace]), name].join('/');

const valueText = (value: unknown): string => (value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value));

async function revert({ model, cluster, fact }: Chosen) {
  return {
    patch: model.revertPatch(cluster.spec, cluster.status?.drift ?? [], fact),
    words: `${addressOf(fact.object)} becomes again what was applied.`,
  };
}

async function ignore({ model, cluster, fact, options }: Chosen) {
  const rules = (options.path ?? [undefined]).map((path) => model.ignoreRule(fact, path));
  const covered = rules.flatMap((rule) => model.coveredBy(rule, cluster.status?.drift ?? []).flatMap(({ paths }) => paths));
  const words =
    options.path === undefined
      ? 'the whole object, its deletion included'
      : covered.length === 0
        ? 'nothing that differs now'
        : covered.join(', ');
  return { patch: model.ignorePatch(cluster.spec, rules), words: `Ignored from now on of ${addressOf(fact.object)}: ${words}.` };
}

async function adopt({ model, cluster, fact, hub, project }: Chosen) {
  const told = await hub.values(cluster.metadata.name, project, { layer: fact.layer, defaults: true });
  const found = model.adoptable(fact, told.layers[0] ?? {});
  if ('because' in found) throw new UsageError('this difference cannot become an override', found.because);
  const lines = found.adoptions.map(({ path, from, to }) => `  ${path.join('.')}: ${valueText(from)} → ${valueText(to)}`);
  return { patch: model.adoptPatch(fact, found.adoptions), words: `Overrides of layer ${fact.layer}:\n${lines.join('\n')}` };
}
