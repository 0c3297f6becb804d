import { Button, Dialog } from '@slipway/ui';
import { useState } from 'react';
import { useAttempt } from '../../state/use-attempt.ts';
import { Problem } from '../problem-pages.tsx';
import { type Invitation, invite } from './accounts.ts';
import { ShowOnce } from './show-once.tsx';

/** Makes a user, and the link with which they choose a password. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [fullName, setFullName] = useState('');
  const [email, setEmail] = useState('');
  const [made, setMade] = useState<Invitation>();
  const { busy, error, run } = useAttempt(async () => setMade(await invite(name, email, fullName)));
  return (
    <Dialog title={made === undefined ? 'Invite a user' : `The link for ${name}`} onClose={onClose}>
      {made === undefined ? (
        <form className="panel-body stack" onSubmit={run}>
          <label className="stack-tight">
            Name (required)
            <input className="field" value={name} required autoFocus onChange={({ target }) => setName(target.value)} />
          </label>
          <label className="stack-tight">
            Full name
            <input className="field" value={fullName} onChange={({ target }) => setFullName(target.value)} />
          </label>
          <label className="stack-tight">
            E-mail
            <input className="field" type="email" value={email} onChange={({ target }) => setEmail(target.value)} />
          </label>
          {error !== undefined && <Problem error={error} />}
          <div className="row">
            <span className="grow" />
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" because={busy ? 'The hub is at it.' : undefined}>
              Make link
            </Button>
          </div>
        </form>
      ) : (
        <div className="panel-body stack">
          <ShowOnce
            label="One-time link"
            value={made.link}
            hint={`Give it to ${name} and to nobody else: whoever has it chooses the password, once, until ${new Date(made.expiresAt).toLocaleString()}. It is not shown again.`}
          />
          <div className="row">
            <span className="grow" />
            <Button look="primary" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
