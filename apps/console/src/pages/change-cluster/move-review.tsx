import type { ProfileRef } from '@slipway/model';
import { answersOf, moveSteps, moveWrites, profileText, questionsOf } from '@slipway/model/browser';
import { Skeleton } from '@slipway/ui';
import { useBlocker } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import { LeaveDialog } from '../../forms/leave-dialog.tsx';
import type { Pool } from '../../hub/objects.ts';
import { Problem } from '../problem-pages.tsx';
import { Carried } from './carried.tsx';
import { ChangeReview, type ReviewFrame } from './change-review.tsx';
import { Questions } from './questions.tsx';
import { useAnswers } from './use-answers.ts';
import { useChangePlan } from './use-change-plan.ts';

interface MoveReviewProps extends ReviewFrame {
  readonly target: ProfileRef;
  readonly pools: readonly Pool[];
}

/** A move to another version: first what becomes of what the cluster wants otherwise, and then, all of that decided, its plan. The same sequence as the command line's `upgrade`. */
export function MoveReview({ target, pools, ...frame }: MoveReviewProps) {
  const { cluster, because, onSaved } = frame;
  const { name, namespace } = cluster.metadata;
  const { given, answer, forget } = useAnswers(`${namespace ?? ''}/${name}/${profileText(target)}`);
  const saved = useRef(false);
  const asked = useMemo(() => moveWrites({ cluster, pools, target }), [cluster, pools, target]);
  const first = useChangePlan(cluster, asked);
  const merges = first.plan?.overrides;
  const move = useMemo(() => {
    const questions = questionsOf(merges ?? []);
    const known = { cluster, pools, target, merges: merges ?? [], answers: answersOf(questions, given) };
    const open = questions.filter((question) => !given.has(question.name)).length;
    return { questions, open, writes: moveWrites(known), steps: moveSteps(known) };
  }, [cluster, pools, target, merges, given]);
  const unsaved = () => given.size > 0 && !saved.current;
  const blocker = useBlocker({ shouldBlockFn: unsaved, enableBeforeUnload: unsaved, withResolver: true });
  if (first.plan === undefined) return first.error === undefined ? <Skeleton lines={8} /> : <Problem error={first.error} />;
  const undecided = move.open === 0 ? undefined : `${move.open === 1 ? 'One thing is' : `${move.open} things are`} to be decided first.`;
  return (
    <>
      <ChangeReview
        {...frame}
        writes={move.open === 0 ? move.writes : asked}
        steps={move.steps}
        because={because ?? undecided}
        onSaved={(waits) => {
          saved.current = true;
          forget();
          onSaved(waits);
        }}
      >
        {move.questions.length > 0 && <Questions questions={move.questions} given={given} onAnswer={answer} />}
        <Carried merges={merges ?? []} />
      </ChangeReview>
      {blocker.status === 'blocked' && <LeaveDialog onStay={blocker.reset} onLeave={blocker.proceed} />}
    </>
  );
}
