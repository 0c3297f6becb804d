import type { FieldCause } from '@slipway/kit';
import { messageOf } from '@slipway/kit';
import { refCauses } from '../cluster-profile/ref-causes.ts';
import { forbiddenField, invalidField, listOf, refuseIf, requiredField } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import { compileExpression } from '../meta/expression.ts';
import { parseLabelSelector } from '../meta/selectors.ts';
import type { RolloutSpec, RolloutStatus, RolloutStrategy } from './rollout.ts';

/** The target is there, every cluster finds a wave, and what a rollout is about does not change under way. */
export async function admitRollout({ object, old, reads }: AdmissionInput<RolloutSpec, RolloutStatus>): Promise<void> {
  if (old && deepEqual(old.spec, object.spec)) return;
  const { spec } = object;
  refuseIf(`Rollout "${object.metadata.name}"`, [
    ...strategyCauses(spec, 'spec'),
    ...selectorCause(spec.selector.labels, 'spec.selector.labels'),
    ...(old ? unchangedCauses(spec, old.spec) : await refCauses(spec.target, 'spec.target', reads)),
    ...(old && deepEqual(old.spec.maintenancePolicy, spec.maintenancePolicy)
      ? []
      : await policyCauses(spec.maintenancePolicy, 'spec', reads)),
  ]);
}

/** Problems of what a Rollout and a ClusterTemplate both say. */
export function strategyCauses({ waves, gates }: RolloutStrategy, path: string): FieldCause[] {
  const causes: FieldCause[] = [];
  let before = 0;
  waves.forEach((wave, index) => {
    const field = `${path}.waves[${index}]`;
    const given = [wave.labels, wave.percent, wave.count].filter((value) => value !== undefined).length;
    if (given === 0) causes.push(requiredField(field, `wave "${wave.name}" must say which clusters it takes: labels, percent or count`));
    if (wave.percent !== undefined && wave.count !== undefined)
      causes.push(forbiddenField(`${field}.count`, 'a wave has either percent or count'));
    causes.push(...selectorCause(wave.labels, `${field}.labels`));
    if (wave.percent === undefined) return;
    if (wave.percent < before)
      causes.push(invalidField(`${field}.percent`, `must be at least ${before}: a share counts the waves before it too`));
    before = wave.percent;
  });
  const last = waves.at(-1);
  if (last && last.percent !== 100)
    causes.push(invalidField(`${path}.waves[${waves.length - 1}].percent`, 'must be 100 in the last wave: it takes what is left'));
  gates.checks.forEach(({ expression }, index) => {
    const compiled = compileExpression(expression, 'bool');
    if (!compiled.ok)
      causes.push(invalidField(`${path}.gates.checks[${index}].expression`, `is not a usable CEL expression: ${compiled.message}`));
  });
  if (gates.failedMinutes > gates.timeoutMinutes)
    causes.push(invalidField(`${path}.gates.failedMinutes`, `must not be more than timeoutMinutes (${gates.timeoutMinutes})`));
  return causes;
}

function selectorCause(text: string | undefined, field: string): FieldCause[] {
  try {
    parseLabelSelector(text);
    return [];
  } catch (error) {
    return [invalidField(field, messageOf(error))];
  }
}

function unchangedCauses(spec: RolloutSpec, old: RolloutSpec): FieldCause[] {
  const causes: FieldCause[] = [];
  if (!deepEqual(spec.target, old.target))
    causes.push(forbiddenField('spec.target', 'cannot be changed: clusters are on their way there; abort this rollout and make another'));
  if (old.aborted && !spec.aborted) causes.push(forbiddenField('spec.aborted', 'an aborted rollout is over; make another'));
  if (old.rollback && !spec.rollback) causes.push(forbiddenField('spec.rollback', 'clusters are on their way back; let them arrive'));
  return causes;
}

export async function policyCauses(name: string | undefined, path: string, reads: AdmissionReads): Promise<FieldCause[]> {
  if (name === undefined || (await reads.get('MaintenancePolicy', name))) return [];
  const there = (await reads.list('MaintenancePolicy')).map(({ metadata }) => metadata.name);
  return [invalidField(`${path}.maintenancePolicy`, `there is no MaintenancePolicy "${name}"; there are: ${listOf(there)}`)];
}
