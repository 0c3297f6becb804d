import { Empty, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Sailboat } from 'lucide-react';
import { Phase, phaseOf } from '../clusters/cluster-status.tsx';
import type { Note, SetupFacts } from './setup-state.ts';

export function ReadyStep({ facts, note }: { readonly facts: SetupFacts; readonly note: Note }) {
  const [cluster] = facts.clusters.toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
  if (cluster === undefined)
    return (
      <Panel title="Ready to look around">
        <Empty
          icon={Sailboat}
          title="There is no cluster yet"
          action={
            <div className="row wrap">
              <Link to="/clusters/overview" className="button button-primary">
                Go to the overview
              </Link>
              <button type="button" className="button" onClick={() => void note({ later: false })}>
                Create the first cluster
              </button>
            </div>
          }
        />
      </Panel>
    );
  const { name, namespace = '' } = cluster.metadata;
  const phase = phaseOf(cluster);
  return (
    <Panel title={`Cluster ${name} is ${phase === 'Running' ? 'running' : 'on its way'}`} aside={<Phase phase={phase} />}>
      <div className="stack">
        <p>{cluster.status?.message || 'The hub is looking at it. Its page shows every step, with what it waits for.'}</p>
        <div className="row wrap">
          <Link to="/clusters/list/$in/$name" params={{ in: namespace, name }} className="button button-primary">
            Open the cluster
          </Link>
          <Link to="/clusters/overview" className="button">
            Go to the overview
          </Link>
        </div>
      </div>
    </Panel>
  );
}
