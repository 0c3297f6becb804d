import type { ApiObject, GatewaySpec, NewObject } from '@slipway/model';
import { Button, Notice, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Cable } from 'lucide-react';
import { useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem } from '../problem-pages.tsx';
import type { Note } from './setup-state.ts';
import { useAttempt } from '../../state/use-attempt.ts';

type Where = 'here' | 'cloud' | 'later';
type Gateway = ApiObject<GatewaySpec, { readonly connected?: boolean }>;

const WHERE: readonly (readonly [Where, string, string])[] = [
  [
    'here',
    'On this machine',
    'A real Kubernetes cluster of one control plane and one worker, in containers of the hub’s host. Takes a few minutes; needs no account and no network.',
  ],
  ['cloud', 'Somewhere else', 'On a cloud or in a data centre: its account or gateway first, then the cluster with every choice.'],
  ['later', 'Later', 'Look around first. The checklist on the overview leads back here.'],
];

/** How a beginning's cluster is made: the starter profile, as `slipway create cluster` makes it. */
async function createStarter(project: string, name: string): Promise<void> {
  const metadata = { name, namespace: project };
  await client.create(KINDS.clusters, { metadata, spec: { profile: { name: 'starter', version: '1.0.0' } } } as unknown as NewObject);
  const pool = { metadata: { name: `${name}-workers`, namespace: project }, spec: { cluster: name, replicas: 1 } };
  await client.create(KINDS.machinepools, pool as unknown as NewObject);
}

export function ClusterStep({ project, note }: { readonly project: string; readonly note: Note }) {
  const gateways = useObjects<Gateway>(KINDS.gateways);
  const local = gateways.items.find(({ spec, status }) => spec.clouds.includes('local') && status?.connected === true);
  const [where, setWhere] = useState<Where>('here');
  const [name, setName] = useState('dev');
  const { busy, error, run } = useAttempt(async () => {
    if (where === 'here') await createStarter(project, name);
    else await note({ later: true });
  });
  return (
    <Panel title="Create the first cluster" aside={<span className="quiet">in project {project}</span>}>
      <form className="stack" onSubmit={run}>
        <fieldset className="choices">
          <legend className="visually-hidden">Where</legend>
          {WHERE.map(([id, title, text]) => (
            <label key={id} className="choice">
              <input type="radio" name="where" checked={where === id} onChange={() => setWhere(id)} />
              <span>
                {title}
                <span className="quiet small choice-text">{text}</span>
              </span>
            </label>
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
