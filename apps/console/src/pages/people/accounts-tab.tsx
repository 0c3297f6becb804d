import type { ApiObject } from '@slipway/model';
import { Status } from '@slipway/ui';
import { Ban, CircleCheck } from 'lucide-react';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import { CreateLink, ObjectLink } from './object-links.tsx';
import { nameOf, Rows } from './rows.tsx';

type Account = ApiObject<{ readonly description: string; readonly disabled: boolean }>;

export function AccountsTab() {
  const accounts = useObjects<Account>(KINDS.serviceaccounts);
  return (
    <Rows
      title="Service accounts"
      rows={accounts.items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))}
      from={[accounts]}
      keyOf={({ metadata }) => metadata.uid}
      text={({ metadata, spec }) => `${metadata.namespace ?? ''} ${metadata.name} ${spec.description}`}
      nothing={{
        title: 'No service accounts yet',
        text: 'They are for programs: a key acts as one of them. See slipway explain serviceaccount',
      }}
      actions={<CreateLink plural="serviceaccounts">Create service account</CreateLink>}
      columns={[
        { title: 'Account', cell: (account) => <ObjectLink plural="serviceaccounts" object={account} /> },
        { title: 'Project', cell: ({ metadata }) => metadata.namespace },
        { title: 'For', cell: ({ spec }) => spec.description || '–' },
        {
          title: 'State',
          cell: ({ spec }) =>
            spec.disabled ? <Status icon={Ban} tone="warn" word="Disabled" /> : <Status icon={CircleCheck} tone="ok" word="Enabled" />,
        },
      ]}
    />
  );
}
