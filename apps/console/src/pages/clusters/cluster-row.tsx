import { Ago, localTimes } from '@slipway/ui';
import { useRouter } from '@tanstack/react-router';
import { GitCompare } from 'lucide-react';
import { memo } from 'react';
import type { Cluster } from '../../hub/objects.ts';
import { clusterPath } from '../../paths.ts';
import { openDrift, profileText } from './cluster-rows.ts';
import { attentionOf, Phase, phaseOf, PhaseReason } from './cluster-status.tsx';

/** Of each row, in pixels. */
export const ROW = 40;

/** One row. It is made anew only when its cluster or its place changes. */
export const ClusterRow = memo(function ClusterRow(props: {
  readonly cluster: Cluster;
  readonly index: number;
  readonly start: number;
  readonly current: boolean;
  readonly onFocus: (index: number) => void;
  readonly chosen: boolean;
  readonly onChoose: (uid: string) => void;
  /** The project of the page's scope, which addresses keep. */
  readonly scope: string | undefined;
}) {
  const { cluster, index } = props;
  const drift = openDrift(cluster);
  const { metadata, status } = cluster;
  const attention = attentionOf(cluster);
  return (
    <div
      role="row"
      className={`grid-row ${props.chosen ? 'grid-chosen' : ''}`}
      data-row={index}
      aria-rowindex={index + 2}
      style={{ position: 'absolute', top: 0, height: ROW, transform: `translateY(${props.start}px)` }}
    >
      <div role="cell" className="grid-cell grid-choice">
        <input
          type="checkbox"
          aria-label={`Choose ${metadata.name}`}
          tabIndex={props.current ? 0 : -1}
          checked={props.chosen}
          onChange={() => props.onChoose(metadata.uid)}
        />
      </div>
      <div role="cell" className="grid-cell clip">
        <RowLink cluster={cluster} scope={props.scope} inOrder={props.current} onFocus={() => props.onFocus(index)} />
      </div>
      <div role="cell" className="grid-cell">
        <Phase phase={phaseOf(cluster)} />
      </div>
      <div role="cell" className="grid-cell grid-extra clip">
        {metadata.namespace}
      </div>
      <div role="cell" className="grid-cell grid-extra clip">
        {profileText(cluster)}
      </div>
      <div role="cell" className="grid-cell grid-extra clip">
        {status?.kubernetesVersion ?? '–'}
      </div>
      <div role="cell" className="grid-cell grid-extra">
        {status === undefined ? '–' : `${status.nodes.ready}/${status.nodes.total}`}
      </div>
      <div role="cell" className="grid-cell grid-extra">
        {drift === 0 ? (
          <span className="quiet">0</span>
        ) : (
          <span className="status" title={`${drift} ${drift === 1 ? 'object differs' : 'objects differ'} from what was applied`}>
            <GitCompare size={14} className="tone-warn" aria-hidden />
            {drift}
          </span>
        )}
      </div>
      <div role="cell" className="grid-cell grid-extra">
        <Ago time={metadata.creationTimestamp} />
      </div>
      <div role="cell" className="grid-cell grid-message clip quiet" title={attention ?? status?.message}>
        {attention === undefined || attention === status?.message ? <PhaseReason cluster={cluster} /> : localTimes(attention)}
      </div>
    </div>
  );
});

/** A link as the router's, of which a list that scrolls makes hundreds: without what each of those works out. */
function RowLink(props: {
  readonly cluster: Cluster;
  readonly scope: string | undefined;
  readonly inOrder: boolean;
  readonly onFocus: () => void;
}) {
  const router = useRouter();
  const { name, namespace = '' } = props.cluster.metadata;
  const query = props.scope === undefined ? '' : `?${new URLSearchParams({ project: props.scope }).toString()}`;
  const href = `${router.basepath}${clusterPath(namespace, name)}${query}`;
  return (
    <a
      href={href}
      tabIndex={props.inOrder ? 0 : -1}
      title={name}
      onFocus={props.onFocus}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        router.history.push(href);
      }}
    >
      {name}
    </a>
  );
}
