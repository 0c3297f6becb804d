import type { ApiObject, GatewaySpec } from '@slipway/model';
import { Button, Notice, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Ban, Cable } from 'lucide-react';
import { useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem } from '../problem-pages.tsx';
import { createStarter } from './create-starter.ts';
import { type Choice, CHOICES, type Way } from './first-cluster.ts';
import type { Note } from './setup-state.ts';
import { useAttempt } from '../../state/use-attempt.ts';

type Gateway = ApiObject<GatewaySpec, { readonly connected?: boolean }>;

export function ClusterStep(props: {
  readonly project: string;
  readonly note: Note;
  /** From when the cluster begins to be made until all of it is. */
  readonly onMaking: (making: boolean) => void;
}) {
  const { project, note, onMaking } = props;
  const gateways = useObjects<Gateway>(KINDS.gateways);
  const local = gateways.items.find(({ spec, status }) => spec.clouds.includes('local') && status?.connected === true);
  const [where, setWhere] = useState<Way>('here');
  const [name, setName] = useState('dev');
  const { busy, error, run } = useAttempt(async () => {
    if (where !== 'here') return note({ later: true });
    onMaking(true);
    await createStarter(project, name, error !== undefined);
    onMaking(false);
  });
  return (
    <Panel title="Create the first cluster" aside={<span className="quiet">in project {project}</span>}>
      <form className="stack" onSubmit={run}>
        <fieldset className="choices">
          <legend className="visually-hidden">Where</legend>
          {CHOICES.map((choice) => (
            <ChoiceOf key={choice.way} choice={choice} checked={where === choice.way} onChoose={setWhere} />
          ))}
        </fieldset>
        {where === 'here' && (
          <>
            <label className="stack-tight">
              Name of the cluster (required)
              <input className="field" value={name} required maxLength={63} onChange={(event) => setName(event.target.value)} />
            </label>
            {gateways.state === 'ready' && local === undefined && (
              <Notice icon={Cable} tone="warn" role="status">
                <p>
                  No gateway for this machine is connected yet, so the cluster would wait for one. <code>slipway up</code> on the host of
                  the hub starts it.
                </p>
              </Notice>
            )}
          </>
        )}
        {error !== undefined && <Problem error={error} />}
        <div className="row wrap">
          {where === 'cloud' ? (
            <Link to="/clusters/$section" params={{ section: 'accounts' }} className="button button-primary">
              Go to accounts and gateways
            </Link>
          ) : (
            <Button type="submit" look="primary" because={busy ? 'The hub is at it.' : undefined}>
              {where === 'here' ? 'Create cluster' : 'Look around'}
            </Button>
          )}
          <Button onClick={() => void note({ project: null })}>Back</Button>
        </div>
      </form>
    </Panel>
  );
}

function ChoiceOf(props: { readonly choice: Choice; readonly checked: boolean; readonly onChoose: (way: Way) => void }) {
  const { way, title, text, because } = props.choice;
  const refused = because !== undefined;
  return (
    <label className={refused ? 'choice choice-refused' : 'choice'}>
      <input
        type="radio"
        name="where"
        checked={props.checked}
        // It stays in the order of the keyboard, so that its reason is heard.
        aria-disabled={refused || undefined}
        onChange={() => refused || props.onChoose(way)}
      />
      <span>
        {title}
        <span className="quiet small choice-text">{text}</span>
        {refused && (
          <span className="small choice-text choice-because">
            <Ban size={13} aria-hidden /> {because}
          </span>
        )}
      </span>
    </label>
  );
}
