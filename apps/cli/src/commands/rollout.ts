import type { Command } from 'commander';
import type { ApiObject, RolloutSpec, RolloutStatus } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

type RolloutObject = ApiObject<RolloutSpec, RolloutStatus>;

interface StartOptions extends HubOptions {
  readonly to: string;
  readonly selector?: string;
  readonly in?: string[];
  readonly cluster?: string[];
  readonly windows?: string;
  readonly maxConcurrent?: string;
  readonly onFailure?: string;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

interface WaitOptions extends HubOptions {
  readonly timeout: string;
}

const EXAMPLES = (self: string) => `
Examples:
  ${self} rollout start winter --to starter@1.1.0 --selector env=prod --windows nights --wait
  ${self} rollout plan winter
  ${self} rollout status winter --wait
  ${self} rollout pause winter
  ${self} rollout resume winter            # goes on; failures so far are tried again
  ${self} rollout release winter rest      # lets a wave begin that is not automatic
  ${self} rollout approve winter           # the disruptions that its plan names
  ${self} rollout back winter              # takes the clusters it moved back to where they came from
  ${self} rollout abort winter             # leaves them where they are`;

export function register(program: Command, deps: CliDeps): void {
  const rollout = program
    .command('rollout')
    .description('Take many clusters to a profile version, wave by wave.')
    .addHelpText('after', EXAMPLES(deps.self));
  withHubOptions(rollout.command('start'))
    .description('Show what would happen to the fleet, then begin. For waves and gates of your own apply a Rollout from a file.')
    .argument('<name>')
    .requiredOption('--to <profile@version>', 'the version clusters go to')
    .option('-l, --selector <labels>', 'only clusters with these labels')
    .option('--in <project...>', 'only clusters of these projects')
    .option('--cluster <project/name...>', 'only these clusters')
    .option('--windows <policy>', 'MaintenancePolicy whose windows moves wait for')
    .option('--max-concurrent <number>', 'clusters on their way at the same time')
    .option('--on-failure <what>', 'halt or rollback')
    .option('-y, --yes', 'do not ask, and approve what the plan shows')
    .option('--wait', 'wait until it is over')
    .option('--timeout <duration>', 'how long --wait waits', '12h')
    .action(async (name: string, options: StartOptions) => start(deps, name, options));
  withHubOptions(rollout.command('plan'))
    .description('What a rollout would do to each cluster it has still to move; exits with 7 when there is something.')
    .argument('<name>')
    .action(async (name: string, options: HubOptions) => showPlan(deps, name, options));
  withHubOptions(rollout.command('status'))
    .description('How far it is.')
    .argument('<name>')
    .option('--wait', 'wait until it is over; exits with 1 when it halts or does not complete')
    .option('--timeout <duration>', 'how long --wait waits', '12h')
    .action(async (name: string, options: WaitOptions & { wait?: boolean }) => {
      if (options.wait) return follow(deps, name, options);
      const { renderRollout } = await import('../output/rollout.ts');
      deps.io.data(renderRollout(deps.io, await read(deps, name, options)));
    });
  const change = (verb: string, description: string, patch: (rollout: RolloutObject) => Partial<RolloutSpec>, done: string) =>
    withHubOptions(rollout.command(verb))
      .description(description)
      .argument('<name>')
      .action(async (name: string, options: HubOptions) => {
        const before = await read(deps, name, options);
        await write(deps, name, options, patch(before));
        deps.io.data(`rollout/${name} ${done}`);
      });
  change('pause', 'Move no further cluster; what has begun goes on.', () => ({ paused: true }), 'paused');
  change('resume', 'Go on after a pause or a halt; what has failed is tried again.', resumed, 'resumed');
  change('abort', 'End it; clusters stay where they are.', () => ({ aborted: true }), 'aborted');
  change('back', 'Take the clusters that it moved back to where they came from.', () => ({ rollback: true }), 'takes its clusters back');
  change('approve', 'Approve the disruptions that it waits for.', approved, 'approved');
  withHubOptions(rollout.command('release'))
    .description('Let a wave begin that is not automatic.')
    .argument('<name>')
    .argument('<wave>')
    .action(async (name: string, wave: string, options: HubOptions) => {
      const { spec } = await read(deps, name, options);
      if (!spec.waves.some((candidate) => candidate.name === wave))
        throw new UsageError(`rollout "${name}" has no wave "${wave}"`, `It has: ${spec.waves.map((one) => one.name).join(', ')}.`);
      await write(deps, name, options, { release: [...new Set([...spec.release, wave])] });
      deps.io.data(`rollout/${name} wave ${wave} released`);
    });
}

const resumed = (): Partial<RolloutSpec> => ({ paused: false, resumedAt: new Date().toISOString() });

function approved({ metadata, spec, status }: RolloutObject): Partial<RolloutSpec> {
  const waits = status?.approval;
  if (!waits || spec.approvals.includes(waits.id)) throw new UsageError(`rollout "${metadata.name}" waits for no approval`);
  return { approvals: [...spec.approvals, waits.id] };
}

async function read(deps: CliDeps, name: string, options: HubOptions): Promise<RolloutObject> {
  const [{ rolloutKind }, { hub, project }] = await Promise.all([import('@slipway/model'), openSession(deps, options)]);
  return (await hub.get(rolloutKind, name, project)) as RolloutObject;
}

async function write(deps: CliDeps, name: string, options: HubOptions, spec: Partial<RolloutSpec>): Promise<void> {
  const [{ rolloutKind }, { hub, project }] = await Promise.all([import('@slipway/model'), openSession(deps, options)]);
  await hub.patch(rolloutKind, name, project, { spec });
}

async function showPlan(deps: CliDeps, name: string, options: HubOptions): Promise<void> {
  const [{ renderRolloutPlan }, { EXIT, Finished }] = await Promise.all([import('../output/rollout.ts'), import('../exit.ts')]);
  const { hub } = await openSession(deps, options);
  const plan = await hub.rolloutPlan(name);
  deps.io.data(renderRolloutPlan(deps.io, name, plan));
  if (plan.total > plan.there + plan.refused) throw new Finished(EXIT.differences);
}

async function start(deps: CliDeps, name: string, options: StartOptions): Promise<void> {
  const [{ API_VERSION, rolloutKind }, { renderRolloutPlan }, { confirm }, { parseProfile }] = await Promise.all([
    import('@slipway/model'),
    import('../output/rollout.ts'),
    import('../hub/confirm.ts'),
    import('./upgrade.ts'),
  ]);
  const { hub, project } = await openSession(deps, options);
  const spec = {
    target: parseProfile(options.to, ''),
    selector: {
      ...(options.selector === undefined ? {} : { labels: options.selector }),
      ...(options.in === undefined ? {} : { projects: options.in }),
      ...(options.cluster === undefined ? {} : { clusters: options.cluster }),
    },
    ...(options.windows === undefined ? {} : { maintenancePolicy: options.windows }),
    ...(options.maxConcurrent === undefined ? {} : { maxConcurrent: Number(options.maxConcurrent) }),
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
  };
  const candidate = { apiVersion: API_VERSION, kind: 'Rollout', metadata: { name }, spec };
  const plan = await hub.rolloutPlan(name, candidate);
  deps.io.say(renderRolloutPlan(deps.io, name, plan));
  await confirm(deps, `Take ${plan.total - plan.there - plan.refused} clusters to ${options.to}?`, options.yes === true);
  const approvals = plan.approval === undefined ? [] : [plan.approval];
  await hub.create(rolloutKind, { ...candidate, spec: { ...spec, approvals } }, project);
  deps.io.data(`rollout/${name} begins`);
  if (options.wait) await follow(deps, name, options);
}

async function follow(deps: CliDeps, name: string, options: WaitOptions): Promise<void> {
  const [{ waitForRollout }, { parseDuration }] = await Promise.all([import('../output/rollout.ts'), import('../output/duration.ts')]);
  const { hub } = await openSession(deps, options);
  await waitForRollout({ deps, hub, name, timeoutMs: parseDuration(options.timeout) });
}
