import { Button, Dialog } from '@slipway/ui';
import { useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { useAttempt } from '../../state/use-attempt.ts';
import { useSession } from '../../state/session-context.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem } from '../problem-pages.tsx';
import { makeKey } from './accounts.ts';
import { ShowOnce } from './show-once.tsx';

const LIFETIMES = [30, 90, 365] as const;
const SELF = '';

/** A key of one's own, or of a service account; its token is shown once. */
export function NewKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const { user } = useSession();
  const accounts = useObjects(KINDS.serviceaccounts);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [account, setAccount] = useState(SELF);
  const [days, setDays] = useState<number | undefined>(90);
  const [token, setToken] = useState<string>();
  const { busy, error, run } = useAttempt(async () => {
    const [project = '', accountName = ''] = account.split('/');
    const owner = account === SELF ? { kind: 'User', name: user } : { kind: 'ServiceAccount', project, name: accountName };
    setToken(await makeKey({ name, description, owner, days }, Date.now()));
  });
  if (token !== undefined)
    return (
      <Dialog title={`The token of key ${name}`} onClose={onClose}>
        <div className="panel-body stack">
          <ShowOnce
            label="Token"
            value={token}
            hint="It is shown this once; the hub keeps only its hash. A new one takes the place of a lost one."
          />
          <div className="row">
            <span className="grow" />
            <Button look="primary" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      </Dialog>
    );
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <form className="panel-body stack" onSubmit={run}>
        <label className="stack-tight">
          Name (required)
          <input className="field" value={name} required autoFocus onChange={({ target }) => setName(target.value)} />
        </label>
        <label className="stack-tight">
          What it is for
          <input className="field" value={description} onChange={({ target }) => setDescription(target.value)} />
        </label>
        <label className="stack-tight">
          Acts as
          <select className="field" value={account} onChange={({ target }) => setAccount(target.value)}>
            <option value={SELF}>{user} (you)</option>
            {accounts.items.map(({ metadata }) => (
              <option key={metadata.uid} value={`${metadata.namespace ?? ''}/${metadata.name}`}>
                service account {metadata.namespace}/{metadata.name}
              </option>
            ))}
          </select>
        </label>
        <label className="stack-tight">
          Works for
          <select
            className="field"
            value={days ?? ''}
            onChange={({ target }) => setDays(target.value === '' ? undefined : Number(target.value))}
          >
            {LIFETIMES.map((one) => (
              <option key={one} value={one}>
                {one} days
              </option>
            ))}
            <option value="">until it is revoked</option>
          </select>
        </label>
        {error !== undefined && <Problem error={error} />}
        <div className="row">
          <span className="grow" />
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" because={busy ? 'The hub is at it.' : undefined}>
            Make key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
