import { openDrift } from '@slipway/model/browser';
import { Ago, localTimes, Panel, Status } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleDashed, TriangleAlert } from 'lucide-react';
import type { Cluster } from '../../hub/objects.ts';
import { TimelinePanel } from '../timeline/timeline-panel.tsx';
import { profileText } from './cluster-rows.ts';

export function OverviewTab({ cluster }: { readonly cluster: Cluster }) {
  return (
    <div className="columns">
      <div className="stack">
        <TimelinePanel cluster={cluster} />
        <Conditions cluster={cluster} />
      </div>
      <div className="stack">
        <About cluster={cluster} />
        <Drift cluster={cluster} />
      </div>
    </div>
  );
}

const CONDITION = {
  True: { icon: CircleCheck, tone: 'ok' },
  False: { icon: TriangleAlert, tone: 'warn' },
  Unknown: { icon: CircleDashed, tone: 'quiet' },
} as const;

function Conditions({ cluster }: { readonly cluster: Cluster }) {
  const conditions = cluster.status?.conditions ?? [];
  return (
    <Panel title="Conditions" flush>
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Conditions">
        <table className="table">
          <thead>
            <tr>
              <th>Condition</th>
              <th>State</th>
              <th>Reason</th>
              <th>Since</th>
            </tr>
          </thead>
          <tbody>
            {conditions.map(({ type, status, reason, message, lastTransitionTime }) => (
              <tr key={type}>
                <td>{type}</td>
                <td>
                  <Status {...CONDITION[status]} word={status} />
                </td>
                <td className="message">
                  {reason}
                  {message !== '' && <span className="quiet block">{localTimes(message)}</span>}
                </td>
                <td>
                  <Ago time={lastTransitionTime} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {conditions.length === 0 && <p className="quiet panel-body">No controller has looked at it yet.</p>}
      </div>
    </Panel>
  );
}

function About({ cluster }: { readonly cluster: Cluster }) {
  const { metadata, spec, status } = cluster;
  return (
    <Panel title="About">
      <dl className="facts">
        <dt>Project</dt>
        <dd>{metadata.namespace}</dd>
        <dt>Profile</dt>
        <dd>{profileText(cluster)}</dd>
        {spec.addons.length > 0 && (
          <>
            <dt>Add-ons</dt>
            <dd>{spec.addons.map(({ name, version }) => `${name}@${version}`).join(', ')}</dd>
          </>
        )}
        <dt>Kubernetes</dt>
        <dd>{status?.kubernetesVersion ?? 'not known yet'}</dd>
        <dt>Nodes ready</dt>
        <dd>
          <Link to="." search={(before) => ({ ...before, tab: 'nodes' as const })}>
            {status?.nodes.ready ?? 0} of {status?.nodes.total ?? 0}
          </Link>
        </dd>
        <dt>Cloud account</dt>
        <dd>{spec.cloudAccount}</dd>
        <dt>Gateway</dt>
        <dd>{spec.gateway}</dd>
        <dt>Endpoint</dt>
        <dd className="mono">{status?.endpoint ?? '–'}</dd>
        <dt>Agent</dt>
        <dd>
          <Agent cluster={cluster} />
        </dd>
        <dt>Created</dt>
        <dd>
          <Ago time={metadata.creationTimestamp} />
        </dd>
      </dl>
    </Panel>
  );
}

function Agent({ cluster }: { readonly cluster: Cluster }) {
  const agent = cluster.status?.agent;
  if (agent?.connected) return agent.version ? `connected, version ${agent.version}` : 'connected';
  if (agent?.lastSeen === undefined) return 'has not connected yet';
  return (
    <>
      out of reach, last seen <Ago time={agent.lastSeen} />
    </>
  );
}

function Drift({ cluster }: { readonly cluster: Cluster }) {
  const { length } = openDrift(cluster.status?.drift ?? []);
  return (
    <Panel title="Drift" aside={<span className="quiet">{cluster.spec.drift === 'heal' ? 'is healed' : 'is reported only'}</span>}>
      {length === 0 ? (
        <Status icon={CircleCheck} tone="ok" word="Everything is as it was applied" />
      ) : (
        <div className="row">
          <Status icon={TriangleAlert} tone="warn" word={length === 1 ? '1 object differs' : `${length} objects differ`} />
          <Link to="." search={(before) => ({ ...before, tab: 'drift' as const })}>
            See and decide
          </Link>
        </div>
      )}
    </Panel>
  );
}
