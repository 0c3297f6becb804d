import { Button, buttonClass } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Pause, Play, Rocket, Trash2, X } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { Cluster } from '../../../hub/objects.ts';
import { type BulkAction, BULK_WORDS, leftOut } from './actions.ts';

const BulkDialog = lazy(() => import('./bulk-dialog.tsx').then(({ BulkDialog: dialog }) => ({ default: dialog })));
const ICONS = { pause: Pause, resume: Play, delete: Trash2 };

/** What can be done with the clusters that are chosen; an action that says nothing to any of them gives the reason. */
export function BulkBar({ clusters, onClear }: { readonly clusters: readonly Cluster[]; readonly onClear: () => void }) {
  const [asked, setAsked] = useState<{ action: BulkAction; clusters: readonly Cluster[] }>();
  if (clusters.length === 0 && asked === undefined) return null;
  return (
    <div className="row wrap bulk-bar" role="toolbar" aria-label="Actions for the chosen clusters">
      <strong role="status">{clusters.length} chosen</strong>
      {(['pause', 'resume', 'delete'] as const).map((action) => {
        const Icon = ICONS[action];
        const some = clusters.some((cluster) => leftOut(action, cluster) === undefined);
        const because = some ? undefined : ((clusters[0] && leftOut(action, clusters[0])) ?? 'No cluster is chosen.');
        return (
          <Button
            key={action}
            look={action === 'delete' ? 'danger' : 'normal'}
            because={because}
            onClick={() => setAsked({ action, clusters })}
          >
            <Icon size={15} aria-hidden />
            {BULK_WORDS[action].button}
          </Button>
        );
      })}
      <MoveLink clusters={clusters} />
      <span className="grow" />
      <Button look="plain" onClick={onClear}>
        <X size={15} aria-hidden />
        Choose none
      </Button>
      {asked !== undefined && (
        <Suspense>
          <BulkDialog {...asked} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </div>
  );
}

/** So many names fit into an address. */
const MOST_NAMED = 100;

/** To another version go clusters of one profile, by a rollout: in waves, with gates, and it halts by itself. */
function MoveLink({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const [profile, ...others] = [...new Set(clusters.map(({ spec }) => spec.profile.name))];
  const because =
    profile === undefined
      ? 'No cluster is chosen.'
      : others.length > 0
        ? 'The chosen clusters have several profiles; a rollout moves those of one.'
        : clusters.length > MOST_NAMED
          ? `More than ${MOST_NAMED} are chosen; create a rollout that takes them by project or label.`
          : undefined;
  const text = (
    <>
      <Rocket size={15} aria-hidden />
      Move to a version
    </>
  );
  if (because !== undefined) return <Button because={because}>{text}</Button>;
  return (
    <Link
      to="/clusters/$section/new/$plural"
      params={{ section: 'rollouts', plural: 'rollouts' }}
      search={(before) => ({
        project: before.project,
        spec: {
          target: { name: profile },
          selector: { clusters: clusters.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).toSorted() },
        },
      })}
      className={buttonClass()}
      title="By a rollout: in waves, with gates, and it halts by itself"
    >
      {text}
    </Link>
  );
}
