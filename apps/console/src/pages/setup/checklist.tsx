import { Button, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Circle, CircleCheck } from 'lucide-react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import { type SetupTask, setupTasks } from './setup-state.ts';
import './setup.css';
import { useSetup } from './use-setup.ts';

/** What is left of the beginning, until it is done or not wanted: for who may invite people, which is who set this up. */
export function Checklist() {
  const { facts, note } = useSetup();
  const whyNot = useWhyNot('create', KINDS.users);
  if (facts === undefined || whyNot !== undefined || facts.notes.dismissed === true) return null;
  // A fleet that was there before anybody began here needs no beginning.
  if (facts.notes.project === undefined && facts.clusters.length > 0) return null;
  const tasks = setupTasks(facts);
  const left = tasks.filter(({ done }) => !done).length;
  if (left === 0) return null;
  return (
    <Panel
      title="Getting started"
      aside={
        <>
          <span className="quiet">
            {tasks.length - left} of {tasks.length}
          </span>
          <Button look="plain" onClick={() => void note({ dismissed: true })}>
            Dismiss
          </Button>
        </>
      }
    >
      <ul className="checklist">
        {tasks.map((task) => (
          <li key={task.id} className="row" data-done={task.done}>
            {task.done ? (
              <CircleCheck size={16} className="tone-ok" aria-hidden />
            ) : (
              <Circle size={16} className="tone-quiet" aria-hidden />
            )}
            <Task task={task} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Task({ task: { id, title, done } }: { readonly task: SetupTask }) {
  if (done)
    return (
      <span className="quiet">
        {title}
        <span className="visually-hidden">, done</span>
      </span>
    );
  if (id === 'people') return <Link to="/clusters/people">{title}</Link>;
  return <Link to={id === 'running' ? '/clusters/list' : '/setup'}>{title}</Link>;
}
