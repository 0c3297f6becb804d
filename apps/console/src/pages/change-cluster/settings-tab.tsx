import { clusterCan } from '@slipway/model/browser';
import { Notice, Skeleton } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { useMemo } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, Pool } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem } from '../problem-pages.tsx';
import { type Change, changeOf, changeText, changeWords, writesOf } from './change.ts';
import { ChangeReview, type ReviewFrame } from './change-review.tsx';
import { DangerSection } from './danger-section.tsx';
import { HistorySection } from './history-section.tsx';
import { MachinesSection } from './machines-section.tsx';
import { MoveReview } from './move-review.tsx';
import { RollbackReview } from './rollback-review.tsx';
import { RunningSection } from './running-section.tsx';
import { VersionSection } from './version-section.tsx';

const FROM = { from: '/clusters/list/$in/$name' } as const;

/** Everything of a cluster that can be changed; each change is looked at before it is made, and the address says which. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function SettingsTab({ cluster }: { readonly cluster: Cluster }) {
  const { change: text } = useSearch(FROM);
  const navigate = useNavigate(FROM);
  const { name, namespace } = cluster.metadata;
  const pools = useObjects<Pool>(KINDS.machinepools, namespace, `spec.cluster=${name}`);
  const because = useWhyNotChange(cluster);
  const change = useMemo(() => changeOf(text), [text]);
  const writes = useMemo(
    () => (change === undefined || change.what === 'rollback' ? undefined : writesOf(change, cluster, pools.items)),
    [change, cluster, pools.items],
  );
  const choose = (next: Change | undefined) =>
    void navigate({ to: '.', search: (before) => ({ ...before, change: next === undefined ? undefined : changeText(next) }) });
  if (pools.state === 'loading') return <Skeleton lines={8} />;
  if (change !== undefined && (writes !== undefined || change.what === 'rollback')) {
    const frame: ReviewFrame = {
      cluster,
      change,
      because,
      onBack: () => choose(undefined),
      onSaved: (waits) =>
        void navigate({
          to: '.',
          search: (before) => ({ ...before, change: undefined, tab: waits ? ('plan' as const) : undefined }),
        }),
    };
    if (change.what === 'rollback') return <RollbackReview {...frame} seq={change.seq} />;
    return change.what === 'move' ? (
      <MoveReview {...frame} target={change.target} pools={pools.items} />
    ) : (
      <ChangeReview {...frame} writes={writes ?? []} />
    );
  }
  const props = { cluster, pools: pools.items, because, onChange: choose };
  return (
    <div className="stack settings">
      {pools.state === 'failed' && <Problem error={pools.error} />}
      {change !== undefined && (
        <Notice icon={CircleCheck} role="status">
          <p>“{changeWords(change)}” is nothing that is left to do.</p>
        </Notice>
      )}
      <VersionSection {...props} />
      <MachinesSection {...props} />
      <RunningSection {...props} />
      <HistorySection {...props} />
      <DangerSection {...props} />
    </div>
  );
}

/** What a part of the settings is given. */
export interface SectionProps {
  readonly cluster: Cluster;
  readonly pools: readonly Pool[];
  /** Why nothing can be changed; undefined when it can. */
  readonly because: string | undefined;
  readonly onChange: (change: Change) => void;
}

function useWhyNotChange(cluster: Cluster): string | undefined {
  const why = useWhyNot('patch', KINDS.clusters, cluster.metadata.namespace);
  const can = clusterCan.change(cluster);
  return can.yes ? why : can.because;
}
