import { objectPath } from '@slipway/api/browser';
import type { ImpactPlan, MovedVersion } from '@slipway/model';
import { Button, Dialog, Notice } from '@slipway/ui';
import { Replace } from 'lucide-react';
import { useState } from 'react';
import type { Pack } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { packAddress } from '../../hub/use-pack-info.ts';
import { Problem } from '../problem-pages.tsx';

interface Answer {
  readonly impact?: ImpactPlan;
}

/** A version whose registry has other content now: what accepting that would do to clusters is shown before anybody accepts exactly that content. */
export function AcceptMoved({ pack, moved }: { readonly pack: Pack; readonly moved: MovedVersion }) {
  const [impact, setImpact] = useState<ImpactPlan>();
  const [problem, setProblem] = useState<unknown>();
  const path = `${objectPath(packAddress(pack))}/accept`;
  const body = { version: moved.version, digest: moved.found };
  const look = () => {
    setProblem(undefined);
    client.request<Answer>(path, { method: 'POST', body, query: { dryRun: 'All' } }).then((answer) => setImpact(answer.impact), setProblem);
  };
  const accept = () => {
    setProblem(undefined);
    client.request<Answer>(path, { method: 'POST', body }).then(() => setImpact(undefined), setProblem);
  };
  return (
    <Notice icon={Replace} tone="warn">
      <p>
        Version {moved.version} was replaced in its registry. Clusters keep <code>{moved.digest.slice(0, 19)}…</code>; the registry has{' '}
        <code>{moved.found.slice(0, 19)}…</code>.
      </p>
      {problem !== undefined && <Problem error={problem} />}
      <Button onClick={look}>Review replacement</Button>
      {impact !== undefined && (
        <Dialog title={`Accept the new content of ${pack.spec.name} ${moved.version}?`} onClose={() => setImpact(undefined)}>
          <div className="panel-body stack">
            <p>
              {impact.clusters.length === 0
                ? `No cluster changes; ${impact.total} that you may read ${impact.total === 1 ? 'uses' : 'use'} it.`
                : `${impact.clusters.length} of ${impact.total} clusters change: ${impact.clusters.map(({ cluster }) => cluster).join(', ')}.`}
            </p>
            {impact.disruptions.length > 0 && <p>Waits for their approval: {impact.disruptions.join(', ')}.</p>}
            {problem !== undefined && <Problem error={problem} />}
            <div className="row">
              <span className="grow" />
              <Button onClick={() => setImpact(undefined)}>Cancel</Button>
              <Button look="primary" onClick={accept}>
                Accept content
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </Notice>
  );
}
