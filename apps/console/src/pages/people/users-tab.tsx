import { Ago, Button, Status } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Ban, CircleCheck, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import type { User } from './accounts.ts';
import { InviteDialog } from './invite-dialog.tsx';
import { nameOf, Rows } from './rows.tsx';
import { UserDialog } from './user-dialog.tsx';

export function UsersTab() {
  const users = useObjects<User>(KINDS.users);
  const { open } = useSearch({ from: '/clusters/people' });
  const navigate = useNavigate({ from: '/clusters/people' });
  const [inviting, setInviting] = useState(false);
  const whyNot = useWhyNot('create', KINDS.users);
  const opened = users.items.find(({ metadata }) => metadata.name === open);
  const show = (name: string | undefined) => void navigate({ search: (before) => ({ ...before, open: name }) });
  return (
    <>
      <Rows
        title="Users"
        rows={users.items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))}
        from={[users]}
        keyOf={({ metadata }) => metadata.uid}
        text={({ metadata, spec }) => `${metadata.name} ${spec.displayName} ${spec.email}`}
        nothing={{ title: 'No users', text: 'Invite somebody.' }}
        actions={
          <Button look="primary" because={whyNot} onClick={() => setInviting(true)}>
            <UserPlus size={15} aria-hidden />
            Invite user
          </Button>
        }
        columns={[
          {
            title: 'Name',
            cell: ({ metadata }) => (
              <button type="button" className="link-button" onClick={() => show(metadata.name)}>
                {metadata.name}
              </button>
            ),
          },
          { title: 'Full name', cell: ({ spec }) => spec.displayName || '–' },
          { title: 'E-mail', cell: ({ spec }) => spec.email || '–' },
          { title: 'Signs in by', cell: ({ spec }) => (spec.identity === undefined ? 'password' : `provider ${spec.identity.provider}`) },
          {
            title: 'State',
            cell: ({ spec }) =>
              spec.disabled ? <Status icon={Ban} tone="warn" word="Disabled" /> : <Status icon={CircleCheck} tone="ok" word="Enabled" />,
          },
          { title: 'Since', cell: ({ metadata }) => <Ago time={metadata.creationTimestamp} /> },
        ]}
      />
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
      {opened !== undefined && <UserDialog user={opened} onClose={() => show(undefined)} />}
    </>
  );
}
