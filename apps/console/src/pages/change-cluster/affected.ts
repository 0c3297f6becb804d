import type { ChangePlan, Impact } from '@slipway/model';

/** What a plan disturbs, worst first: `repave` the control plane and two pools. What nothing happens to is not among it. */
export function affectedBy({ actions }: Pick<ChangePlan, 'actions'>): { readonly impact: Impact; readonly targets: readonly string[] }[] {
  return WORST_FIRST.flatMap((impact) => {
    const targets = [...new Set(actions.filter((action) => action.impact === impact).map(({ target }) => target))];
    return targets.length === 0 ? [] : [{ impact, targets }];
  });
}

const WORST_FIRST: readonly Impact[] = ['data-loss', 'repave', 'rolling', 'restart'];
