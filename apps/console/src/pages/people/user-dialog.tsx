import { Button, Dialog } from '@slipway/ui';
import { useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import { useAttempt } from '../../state/use-attempt.ts';
import { Problem } from '../problem-pages.tsx';
import { type Invitation, invitationOf, setDisabled, type User } from './accounts.ts';
import { Sessions } from './sessions.tsx';
import { ShowOnce } from './show-once.tsx';

/** One user: whether they may come in, where they are signed in, and a new link. */
export function UserDialog({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const { name } = user.metadata;
  const { disabled, identity } = user.spec;
  const whyNot = useWhyNot('update', KINDS.users);
  const [link, setLink] = useState<Invitation>();
  const toggling = useAttempt(() => setDisabled(name, !disabled));
  const linking = useAttempt(async () => setLink(await invitationOf(name)));
  const noLink = disabled
    ? 'Enable the user first.'
    : identity === undefined
      ? whyNot
      : `The password is set at the provider ${identity.provider}.`;
  return (
    <Dialog title={`User ${name}`} onClose={onClose}>
      <div className="panel-body stack">
        <dl className="facts">
          <dt>Full name</dt>
          <dd>{user.spec.displayName || '–'}</dd>
          <dt>E-mail</dt>
          <dd>{user.spec.email || '–'}</dd>
          <dt>State</dt>
          <dd>{disabled ? 'Disabled: nothing of theirs works' : 'Enabled'}</dd>
        </dl>
        <div className="row wrap">
          <Button because={noLink} onClick={() => linking.run()}>
            Make link for a new password
          </Button>
          <Button look={disabled ? 'normal' : 'danger'} because={whyNot} onClick={() => toggling.run()}>
            {disabled ? 'Enable user' : 'Disable user'}
          </Button>
        </div>
        {(toggling.error ?? linking.error) !== undefined && <Problem error={toggling.error ?? linking.error} />}
        {link !== undefined && (
          <ShowOnce
            label="One-time link"
            value={link.link}
            hint={`Works once, until ${new Date(link.expiresAt).toLocaleString()}; the password of now works until then. It is not shown again.`}
          />
        )}
        <Sessions name={name} />
        <div className="row">
          <span className="grow" />
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Dialog>
  );
}
