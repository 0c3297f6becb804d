import type { ChangePlan, SpecWrite } from '@slipway/model';
import { Button, Notice, Panel, Skeleton } from '@slipway/ui';
import { Clock, ShieldAlert } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { CopyMenu } from '../../forms/copy-menu.tsx';
import { editableText } from '../../forms/use-editing.ts';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { useAttempt } from '../../state/use-attempt.ts';
import { ImpactMark } from '../clusters/cluster-status.tsx';
import { PlanActions } from '../clusters/plan-actions.tsx';
import { Problem } from '../problem-pages.tsx';
import { type Change, changeWords } from './change.ts';
import { saveWrites } from './save-writes.ts';
import { useChangePlan } from './use-change-plan.ts';
import { whenItRuns } from './when.ts';

const CodeDiff = lazy(() => import('@slipway/ui/code-diff'));

interface ChangeReviewProps {
  readonly cluster: Cluster;
  readonly change: Change;
  readonly writes: readonly SpecWrite[];
  readonly because: string | undefined;
  readonly onBack: () => void;
  readonly onSaved: (plan: ChangePlan) => void;
}

/** A change before it is made: what the hub would do, what that disturbs, what it waits for, and what is written. */
export function ChangeReview({ cluster, change, writes, because, onBack, onSaved }: ChangeReviewProps) {
  const { plan, error, asking } = useChangePlan(cluster, writes);
  const attempt = useAttempt(async () => {
    if (plan === undefined) return;
    await saveWrites(writes);
    onSaved(plan);
  });
  const not =
    because ?? (asking ? 'The hub is being asked what it would do.' : plan === undefined ? 'The hub would refuse it.' : undefined);
  return (
    <div className="stack">
      {error !== undefined && <Problem error={error} />}
      {attempt.error !== undefined && <Problem error={attempt.error} />}
      <Panel
        title={changeWords(change)}
        flush
        aside={
          <>
            {plan !== undefined && <ImpactMark impact={plan.impact} />}
            <CopyMenu objects={writes.map(({ kind, object, spec }) => ({ kind: KIND[kind], text: textOf(object, spec) }))} />
          </>
        }
      >
        {plan === undefined && error === undefined && (
          <div className="panel-body">
            <Skeleton lines={5} />
          </div>
        )}
        {plan !== undefined && <PlanActions plan={plan} />}
        {plan !== undefined && <When change={change} cluster={cluster} plan={plan} />}
        <div className="form-foot">
          <Button look="primary" because={attempt.busy ? 'It is being saved.' : not} onClick={() => attempt.run()}>
            {changeWords(change)}
          </Button>
          <Button onClick={onBack}>Back to settings</Button>
        </div>
      </Panel>
      <Panel title="What is written" flush>
        {writes.map(({ kind, object, spec }) => (
          <Suspense key={object.metadata.uid} fallback={<Skeleton lines={8} />}>
            <CodeDiff
              before={{ label: `${kind} ${object.metadata.name} now`, text: textOf(object, object.spec) }}
              after={{ label: 'After saving', text: textOf(object, spec) }}
            />
          </Suspense>
        ))}
      </Panel>
    </div>
  );
}

const KIND = { Cluster: KINDS.clusters, MachinePool: KINDS.machinepools } as const;

const textOf = (object: SpecWrite['object'], spec: object): string => editableText({ ...object, spec } as never);

function When({ change, cluster, plan }: Pick<ChangeReviewProps, 'change' | 'cluster'> & { readonly plan: ChangePlan }) {
  return (
    <div className="panel-body stack">
      {plan.approval !== undefined && (
        <Notice icon={ShieldAlert} tone="warn">
          <h3>Needs an approval</h3>
          <ul className="bullets">
            {plan.approval.disruptions.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </Notice>
      )}
      <Notice icon={Clock}>
        <h3>When it runs</h3>
        {whenItRuns(change, cluster, plan).map((one) => (
          <p key={one}>{one}</p>
        ))}
      </Notice>
    </div>
  );
}
