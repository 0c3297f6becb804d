import type { ChangePlan, SpecWrite } from '@slipway/model';
import { conflictsIn, withApproval } from '@slipway/model/browser';
import { Button, Panel, Skeleton } from '@slipway/ui';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { CopyMenu } from '../../forms/copy-menu.tsx';
import { editableText } from '../../forms/use-editing.ts';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { useAttempt } from '../../state/use-attempt.ts';
import { ImpactMark } from '../clusters/cluster-status.tsx';
import { PlanActions } from '../clusters/plan-actions.tsx';
import { Problem } from '../problem-pages.tsx';
import { BeforeItRuns } from './before-it-runs.tsx';
import { type Change, changeWords } from './change.ts';
import { saveWrites } from './save-writes.ts';
import { useChangePlan } from './use-change-plan.ts';

const CodeDiff = lazy(() => import('@slipway/ui/code-diff'));

export interface ReviewFrame {
  readonly cluster: Cluster;
  readonly change: Change;
  /** Why it cannot be saved, whatever the plan says. */
  readonly because: string | undefined;
  readonly onBack: () => void;
  /** `waits`: for somebody’s approval. */
  readonly onSaved: (waits: boolean) => void;
}

interface ChangeReviewProps extends ReviewFrame {
  readonly writes: readonly SpecWrite[];
  /** In which order it is written, where that is not the same. */
  readonly steps?: readonly SpecWrite[];
  /** What has to be said before. */
  readonly children?: ReactNode;
}

/** A change before it is made: what the hub would do, what that disturbs, what it waits for, and what is written. */
export function ChangeReview({ cluster, change, writes, steps = writes, because, onBack, onSaved, children }: ChangeReviewProps) {
  const { plan, error, asking } = useChangePlan(cluster, writes);
  const [approving, setApproving] = useState(false);
  const attempt = useAttempt(async () => {
    if (plan === undefined) return;
    await saveWrites(withApproval(steps, approving ? plan.approval?.id : undefined));
    onSaved(plan.approval !== undefined && !approving);
  });
  const not = because ?? (asking ? 'The hub is being asked what it would do.' : whyNot(plan));
  const canApprove = writes.some(({ kind }) => kind === 'Cluster');
  return (
    <div className="stack">
      <div className="row wrap review-head">
        <h2 className="grow">{changeWords(change)}</h2>
        <CopyMenu objects={writes.map(({ kind, object, spec }) => ({ kind: KIND[kind], text: textOf(object, spec) }))} />
        <Button onClick={onBack}>Back to settings</Button>
        <Button look="primary" because={attempt.busy ? 'It is being saved.' : not} onClick={() => attempt.run()}>
          {changeWords(change)}
        </Button>
      </div>
      {error !== undefined && <Problem error={error} />}
      {attempt.error !== undefined && <Problem error={attempt.error} />}
      <div className="columns">
        <div className="stack">
          {children}
          <Panel title="What will happen" flush aside={plan !== undefined && <ImpactMark impact={plan.impact} />}>
            {plan === undefined && error === undefined && (
              <div className="panel-body">
                <Skeleton lines={5} />
              </div>
            )}
            {plan !== undefined && plan.actions.length === 0 && (
              <p className="panel-body quiet">Nothing that the cluster is made of changes.</p>
            )}
            {plan !== undefined && plan.actions.length > 0 && <PlanActions plan={plan} />}
          </Panel>
        </div>
        <div className="stack">
          {plan !== undefined && (
            <BeforeItRuns
              cluster={cluster}
              change={change}
              plan={plan}
              approving={approving}
              onApproving={canApprove ? setApproving : undefined}
            />
          )}
        </div>
      </div>
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

function whyNot(plan: ChangePlan | undefined): string | undefined {
  if (plan === undefined) return 'The hub would refuse it.';
  const open = conflictsIn(plan.overrides ?? []);
  return open.length === 0 ? undefined : 'Overrides are in conflict with this version: move to it first, which asks about each.';
}

const KIND = { Cluster: KINDS.clusters, MachinePool: KINDS.machinepools } as const;

const textOf = (object: SpecWrite['object'], spec: object): string => editableText({ ...object, spec } as never);
