import { Skeleton } from '@slipway/ui';
import { useState } from 'react';
import { PageHead } from '../../shell/page-title.tsx';
import { Refused } from '../problem-pages.tsx';
import { ClusterStep } from './cluster-step.tsx';
import { ProjectStep } from './project-step.tsx';
import { ReadyStep } from './ready-step.tsx';
import { type SetupStep, setupStep } from './setup-state.ts';
import './setup.css';
import { useSetup } from './use-setup.ts';

const STEPS: readonly (readonly [SetupStep, string])[] = [
  ['project', 'Project'],
  ['cluster', 'First cluster'],
  ['ready', 'Ready'],
];

/** The beginning: from an empty hub to a first cluster. Where somebody is follows from what there is in the hub. */
export function SetupPage() {
  const { facts, error, note } = useSetup();
  const [making, setMaking] = useState(false);
  const step = facts === undefined ? undefined : setupStep(facts, making);
  const at = STEPS.findIndex(([id]) => id === step);
  return (
    <div className="setup">
      <PageHead title="Set up Slipway" />
      <ol className="setup-steps" aria-label="Steps">
        {STEPS.map(([id, title], index) => (
          <li key={id} className="setup-step" aria-current={id === step ? 'step' : undefined} data-done={index < at || step === 'ready'}>
            <span className="setup-number" aria-hidden>
              {index + 1}
            </span>
            {title}
            {index < at && <span className="visually-hidden">, done</span>}
          </li>
        ))}
      </ol>
      {error !== undefined && <Refused error={error} />}
      {facts === undefined && error === undefined && <Skeleton lines={6} />}
      {step === 'project' && <ProjectStep note={note} />}
      {facts !== undefined && step === 'cluster' && (
        <ClusterStep project={facts.notes.project ?? 'default'} note={note} onMaking={setMaking} />
      )}
      {facts !== undefined && step === 'ready' && <ReadyStep facts={facts} note={note} />}
    </div>
  );
}
