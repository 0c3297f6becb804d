import type { ApiObject } from '@slipway/model';
import { Status } from '@slipway/ui';
import { Ban, CircleCheck } from 'lucide-react';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import { CreateLink, ObjectLink } from './object-links.tsx';
import { Rows } from './rows.tsx';

type Provider = ApiObject<{
  readonly displayName: string;
  readonly disabled: boolean;
  readonly listed: boolean;
  readonly createUsers: boolean;
  readonly oidc: { readonly issuer: string };
  readonly teams: readonly { readonly group: string; readonly team: string }[];
}>;

export function ProvidersTab() {
  const providers = useObjects<Provider>(KINDS.identityproviders);
  return (
    <Rows
      title="Identity providers"
      rows={providers.items}
      from={[providers]}
      keyOf={({ metadata }) => metadata.uid}
      text={({ metadata, spec }) => `${metadata.name} ${spec.displayName} ${spec.oidc.issuer}`}
      nothing={{
        title: 'No identity providers',
        text: 'People sign in with passwords. Single sign-on takes one: slipway explain identityprovider',
      }}
      actions={<CreateLink plural="identityproviders">Create identity provider</CreateLink>}
      columns={[
        {
          title: 'Provider',
          cell: (provider) => (
            <ObjectLink plural="identityproviders" object={provider} text={provider.spec.displayName || provider.metadata.name} />
          ),
        },
        { title: 'Issuer', cell: ({ spec }) => <code>{spec.oidc.issuer}</code> },
        { title: 'On the sign-in page', cell: ({ spec }) => (spec.listed ? 'yes' : 'no: by its address') },
        { title: 'New people', cell: ({ spec }) => (spec.createUsers ? 'become users' : 'are refused') },
        { title: 'Teams by group', cell: ({ spec }) => spec.teams.map(({ group, team }) => `${group} → ${team}`).join(', ') || '–' },
        {
          title: 'State',
          cell: ({ spec }) =>
            spec.disabled ? <Status icon={Ban} tone="warn" word="Disabled" /> : <Status icon={CircleCheck} tone="ok" word="Enabled" />,
        },
      ]}
    />
  );
}
