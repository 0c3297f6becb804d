import { Button, Dialog } from '@slipway/ui';
import { useState } from 'react';
import { useAttempt } from '../../state/use-attempt.ts';
import { Problem } from '../problem-pages.tsx';
import { revokeKey } from './accounts.ts';

/** What cannot be undone asks for the name. */
export function RevokeDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const { busy, error, run } = useAttempt(async () => {
    await revokeKey(name);
    onClose();
  });
  const because = typed === name ? (busy ? 'The hub is at it.' : undefined) : 'Type the name of the key first.';
  return (
    <Dialog title={`Revoke key ${name}?`} onClose={onClose}>
      <form className="panel-body stack" onSubmit={(event) => (because === undefined ? run(event) : event.preventDefault())}>
        <p>Within seconds nothing that uses it works any more, and what was begun with it ends. It cannot be taken back.</p>
        <label className="stack-tight">
          Type {name} to go on
          <input className="field" value={typed} autoFocus autoComplete="off" onChange={({ target }) => setTyped(target.value)} />
        </label>
        {error !== undefined && <Problem error={error} />}
        <div className="row">
          <span className="grow" />
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" because={because}>
            Revoke key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
