import { Empty, Notice, Skeleton } from '@slipway/ui';
import { CircleAlert, SlidersHorizontal } from 'lucide-react';
import { fieldText } from '../../forms/field-words.ts';
import { YamlForm } from '../../forms/schema-form.tsx';
import { declaredBy } from '../../hub/profiles.ts';
import { clusterOf, stepOf } from './draft.ts';
import type { StepProps } from './step.ts';
import { variableFields } from './variable-fields.ts';
import { VariableInputs } from './variable-inputs.tsx';

/** What the profile leaves to the cluster, as its author described it. */
export function VariablesStep({ draft, onChange, problems, profiles, loading, document }: StepProps) {
  const { spec } = clusterOf(draft);
  if (spec?.profile === undefined)
    return (
      <Empty icon={SlidersHorizontal} title="Choose a profile first">
        <p>It says what is asked here.</p>
      </Empty>
    );
  if (loading && declaredBy(profiles, spec.profile).length === 0) return <Skeleton lines={4} />;
  const declared = declaredBy(profiles, spec.profile);
  const fields = variableFields(declared);
  const shown = new Set(fields.map(({ path }) => fieldText(path)));
  const elsewhere = problems.filter((one) => stepOf(one) === 'variables' && !shown.has(one.field));
  if (fields.length === 0 && elsewhere.length === 0)
    return (
      <Empty icon={SlidersHorizontal} title="Nothing to fill in">
        <p>The profile asks for no variables.</p>
      </Empty>
    );
  return (
    <YamlForm document={document} text={draft.cluster} onText={(cluster) => onChange({ ...draft, cluster })} problems={problems}>
      {elsewhere.map(({ field, message }) => (
        <Notice key={field} icon={CircleAlert} tone="bad" role="alert">
          <p>
            <code>{field}</code> {message}
          </p>
        </Notice>
      ))}
      <VariableInputs variables={declared} />
    </YamlForm>
  );
}
