import { Button, Panel, Status } from '@slipway/ui';
import { CircleCheck, CircleX } from 'lucide-react';
import { useState } from 'react';
import { ask, type Answer } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import { useAttempt } from '../../state/use-attempt.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem } from '../problem-pages.tsx';

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] as const;

/** Whether one may, and by which rule or what is missing and who can give it: what `slipway can-i --explain` says. */
export function AskTab() {
  const projects = useObjects(KINDS.projects);
  const [verb, setVerb] = useState<string>('delete');
  const [plural, setPlural] = useState('clusters');
  const [name, setName] = useState('');
  const [project, setProject] = useState('default');
  const [answer, setAnswer] = useState<Answer>();
  const kind = Object.values(KINDS).find((one) => one.plural === plural);
  const { busy, error, run } = useAttempt(async () => {
    const where = kind?.scope === 'project' ? { namespace: project } : {};
    setAnswer(await ask({ verb, group: 'slipway.dev', resource: plural, ...(name === '' ? {} : { name }), ...where }));
  });
  return (
    <Panel title="Can I, and why?">
      <form className="stack" onSubmit={run}>
        <div className="row wrap ask-fields">
          <label className="stack-tight">
            Do what
            <select className="field" value={verb} onChange={({ target }) => setVerb(target.value)}>
              {VERBS.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <label className="stack-tight">
            With
            <select className="field" value={plural} onChange={({ target }) => setPlural(target.value)}>
              {Object.keys(KINDS)
                .toSorted()
                .map((one) => (
                  <option key={one}>{one}</option>
                ))}
            </select>
          </label>
          <label className="stack-tight">
            Named
            <input className="field" value={name} placeholder="any" onChange={({ target }) => setName(target.value)} />
          </label>
          {kind?.scope === 'project' && (
            <label className="stack-tight">
              In project
              <select className="field" value={project} onChange={({ target }) => setProject(target.value)}>
                {projects.items.map(({ metadata }) => (
                  <option key={metadata.uid}>{metadata.name}</option>
                ))}
              </select>
            </label>
          )}
          <Button type="submit" look="primary" because={busy ? 'The hub is at it.' : undefined}>
            Ask
          </Button>
        </div>
        {error !== undefined && <Problem error={error} />}
        <div role="status">
          {answer !== undefined && (
            <p className="row wrap">
              {answer.allowed ? <Status icon={CircleCheck} tone="ok" word="Yes" /> : <Status icon={CircleX} tone="bad" word="No" />}
              <span>{answer.reason}</span>
            </p>
          )}
        </div>
      </form>
    </Panel>
  );
}
