import type { ClusterState, RolloutPhase } from '@slipway/model';
import { Ago, Button, buttonClass, Dialog, Empty, localTimes, Notice, Panel, Skeleton, Status, type Tone } from '@slipway/ui';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Ban, CircleCheck, CirclePause, CircleX, Clock, type LucideIcon, Pencil, RefreshCw, ShieldAlert, Undo2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';
import { clusterPath } from '../../paths.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { NotFoundPage, Problem, RefusedPage } from '../problem-pages.tsx';
import { actionsOf, heldWaves, type Rollout, type RolloutAction } from './rollout-actions.ts';
import { RolloutPlanPanel } from './rollout-plan.tsx';

const ObjectEditor = lazy(() => import('../../forms/object-editor.tsx'));

const PHASES: Readonly<Record<RolloutPhase, readonly [LucideIcon, Tone, string]>> = {
  Pending: [Clock, 'quiet', 'Pending'],
  Progressing: [RefreshCw, 'busy', 'Progressing'],
  Paused: [CirclePause, 'quiet', 'Paused'],
  WaitingForWindow: [Clock, 'quiet', 'Waiting for its window'],
  WaitingForApproval: [ShieldAlert, 'warn', 'Waiting for an approval'],
  WaitingForRelease: [CirclePause, 'warn', 'Waiting for a wave to be released'],
  Halted: [CircleX, 'bad', 'Halted'],
  RollingBack: [Undo2, 'busy', 'Rolling back'],
  RolledBack: [Undo2, 'quiet', 'Rolled back'],
  Aborted: [Ban, 'quiet', 'Aborted'],
  Completed: [CircleCheck, 'ok', 'Completed'],
};

const STATES: Readonly<Record<ClusterState, readonly [LucideIcon, Tone]>> = {
  Waiting: [Clock, 'quiet'],
  Moving: [RefreshCw, 'busy'],
  Settling: [RefreshCw, 'busy'],
  Done: [CircleCheck, 'ok'],
  Failed: [CircleX, 'bad'],
  Refused: [Ban, 'warn'],
  Blocked: [Ban, 'warn'],
  Skipped: [CirclePause, 'quiet'],
  Returning: [Undo2, 'busy'],
  Returned: [Undo2, 'quiet'],
};

