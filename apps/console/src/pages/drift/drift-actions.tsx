import type { DriftFact } from '@slipway/model';
import { adoptable, adoptPatch, clusterCan, driftedText, isReverting, revertPatch } from '@slipway/model/browser';
import { Button } from '@slipway/ui';
import { CornerDownLeft, EyeOff, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { Cluster } from '../../hub/objects.ts';
import { IgnoreDialog } from './ignore-dialog.tsx';
import { ReviewDialog } from './review-dialog.tsx';
import type { ToldLayers } from './wanted.ts';

interface ActionProps {
  readonly cluster: Cluster;
  readonly fact: DriftFact;
  readonly told: ToldLayers[number] | undefined;
}

/** What may become of one difference. Each is a change of the cluster's spec, reviewed before it is made; the agent acts on the plan that follows. */
export function DriftActions({ cluster, fact, told }: ActionProps) {
  const [asked, setAsked] = useState<'revert' | 'adopt' | 'ignore'>();
  const change = clusterCan.change(cluster);
  const because = change.yes ? (cluster.spec.paused ? 'The cluster is paused: nothing is changed in it.' : undefined) : change.because;
  const adopting = told === undefined ? { because: 'The layer’s values are being asked for.' } : adoptable(fact, told);
  const going = isReverting(cluster.spec, fact) || fact.policy === 'heal' ? 'It is being put right already.' : undefined;
  const close = () => setAsked(undefined);
  return (
    <div className="drift-actions row wrap">
      <Button because={because ?? going} onClick={() => setAsked('revert')}>
        <Undo2 size={15} aria-hidden />
        Revert
      </Button>
      <Button because={because ?? ('because' in adopting ? adopting.because : undefined)} onClick={() => setAsked('adopt')}>
        <CornerDownLeft size={15} aria-hidden />
        Adopt as override
      </Button>
      <Button because={because} onClick={() => setAsked('ignore')}>
        <EyeOff size={15} aria-hidden />
        Ignore …
      </Button>
      {asked === 'revert' && (
        <ReviewDialog
          cluster={cluster}
          title={`Revert ${driftedText(fact.object)}`}
          patch={revertPatch(cluster.spec, cluster.status?.drift ?? [], fact)}
          onClose={close}
        >
          <p>It becomes again what was applied. A difference that is found later is another one and stays.</p>
        </ReviewDialog>
      )}
      {asked === 'adopt' && 'adoptions' in adopting && (
        <ReviewDialog
          cluster={cluster}
          title={`Adopt as override of layer ${fact.layer}`}
          patch={adoptPatch(fact, adopting.adoptions)}
          onClose={close}
        >
          <p>What is live becomes the cluster’s own wish, and stays when its profile moves on:</p>
          <ul className="bullets">
            {adopting.adoptions.map(({ path, from, to }) => (
              <li key={path.join('.')}>
                <code>
                  {path.join('.')}: {JSON.stringify(from)} → {JSON.stringify(to)}
                </code>
              </li>
            ))}
          </ul>
        </ReviewDialog>
      )}
      {asked === 'ignore' && <IgnoreDialog cluster={cluster} fact={fact} onClose={close} />}
    </div>
  );
}
