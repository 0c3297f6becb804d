import { SlipwayError } from '@slipway/kit';
import { type ApiObject, type MacroSpec, MASK, usesMacro } from '@slipway/model';
import { type Candidate, withCandidates } from '../candidates.ts';
import { planFor } from '../plan-for.ts';
import type { ClusterImpact } from './plan-impact.ts';

type Macro = ApiObject<MacroSpec>;

/** Said instead of what somebody's template makes of a secret that is not opened. */
const NOT_OPENED = 'What it makes of a secret macro is not known before: secrets are not opened for a plan.';

/** The plan of every cluster that refers to a macro of this name; which scope's macro counts there shows in it. */
export function macroImpact({ object, old, remove }: Candidate): ClusterImpact {
  const macro = object as Macro;
  const isSecret = [macro, old as Macro | undefined].some((one) => one?.spec.secretValue !== undefined);
  const before = old === undefined ? [] : [{ object: shown(old as Macro, MASK) }];
  // The mask of what is stored stands for a secret that stays.
  const after = { object: shown(macro, macro.spec.secretValue === MASK ? MASK : `${MASK} (new)`), ...(remove ? { remove } : {}) };
  return async (cluster, deps) => {
    const { store } = deps;
    const reads = { get: (kind: string, name: string, project?: string) => store.get({ kind, name, project }) };
    if (!(await usesMacro(cluster, macro.metadata.name, reads))) return undefined;
    const { namespace = '', name } = cluster.metadata;
    try {
      const plan = await planFor(
        { ...deps, store: withCandidates(store, before) },
        { project: namespace, cluster: name, candidates: [after] },
      );
      return { ok: true, plan };
    } catch (error) {
      if (!(error instanceof SlipwayError && error.code === 'Invalid')) throw error;
      return { ok: false, why: isSecret ? NOT_OPENED : error.message };
    }
  };
}

/** A secret value as a text that says nothing, so that it is seen where it goes and not what it is. */
const shown = (macro: Macro, text: string): Macro => {
  const { secretValue, ...rest } = macro.spec;
  return secretValue === undefined ? macro : { ...macro, spec: { ...rest, value: text } };
};