/** How far a rollout is, wave by wave and cluster by cluster, and what somebody may do about it. */
// oxlint-disable-next-line import/no-default-export -- the router loads it from the default export.
export default function RolloutPage() {
  const { name } = useParams({ from: '/clusters/rollouts/rollouts/$name' });
  const { tab } = useSearch({ from: '/clusters/rollouts/rollouts/$name' });
  const navigate = useNavigate();
  const view = () => void navigate({ to: '.', search: (before) => ({ ...before, tab: undefined }) });
  const found = useObjects<Rollout>(KINDS.rollouts, undefined, `metadata.name=${name}`);
  const rollout = found.items[0];
  const [asked, setAsked] = useState<RolloutAction>();
  const [problem, setProblem] = useState<unknown>();
  if (rollout === undefined) {
    if (found.state === 'failed' && found.error !== undefined) return <RefusedPage title={name} error={found.error} />;
    return found.state === 'ready' ? <NotFoundPage what={`Rollout “${name}”`} /> : <Skeleton lines={8} />;
  }
  const { spec, status } = rollout;
  const change = async (part: object): Promise<void> => {
    setAsked(undefined);
    setProblem(undefined);
    await client.patch({ kind: KINDS.rollouts, name }, { spec: part }).catch(setProblem);
  };
  const [icon, tone, word] = PHASES[status?.phase ?? 'Pending'];
  return (
    <>
      <PageHead
        title={name}
        parent={{ to: '/clusters/rollouts', title: 'Rollouts' }}
        beside={<Status icon={icon} tone={tone} word={word} />}
        actions={
          <>
            {actionsOf(rollout).map((action) => (
              <Button
                key={action.name}
                look={action.dangerous === true ? 'danger' : 'normal'}
                because={action.because}
                title={action.because ?? action.about}
                onClick={() => (action.dangerous === true ? setAsked(action) : void change(action.change(new Date())))}
              >
                {action.title}
              </Button>
            ))}
            <Link to="." search={(before) => ({ ...before, tab: 'edit' as const })} className={buttonClass()}>
              <Pencil size={14} aria-hidden />
              Edit
            </Link>
          </>
        }
      />
      {tab === 'edit' && (
        <Suspense fallback={<Skeleton lines={8} />}>
          <ObjectEditor kind={KINDS.rollouts} object={rollout} onSaved={view} onCancel={view} />
        </Suspense>
      )}
      <p className="lead quiet">
        To {spec.target.name}@{spec.target.version}. {localTimes(status?.message ?? '')}
      </p>
      {problem !== undefined && <Problem error={problem} />}
      {status?.approval !== undefined && !spec.approvals.includes(status.approval.id) && (
        <Notice icon={ShieldAlert} tone="warn">
          <p>Waits for an approval of: {status.approval.disruptions.join(', ')}.</p>
          <Button onClick={() => void change({ approvals: [...spec.approvals, status.approval?.id ?? ''] })}>Approve disruptions</Button>
        </Notice>
      )}
      {heldWaves(rollout).map((wave) => (
        <Notice key={wave} icon={CirclePause}>
          <p>Wave {wave} begins when somebody lets it.</p>
          <Button onClick={() => void change({ release: [...spec.release, wave] })}>Release wave {wave}</Button>
        </Notice>
      ))}
      <div className="columns">
        <div className="stack">
          <Clusters rollout={rollout} />
          <RolloutPlanPanel name={name} after={status?.counts.done} />
        </div>
        <Waves rollout={rollout} />
      </div>
      {asked !== undefined && (
        <Dialog title={`${asked.title}?`} onClose={() => setAsked(undefined)}>
          <div className="panel-body stack">
            <p>{asked.about}</p>
            <div className="row">
              <Button look="danger" onClick={() => void change(asked.change(new Date()))}>
                {asked.title}
              </Button>
              <Button onClick={() => setAsked(undefined)}>Cancel</Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}

function Waves({ rollout: { spec, status } }: { readonly rollout: Rollout }) {
  return (
    <Panel title="Waves">
      <ol className="stack">
        {spec.waves.map(({ name, labels, percent, count, automatic }) => {
          const counts = status?.waves.find((wave) => wave.name === name);
          const share = counts === undefined || counts.total === 0 ? 0 : counts.done / counts.total;
          const takes = [
            labels,
            count === undefined ? undefined : `${count} ${count === 1 ? 'cluster' : 'clusters'}`,
            percent === undefined ? undefined : `up to ${percent} %`,
          ];
          return (
            <li key={name}>
              <div className="row">
                <strong className="grow">{name}</strong>
                <span className={name === status?.wave ? '' : 'quiet'}>
                  {counts === undefined ? 'not counted yet' : `${counts.done} of ${counts.total} done`}
                </span>
              </div>
              <span className="meter" aria-hidden>
                <span style={{ width: `${share * 100}%` }} />
              </span>
              <p className="small quiet">
                {takes.filter(Boolean).join(', ')}
                {automatic ? '' : ' · begins when released'}
                {counts !== undefined && counts.failed > 0 && ` · ${counts.failed} failed`}
                {counts !== undefined && counts.moving > 0 && ` · ${counts.moving} on the way`}
              </p>
            </li>
          );
        })}
      </ol>
      <p className="small quiet">
        At most {spec.maxConcurrent} at once; halts{' '}
        {spec.maxFailures === 0 ? 'at the first failure' : `when more than ${spec.maxFailures} have failed`}
        {spec.onFailure === 'rollback' ? ' and takes back what it moved' : ''}
        {spec.maintenancePolicy === undefined ? '' : `; in the windows of ${spec.maintenancePolicy}`}.
      </p>
    </Panel>
  );
}

function Clusters({ rollout: { status } }: { readonly rollout: Rollout }) {
  const clusters = status?.clusters ?? [];
  return (
    <Panel title="Clusters on their way, and those that did not make it" flush aside={<span className="quiet">{clusters.length}</span>}>
      {clusters.length === 0 ? (
        <Empty icon={CircleCheck} title="None now">
          <p>
            {status?.counts.done ?? 0} of {status?.counts.total ?? 0} are done.
          </p>
        </Empty>
      ) : (
        <div className="table-scroll" tabIndex={0} role="group" aria-label="Clusters of the rollout">
          <table className="table">
            <thead>
              <tr>
                <th>Cluster</th>
                <th>Wave</th>
                <th>State</th>
                <th>Since</th>
                <th>What it says</th>
              </tr>
            </thead>
            <tbody>
              {clusters.map(({ project, name, wave, state, since, message, conflicts }) => (
                <tr key={`${project}/${name}`}>
                  <td>
                    <Link to={clusterPath(project, name)}>
                      {project}/{name}
                    </Link>
                  </td>
                  <td>{wave}</td>
                  <td>
                    <Status icon={STATES[state][0]} tone={STATES[state][1]} word={state} />
                  </td>
                  <td>
                    <Ago time={since} />
                  </td>
                  <td className="message">
                    {localTimes(message)}
                    {conflicts !== undefined && ` Overrides to decide about: ${conflicts.join(', ')}.`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
