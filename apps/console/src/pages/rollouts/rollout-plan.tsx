import { objectPath } from '@slipway/api/browser';
import type { RolloutPlan } from '@slipway/model';
import { Notice, Panel, Skeleton, Status } from '@slipway/ui';
import { Ban, CircleCheck, ShieldAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';
import { ImpactMark } from '../clusters/cluster-status.tsx';
import { PlanActions } from '../clusters/plan-actions.tsx';
import { Problem } from '../problem-pages.tsx';

/** What a rollout, there already or only written, would do to the fleet: nothing is changed by asking. */
export function RolloutPlanPanel({
  name,
  candidate,
  after,
}: {
  readonly name: string;
  readonly candidate?: object;
  readonly after?: number | undefined;
}) {
  const [plan, setPlan] = useState<RolloutPlan>();
  const [problem, setProblem] = useState<unknown>();
  const body = JSON.stringify(candidate ?? {});
  useEffect(() => {
    const left = new AbortController();
    const path = `${objectPath({ kind: KINDS.rollouts, name })}/plan`;
    client.request<RolloutPlan>(path, { method: 'POST', body, signal: left.signal, timeoutMs: 120_000 }).then(setPlan, (error: unknown) => {
      if (!left.signal.aborted) setProblem(error);
    });
    return () => left.abort();
  }, [name, body, after]);
  return (
    <Panel title="What it does to the fleet" flush>
      {problem !== undefined && <Problem error={problem} />}
      {plan === undefined && problem === undefined && (
        <div className="panel-body">
          <Skeleton lines={5} />
        </div>
      )}
      {plan !== undefined && <Plan plan={plan} />}
    </Panel>
  );
}

function Plan({ plan }: { readonly plan: RolloutPlan }) {
  const moving = plan.total - plan.there - plan.refused;
  return (
    <div className="panel-body stack">
      <p>
        <strong>{count(moving)}</strong> to {plan.target.name}@{plan.target.version}; {plan.there} there already
        {plan.refused > plan.blocked && `, ${plan.refused - plan.blocked} refused`}
        {plan.blocked > 0 && `, ${plan.blocked} wait for decisions`}.
      </p>
      <ul className="row wrap">
        {plan.waves.map((wave) => (
          <li key={wave.name} className="chip">
            {wave.name} · {count(wave.clusters)}
          </li>
        ))}
      </ul>
      {plan.disruptions.length > 0 && (
        <Notice icon={ShieldAlert} tone="warn">
          <p>It needs an approval for: {plan.disruptions.join(', ')}.</p>
        </Notice>
      )}
      {plan.kinds.map((kind) => (
        <section key={kind.example} aria-label={`Plan of ${kind.example}`}>
          <h3 className="row wrap">
            {count(kind.clusters)}, such as {kind.example} <ImpactMark impact={kind.plan.impact} />
          </h3>
          <PlanActions plan={kind.plan} />
        </section>
      ))}
      {moving === 0 && <Status icon={CircleCheck} tone="ok" word="No cluster is to be moved" />}
      {plan.refusals.length > 0 && (
        <ul>
          {plan.refusals.map(({ cluster, why, conflicts }) => (
            <li key={cluster} className="row wrap">
              <Status icon={Ban} tone="warn" word={cluster} />
              <span className="quiet">
                {conflicts === undefined ? why : `overrides conflict at ${conflicts.join(', ')}: decide at the cluster`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const count = (number: number): string => `${number} ${number === 1 ? 'cluster' : 'clusters'}`;
