import { Link } from '@tanstack/react-router';
import { CircleAlert, CircleCheck, CircleDashed } from 'lucide-react';
import { type StepName, STEPS } from '../../paths.ts';
import { type DraftProblem, stepOf } from './draft.ts';

export const STEP_WORDS: Readonly<Record<StepName, string>> = {
  profile: 'Profile',
  infrastructure: 'Name & place',
  pools: 'Machines',
  variables: 'Variables',
  review: 'Review',
};

interface StepsProps {
  readonly at: StepName;
  readonly problems: readonly DraftProblem[];
  /** The hub has answered about the draft. */
  readonly judged: boolean;
}

/** The way through: each step with its address and whether it is in order. */
export function Steps({ at, problems, judged }: StepsProps) {
  return (
    <nav className="steps" aria-label="Steps">
      <ol>
        {STEPS.map((step, index) => {
          const wrong = problems.filter((one) => stepOf(one) === step).length;
          return (
            <li key={step}>
              <Link
                to="/clusters/new"
                search={(before) => ({ project: before.project, step })}
                className="step"
                aria-current={step === at ? 'step' : undefined}
                activeOptions={{ exact: true }}
              >
                <span className="step-number">{index + 1}</span>
                <span className="grow">{STEP_WORDS[step]}</span>
                <Mark wrong={wrong} judged={judged && (step !== 'review' || problems.length === 0)} />
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function Mark({ wrong, judged }: { readonly wrong: number; readonly judged: boolean }) {
  if (!judged) return <CircleDashed size={15} className="tone-quiet" aria-label="not in order yet" role="img" />;
  return wrong > 0 ? (
    <CircleAlert size={15} className="tone-warn" aria-label={`${wrong} to mend`} role="img" />
  ) : (
    <CircleCheck size={15} className="tone-ok" aria-label="in order" role="img" />
  );
}
