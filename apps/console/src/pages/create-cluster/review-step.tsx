import { Notice, Panel, Skeleton } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { stringify } from 'yaml';
import { CopyMenu } from '../../forms/copy-menu.tsx';
import { withoutSecrets } from '../../forms/draft.ts';
import { KINDS } from '../../hub/kinds.ts';
import { ImpactMark } from '../clusters/cluster-status.tsx';
import { PlanActions } from '../clusters/plan-actions.tsx';
import { Problem } from '../problem-pages.tsx';
import { type Draft, type DraftProblem, objectsOf, stepOf } from './draft.ts';
import type { Judgement } from './judge.ts';
import type { StepProps } from './step.ts';
import { STEP_WORDS } from './steps.tsx';

interface ReviewStepProps extends Pick<StepProps, 'draft' | 'document' | 'schema'> {
  readonly judgement: Judgement | undefined;
}

/** What the hub would do, before it does anything. */
export function ReviewStep({ draft, document, schema, judgement }: ReviewStepProps) {
  if (judgement === undefined) return <Skeleton lines={6} />;
  const { problems, warnings, plan, failure } = judgement;
  return (
    <div className="stack review">
      {failure !== undefined && <Problem error={failure} />}
      {problems.length > 0 && <Problems problems={problems} />}
      {warnings.map((warning) => (
        <Notice key={warning} icon={TriangleAlert} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
      {plan !== undefined && (
        <Panel
          title="What will be made"
          flush
          aside={
            <>
              <ImpactMark impact={plan.impact} />
              <CopyMenu objects={copiesOf(draft, document, schema)} />
            </>
          }
        >
          <PlanActions plan={plan} />
        </Panel>
      )}
    </div>
  );
}

function Problems({ problems }: { readonly problems: readonly DraftProblem[] }) {
  return (
    <Notice icon={CircleAlert} tone="bad" role="alert">
      <p>The cluster cannot be made like this:</p>
      <ul className="bullets">
        {problems.map((one) => {
          const step = stepOf(one);
          return (
            <li key={`${one.pool ?? ''}${one.field}${one.message}`}>
              {step !== 'review' && (
                <>
                  <Link to="/clusters/new" search={(before) => ({ project: before.project, step })}>
                    {STEP_WORDS[step]}
                  </Link>
                  {': '}
                </>
              )}
              <code>{one.field}</code> {one.message}
            </li>
          );
        })}
      </ul>
    </Notice>
  );
}

/** As others get it: what was typed as a secret is not carried along. */
function copiesOf(draft: Draft, document: StepProps['document'], schema: StepProps['schema']) {
  const { cluster, pools } = objectsOf(draft);
  return [
    { kind: KINDS.clusters, text: withoutSecrets(stringify(cluster), document, schema) },
    ...pools.map((pool) => ({ kind: KINDS.machinepools, text: stringify(pool) })),
  ];
}
