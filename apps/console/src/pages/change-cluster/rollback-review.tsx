import type { SpecWrite } from '@slipway/model';
import { deepEqual, leavesTemplate, notUndone, rolledBack } from '@slipway/model/browser';
import { Button, Notice, Panel, Skeleton } from '@slipway/ui';
import { CircleCheck, CirclePause } from 'lucide-react';
import { useMemo } from 'react';
import { Problem } from '../problem-pages.tsx';
import { ChangeReview, type ReviewFrame } from './change-review.tsx';
import { useRevisions } from './use-revisions.ts';

/** A cluster taken back to an earlier revision: what that does, and what it cannot undo. */
export function RollbackReview({ seq, ...frame }: ReviewFrame & { readonly seq: number }) {
  const { cluster } = frame;
  const { revisions, error } = useRevisions(cluster);
  const revision = revisions?.find((one) => one.seq === seq);
  const writes = useMemo(
    (): SpecWrite[] => (revision === undefined ? [] : [{ kind: 'Cluster', object: cluster, spec: rolledBack(cluster.spec, revision) }]),
    [cluster, revision],
  );
  if (error !== undefined) return <Problem error={error} />;
  if (revisions === undefined) return <Skeleton lines={8} />;
  const [write] = writes;
  if (revision === undefined || write === undefined || deepEqual(write.spec, cluster.spec))
    return (
      <Notice icon={CircleCheck} role="status">
        <p className="row wrap">
          {revision === undefined ? `There is no revision ${seq} of it.` : `The cluster is as it was in revision ${seq}.`}
          <Button onClick={frame.onBack}>Back to settings</Button>
        </p>
      </Notice>
    );
  return (
    <ChangeReview {...frame} writes={writes}>
      {leavesTemplate(cluster.spec, revision.spec) && (
        <Notice icon={CirclePause} tone="warn">
          <p>
            It stops following the template {cluster.spec.template?.name}, which would take it on again. When you want it to follow again,
            set <code>spec.template</code>.
          </p>
        </Notice>
      )}
      <Panel title="What cannot be undone">
        <ul className="bullets">
          {notUndone(cluster.spec, revision).map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </Panel>
    </ChangeReview>
  );
}
