import type { NewObject } from '@slipway/model';
import { Button, Panel } from '@slipway/ui';
import { useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem } from '../problem-pages.tsx';
import type { Note } from './setup-state.ts';
import { useAttempt } from '../../state/use-attempt.ts';

const NEW = '';

/** Which project: one there is, or a new one. */
export function ProjectStep({ note }: { readonly note: Note }) {
  const projects = useObjects(KINDS.projects);
  const names = projects.items.map(({ metadata }) => metadata.name).toSorted();
  const [chosen, setChosen] = useState('default');
  const [name, setName] = useState('');
  const { busy, error, run } = useAttempt(async () => {
    if (chosen === NEW) await client.create(KINDS.projects, { metadata: { name }, spec: {} } as unknown as NewObject);
    await note({ project: chosen === NEW ? name : chosen });
  });
  return (
    <Panel title="Which project is the first cluster for?">
      <form className="stack" onSubmit={run}>
        <p className="quiet">Clusters, their pools and who may do what with them belong to a project. You can make more at any time.</p>
        <fieldset className="choices">
          <legend className="visually-hidden">Project</legend>
          {[...names, NEW].map((one) => (
            <label key={one} className="choice">
              <input type="radio" name="project" checked={chosen === one} onChange={() => setChosen(one)} />
              <span>{one === NEW ? 'A new project' : one}</span>
            </label>
          ))}
        </fieldset>
        {chosen === NEW && (
          <label className="stack-tight">
            Name of the project (required)
            <input className="field" value={name} required autoFocus maxLength={63} onChange={(event) => setName(event.target.value)} />
            <span className="quiet small">Lower-case letters, digits and dashes, such as payments.</span>
          </label>
        )}
        {error !== undefined && <Problem error={error} />}
        <div className="row">
          <Button type="submit" look="primary" because={busy ? 'The hub is at it.' : undefined}>
            Continue
          </Button>
        </div>
      </form>
    </Panel>
  );
}
