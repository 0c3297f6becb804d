import type { Answer, OverrideMerge, Question } from '@slipway/model';
import { Panel, Status } from '@slipway/ui';
import { CircleCheck, CircleHelp } from 'lucide-react';
import { useId, useState } from 'react';
import { stringify } from 'yaml';
import { typedValue } from './typed-value.ts';

interface QuestionsProps {
  readonly questions: readonly Question[];
  readonly given: ReadonlyMap<string, Answer>;
  readonly onAnswer: (name: string, answer: Answer | undefined) => void;
}

/** What a move asks, one after the other: where the profile changed what the cluster wants otherwise, and what the profile has no more. */
export function Questions({ questions, given, onAnswer }: QuestionsProps) {
  const open = questions.filter(({ name }) => !given.has(name)).length;
  return (
    <Panel
      title="What you decide"
      flush
      aside={
        open === 0 ? (
          <Status icon={CircleCheck} tone="ok" word="All is decided" />
        ) : (
          <Status icon={CircleHelp} tone="warn" word={`${open} of ${questions.length} to decide`} />
        )
      }
    >
      {questions.map((question, index) => (
        <Asked
          key={question.name}
          question={question}
          number={`${index + 1} of ${questions.length}`}
          answer={given.get(question.name)}
          onAnswer={(answer) => onAnswer(question.name, answer)}
        />
      ))}
    </Panel>
  );
}

interface AskedProps {
  readonly question: Question;
  readonly number: string;
  readonly answer: Answer | undefined;
  readonly onAnswer: (answer: Answer | undefined) => void;
}

function Asked(props: AskedProps) {
  const { about, merge, outcome } = props.question;
  return (
    <fieldset className="question">
      <legend>
        <span className="quiet">
          {about === 'conflict' ? 'Conflict' : 'Without a place'} {props.number}
        </span>{' '}
        {ownerOf(merge)}layer {merge.layer}, <code>{outcome.path}</code>
      </legend>
      {about === 'conflict' ? <Conflict {...props} /> : <Orphan {...props} />}
    </fieldset>
  );
}

const ownerOf = ({ pool }: OverrideMerge): string => (pool === undefined ? '' : `pool ${pool}, `);
const valueText = (value: unknown): string => (value === undefined ? 'nothing' : stringify(value, { lineWidth: 0 }).trimEnd());

function Conflict({ question: { merge, outcome }, answer, onAnswer }: AskedProps) {
  const id = useId();
  const [text, setText] = useState(typeof answer === 'object' ? valueText(answer.value) : '');
  const [typing, setTyping] = useState(typeof answer === 'object');
  const typed = typedValue(text);
  const choose = (choice: Answer) => {
    setTyping(false);
    onAnswer(choice);
  };
  const type = (next: string) => {
    setText(next);
    const value = typedValue(next);
    onAnswer('value' in value ? value : undefined);
  };
  return (
    <>
      <p className="quiet">
        {merge.from} had <code>{valueText(outcome.base)}</code>
      </p>
      <Choice name={id} checked={answer === 'keep'} onChoose={() => choose('keep')}>
        Mine: keep <code>{valueText(outcome.mine)}</code>
      </Choice>
      <Choice name={id} checked={answer === 'take'} onChoose={() => choose('take')}>
        Theirs: take <code>{valueText(outcome.theirs)}</code> of {merge.to}
      </Choice>
      <Choice
        name={id}
        checked={typing}
        onChoose={() => {
          setTyping(true);
          type(text);
        }}
      >
        Another value
      </Choice>
      {typing && (
        <label className="question-value">
          <span className="visually-hidden">The value of {outcome.path}, as YAML</span>
          <input
            className="field mono"
            autoFocus
            value={text}
            aria-invalid={'because' in typed && text !== ''}
            onChange={({ target }) => type(target.value)}
          />
          {'because' in typed && <span className="form-problem">{typed.because}</span>}
        </label>
      )}
    </>
  );
}

function Orphan({ question: { merge, outcome }, answer, onAnswer }: AskedProps) {
  const id = useId();
  return (
    <>
      <p className="quiet">
        {merge.gone ? 'The profile has no such layer any more.' : `${merge.to} has it no more.`} Kept, it holds again where a version has
        it.
      </p>
      <Choice name={id} checked={answer === 'keep'} onChoose={() => onAnswer('keep')}>
        Keep <code>{valueText(outcome.mine)}</code>
      </Choice>
      <Choice name={id} checked={answer === 'drop'} onChoose={() => onAnswer('drop')}>
        Delete it
      </Choice>
    </>
  );
}

function Choice(props: {
  readonly name: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
  readonly children: React.ReactNode;
}) {
  return (
    <label className="row">
      <input type="radio" className="form-radio" name={props.name} checked={props.checked} onChange={props.onChoose} />
      <span>{props.children}</span>
    </label>
  );
}
