import { Ago, Button, Status } from '@slipway/ui';
import { Ban, CircleCheck, ClockAlert, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import type { ApiKey } from './accounts.ts';
import { NewKeyDialog } from './new-key-dialog.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';
import { nameOf, Rows } from './rows.tsx';

const ownerText = ({ kind, name, project }: ApiKey['spec']['owner']): string =>
  kind === 'User' ? name : `service account ${project ?? ''}/${name}`;

export function KeysTab() {
  const keys = useObjects<ApiKey>(KINDS.apikeys);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<string>();
  const whyNot = useWhyNot('create', KINDS.apikeys);
  return (
    <>
      <Rows
        title="API keys"
        rows={keys.items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))}
        from={[keys]}
        keyOf={({ metadata }) => metadata.uid}
        text={({ metadata, spec }) => `${metadata.name} ${spec.description} ${ownerText(spec.owner)}`}
        nothing={{ title: 'No keys yet', text: 'A key lets a program act as you or as a service account.' }}
        actions={
          <Button look="primary" because={whyNot} onClick={() => setMaking(true)}>
            <KeyRound size={15} aria-hidden />
            Make key
          </Button>
        }
        columns={[
          { title: 'Key', cell: nameOf },
          { title: 'Acts as', cell: ({ spec }) => ownerText(spec.owner) },
          { title: 'For', cell: ({ spec }) => spec.description || '–' },
          { title: 'State', cell: (key) => <KeyState apiKey={key} /> },
          {
            title: 'Ends',
            cell: ({ spec }) => (spec.expiresAt === undefined ? 'when it is revoked' : new Date(spec.expiresAt).toLocaleDateString()),
          },
          { title: 'Last used', cell: ({ status }) => (status?.lastUsed === undefined ? 'never' : <Ago time={status.lastUsed} />) },
          {
            title: 'Actions',
            cell: ({ metadata }) => (
              <Button aria-label={`Revoke key ${metadata.name}`} onClick={() => setRevoking(metadata.name)}>
                Revoke
              </Button>
            ),
          },
        ]}
      />
      {making && <NewKeyDialog onClose={() => setMaking(false)} />}
      {revoking !== undefined && <RevokeDialog name={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

function KeyState({ apiKey: { spec } }: { readonly apiKey: ApiKey }) {
  if (spec.disabled) return <Status icon={Ban} tone="warn" word="Disabled" />;
  if (spec.expiresAt !== undefined && Date.parse(spec.expiresAt) < Date.now())
    return <Status icon={ClockAlert} tone="quiet" word="Expired" />;
  return <Status icon={CircleCheck} tone="ok" word="Works" />;
}
