import { Ago, Panel, Status } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleDashed, Loader, TriangleAlert } from 'lucide-react';
import type { Cluster } from '../../hub/objects.ts';
import { profileText } from './cluster-rows.ts';

export function OverviewTab({ cluster }: { readonly cluster: Cluster }) {
  return (
    <div className="columns">
      <div className="stack">
        <Timeline cluster={cluster} />
        <Conditions cluster={cluster} />
      </div>
      <div className="stack">
        <About cluster={cluster} />
        <Drift cluster={cluster} />
      </div>
    </div>
  );
}

/** Seconds as `1m 20s`. */
const lasted = (from: string, to: string): string => {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
};

function Timeline({ cluster }: { readonly cluster: Cluster }) {
  const steps = cluster.status?.timeline ?? [];
  return (
    <Panel title="Timeline">
      {steps.length === 0 && <p className="quiet">Nothing has begun yet.</p>}
      <ol className="timeline">
        {steps.map(({ step, startedAt, finishedAt, waitingFor }) => (
          <li key={step} className="row">
            {finishedAt === undefined ? (
              <Status icon={Loader} tone="busy" word={step} />
            ) : (
              <Status icon={CircleCheck} tone="ok" word={step} />
            )}
            <span className="grow clip quiet" title={waitingFor}>
              {waitingFor}
            </span>
            <span className="quiet small">
              {finishedAt === undefined ? (
                <>
                  since <Ago time={startedAt} />
                </>
              ) : (
                lasted(startedAt, finishedAt)
              )}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
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
                  {message !== '' && <span className="quiet block">{message}</span>}
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
  const open = (cluster.status?.drift ?? []).filter(({ state }) => state === 'Open');
  return (
    <Panel title="Drift" aside={<span className="quiet">{cluster.spec.drift === 'heal' ? 'is healed' : 'is reported only'}</span>}>
      {open.length === 0 && <Status icon={CircleCheck} tone="ok" word="Everything is as it was applied" />}
      <ul className="stack">
        {open.map(({ layer, object, type, diff, detectedAt, manager }) => (
          <li key={`${layer}${object.kind}${object.namespace ?? ''}${object.name}`}>
            <strong>
              {object.kind} {object.name}
            </strong>{' '}
            <span className="quiet">
              of layer {layer}, {type === 'Deleted' ? 'deleted' : 'changed'}
              {manager === undefined ? '' : ` by ${manager}`} <Ago time={detectedAt} />
            </span>
            {diff.map(({ path, wanted, live }) => (
              <code key={path} className="block">
                {path}: {JSON.stringify(wanted) ?? 'not there'} → {JSON.stringify(live) ?? 'not there'}
              </code>
            ))}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
