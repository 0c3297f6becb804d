import type { ApiObject } from '@slipway/model';
import { Field } from '../../forms/field.tsx';
import { YamlForm } from '../../forms/schema-form.tsx';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import type { Schema } from '../../yaml/schema.ts';
import type { StepProps } from './step.ts';

/** A choice of what there is; a name to be typed where somebody may not list it. */
const among = (items: readonly ApiObject[], about: string): Schema => ({
  type: 'string',
  description: about,
  ...(items.length === 0 ? {} : { enum: items.map(({ metadata }) => metadata.name).toSorted() }),
});

/** What it is called and where it stands. */
export function InfrastructureStep({ draft, onChange, problems, document }: StepProps) {
  const projects = useObjects<ApiObject>(KINDS.projects);
  const accounts = useObjects<ApiObject>(KINDS.cloudaccounts);
  const gateways = useObjects<ApiObject>(KINDS.gateways);
  const own = problems.filter(({ pool }) => pool === undefined);
  return (
    <YamlForm document={document} text={draft.cluster} onText={(cluster) => onChange({ ...draft, cluster })} problems={own}>
      <Field
        path={['metadata', 'name']}
        label="Name"
        required
        schema={{
          type: 'string',
          description: 'Lower-case letters, digits and dashes; machines are named after it, and it cannot be changed later.',
        }}
      />
      <Field path={['metadata', 'namespace']} label="Project" required schema={among(projects.items, 'Who may see and change it.')} />
      <Field
        path={['spec', 'cloudAccount']}
        label="Cloud account"
        required
        schema={among(accounts.items, 'In whose name machines are made. Machines do not move: it cannot be changed later.')}
      />
      <Field
        path={['spec', 'gateway']}
        label="Gateway"
        required
        schema={among(
          gateways.items,
          'Through which machines are made; it must serve the cloud of the account. It cannot be changed later.',
        )}
      />
    </YamlForm>
  );
}
