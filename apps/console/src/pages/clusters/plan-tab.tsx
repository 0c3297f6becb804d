import type { ChangePlan, Impact } from '@slipway/model';
import { IMPACT_WORDS } from '@slipway/model/browser';
import { Button, Dialog, Empty, Notice, Panel, Skeleton } from '@slipway/ui';
import { CircleCheck, ShieldAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { askPlan } from '../../hub/plans.ts';
import { client } from '../../hub/session.ts';
import { Problem } from '../problem-pages.tsx';
import { ImpactMark } from './cluster-status.tsx';
import { PlanActions } from './plan-actions.tsx';

/** What is still to happen to the cluster, and what waits for somebody to approve it. */
export function PlanTab({ cluster }: { readonly cluster: Cluster }) {
  const { name, namespace, generation } = cluster.metadata;
  const [plan, setPlan] = useState<ChangePlan>();
  const [problem, setProblem] = useState<unknown>();
  const approval = cluster.status?.approval;
  const approvalId = approval?.id;
  const waiting = approval === undefined || cluster.spec.approvals.includes(approval.id) ? undefined : approval;
  const observed = cluster.status?.observedGeneration;
  useEffect(() => {
    const left = new AbortController();
    setProblem(undefined);
    askPlan({ project: namespace, name }, [], left.signal).then(setPlan, (error: unknown) => {
      if (!left.signal.aborted) setProblem(error);
    });
    return () => left.abort();
  }, [namespace, name, generation, approvalId, observed]);
  return (
    <div className="stack">
      <Approval cluster={cluster} />
      <Panel
        title="What is still to happen"
        aside={plan !== undefined && plan.actions.length > 0 && <ImpactMark impact={plan.impact} />}
        flush
      >
        {problem !== undefined && <Problem error={problem} />}
        {plan === undefined && problem === undefined && (
          <div className="panel-body">
            <Skeleton lines={4} />
          </div>
        )}
        {plan !== undefined && plan.actions.length === 0 && waiting !== undefined && <Waiting disruptions={waiting.disruptions} />}
        {plan !== undefined && plan.actions.length === 0 && waiting === undefined && (
          <Empty icon={CircleCheck} title="Nothing is to be done">
            <p>The cluster is as it is wanted.</p>
          </Empty>
        )}
        {plan !== undefined && plan.actions.length > 0 && <PlanActions plan={plan} />}
      </Panel>
    </div>
  );
}

/** What is held back: the spec has it already, so no plan of it is left, but nothing of it has begun. */
function Waiting({ disruptions }: { readonly disruptions: readonly string[] }) {
  return (
    <ul className="panel-body stack" aria-label="What begins once it is approved">
      {disruptions.map((one) => {
        const [impact = '', ...words] = one.split(': ');
        return (
          <li key={one} className="row wrap">
            {isImpact(impact) && <ImpactMark impact={impact} />}
            <span>{isImpact(impact) ? words.join(': ') : one}</span>
            <span className="quiet">begins once it is approved</span>
          </li>
        );
      })}
    </ul>
  );
}

const isImpact = (word: string): word is Impact => Object.hasOwn(IMPACT_WORDS, word);

function Approval({ cluster }: { readonly cluster: Cluster }) {
  const approval = cluster.status?.approval;
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const { name, namespace } = cluster.metadata;
  if (approval === undefined) return null;
  const given = cluster.spec.approvals.includes(approval.id);
  const approve = () => {
    const approvals = [...new Set([...cluster.spec.approvals, approval.id])];
    client
      .patch(
        { kind: KINDS.clusters, project: namespace, name },
        { metadata: { resourceVersion: cluster.metadata.resourceVersion }, spec: { approvals } },
      )
      .then(() => setAsking(false), setProblem);
  };
  const list = (
    <ul className="bullets">
      {approval.disruptions.map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  );
  return (
    <Notice icon={ShieldAlert} tone="warn">
      <h2>{given ? 'Approved, and about to begin' : 'Waits for your approval'}</h2>
      {list}
      {!given && (
        <Button look="primary" onClick={() => setAsking(true)}>
          Approve change
        </Button>
      )}
      {asking && !given && (
        <Dialog title={`Approve the change of ${name}?`} onClose={() => setAsking(false)}>
          <div className="panel-body stack">
            {list}
            {problem !== undefined && <Problem error={problem} />}
            <div className="row">
              <span className="grow" />
              <Button onClick={() => setAsking(false)}>Cancel</Button>
              <Button look="primary" onClick={approve}>
                Approve change
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </Notice>
  );
}
