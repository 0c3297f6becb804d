import { Ago, Button, Dialog, Skeleton } from '@slipway/ui';
import { useCallback, useEffect, useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import { useAttempt } from '../../state/use-attempt.ts';
import { Problem } from '../problem-pages.tsx';
import { endSessions, type Invitation, invitationOf, sessionsOf, setDisabled, type SignedInAt, type User } from './accounts.ts';
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

function Sessions({ name }: { readonly name: string }) {
  const [sessions, setSessions] = useState<readonly SignedInAt[]>();
  const [problem, setProblem] = useState<unknown>();
  const load = useCallback(() => sessionsOf(name).then(setSessions, setProblem), [name]);
  useEffect(() => void load(), [load]);
  const ending = useAttempt(async (id?: string) => {
    await endSessions(name, id);
    await load();
  });
  return (
    <section className="stack" aria-label="Sessions">
      <h3>Signed in</h3>
      {problem !== undefined && <Problem error={problem} />}
      {ending.error !== undefined && <Problem error={ending.error} />}
      {sessions === undefined && problem === undefined && <Skeleton lines={2} />}
      {sessions?.length === 0 && <p className="quiet">Nowhere.</p>}
      <ul className="stack">
        {sessions?.map((session) => (
          <li key={session.id} className="row">
            <span className="grow">
              {session.address ?? 'an unknown address'} <span className="quiet small">by {session.provider ?? session.method}</span>
              <span className="quiet small block">
                last used <Ago time={session.lastUsedAt} />, ends by itself on {new Date(session.expiresAt).toLocaleString()}
                {session.current ? '; this one' : ''}
              </span>
            </span>
            <Button aria-label={`End the session from ${session.address ?? session.id}`} onClick={() => ending.run(session.id)}>
              End
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
