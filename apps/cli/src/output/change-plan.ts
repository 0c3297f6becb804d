import {
  type ChangePlan,
  type Impact,
  IMPACT_WORDS,
  isKnown,
  type ObjectChange,
  type Outcome,
  type OverrideMerge,
  type PlannedAction,
} from '@slipway/model';
import type { Colour, Io } from './io.ts';

const VERB_MARK: Record<PlannedAction['verb'], { mark: string; colour: Colour }> = {
  create: { mark: '+', colour: 'green' },
  change: { mark: '~', colour: 'yellow' },
  scale: { mark: '~', colour: 'yellow' },
  upgrade: { mark: '↑', colour: 'yellow' },
  replace: { mark: '±', colour: 'yellow' },
  remove: { mark: '-', colour: 'red' },
  delete: { mark: '-', colour: 'red' },
};

const IMPACT_COLOUR: Record<Impact, Colour> = { none: 'green', restart: 'yellow', rolling: 'yellow', repave: 'red', 'data-loss': 'red' };

const show = (value: unknown): string => (value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value));

/** A plan as grouped actions, hardest impact first within the order the plan gives. */
export function renderChangePlan(io: Io, title: string, plan: ChangePlan): string {
  if (plan.actions.length === 0) return `${title}: no changes`;
  const lines = [`${io.paint('bold', title, 'stdout')}: ${plan.summary}`];
  for (const action of plan.actions) {
    const { mark, colour } = VERB_MARK[action.verb];
    lines.push(
      `  ${io.paint(colour, mark, 'stdout')} ${action.verb} ${action.target}  ${io.paint(IMPACT_COLOUR[action.impact], `[${action.impact}]`, 'stdout')}`,
    );
    lines.push(`      ${action.summary}`);
    if (action.reason && action.reason !== action.summary) lines.push(`      ${action.reason}`);
    for (const { path, from, to } of action.diff) lines.push(io.paint('dim', `      ${path}: ${show(from)} → ${show(to)}`, 'stdout'));
    lines.push(...renderObjects(io, action));
  }
  lines.push(...(plan.overrides ?? []).flatMap((merge) => renderOverrides(io, merge)));
  const impacts = [...new Set(plan.actions.map((action) => action.impact))];
  lines.push(`  Impact: ${impacts.map((impact) => `[${impact}] ${IMPACT_WORDS[impact]}`).join('; ')}.`);
  lines.push(...renderCost(io, plan.cost));
  if (plan.approval)
    lines.push(`  Needs the approval ${io.paint('bold', plan.approval.id, 'stdout')} of: ${plan.approval.disruptions.join('; ')}.`);
  return lines.join('\n');
}

function renderCost(io: Io, cost: ChangePlan['cost']): string[] {
  const { before, after } = cost ?? {};
  if (after === undefined) return [];
  const was = !isKnown(before) || before.perHour === after.perHour ? '' : `; now ${before.perHour} an hour`;
  return [
    isKnown(after)
      ? `  Costs about ${after.perHour} ${after.currency} an hour, ${after.perMonth} ${after.currency} a month${was}.`
      : '  What it costs cannot be said:',
    ...after.groups.map(({ name, formula, because }) =>
      io.paint('dim', `      ${name}: ${formula === undefined ? `not counted, ${because}` : `${formula} an hour`}`, 'stdout'),
    ),
  ];
}

const OUTCOME: Record<Outcome['outcome'], { mark: string; colour: Colour; words: (outcome: Outcome, merge: OverrideMerge) => string }> = {
  stays: { mark: '=', colour: 'green', words: ({ mine }) => `stays ${show(mine)}` },
  same: { mark: '=', colour: 'green', words: ({ mine }, { to }) => `${show(mine)}, as ${to} has it itself` },
  kept: { mark: '=', colour: 'yellow', words: ({ mine, theirs }, { to }) => `kept ${show(mine)}; ${to} has ${show(theirs)}` },
  taken: { mark: '~', colour: 'yellow', words: ({ mine, theirs }) => `taken from the profile: ${show(theirs)} instead of ${show(mine)}` },
  orphan: {
    mark: '?',
    colour: 'yellow',
    words: ({ mine }, { to }) => `orphan ${show(mine)}: ${to || 'the profile'} has it no more; it is kept`,
  },
  conflict: {
    mark: '!',
    colour: 'red',
    words: ({ base, mine, theirs }, { from, to, pool }) =>
      `conflict: ${from} has ${show(base)}, ${to} has ${show(theirs)}, ${pool === undefined ? 'the cluster' : `pool ${pool}`} wants ${show(mine)}`,
  },
};

/** What becomes of what the cluster wants otherwise, path by path. */
function renderOverrides(io: Io, merge: OverrideMerge): string[] {
  const conflicts = merge.paths.filter(({ outcome }) => outcome === 'conflict').length;
  return [
    `  Overrides of layer ${merge.layer}${merge.pool === undefined ? '' : ` in pool ${merge.pool}`}, made for ${merge.from}${merge.gone ? ', which is no more' : ''}:`,
    ...merge.paths.map((path) => {
      const { mark, colour, words } = OUTCOME[path.outcome];
      return `      ${io.paint(colour, mark, 'stdout')} ${path.path}: ${words(path, merge)}`;
    }),
    ...(conflicts === 0
      ? []
      : [
          io.paint(
            'red',
            `      The move is refused until ${conflicts === 1 ? 'this conflict is' : `these ${conflicts} conflicts are`} decided.`,
            'stdout',
          ),
        ]),
  ];
}

const OBJECT_MARK: Record<ObjectChange['change'], { mark: string; colour: Colour }> = {
  added: { mark: '+', colour: 'green' },
  changed: { mark: '~', colour: 'yellow' },
  removed: { mark: '-', colour: 'red' },
};

/** What becomes of the objects of a chart. */
function renderObjects(io: Io, { objects = [], notRendered }: PlannedAction): string[] {
  if (notRendered !== undefined) return [io.paint('yellow', `      manifests not rendered: ${notRendered}`, 'stdout')];
  return objects.flatMap(({ object, change, diff }) => {
    const { mark, colour } = OBJECT_MARK[change];
    const fields = diff.map(({ path, from, to }) => io.paint('dim', `          ${path}: ${show(from)} → ${show(to)}`, 'stdout'));
    return [`      ${io.paint(colour, mark, 'stdout')} ${object}`, ...fields];
  });
}
