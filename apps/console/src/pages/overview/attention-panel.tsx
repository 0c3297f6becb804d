import { Ago, buttonClass, Empty, localTimes, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { useMemo } from 'react';
import type { Cluster } from '../../hub/objects.ts';
import { type Attention, type AttentionGroup, attentionGroups, attentionWords } from '../clusters/attention.ts';
import { Phase, phaseOf } from '../clusters/cluster-status.tsx';

/** Clusters named in each need; the others are a click away. */
const NAMED = 3;

/** What needs somebody first: by reason, because many clusters may have one cause; each with its age and the one thing to do. */
export function AttentionPanel({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const groups = useMemo(() => attentionGroups(clusters), [clusters]);
  const count = groups.reduce((sum, { members }) => sum + members.length, 0);
  return (
    <Panel
      title="Needs you"
      flush
      aside={
        count > 0 && (
          <Link to="/clusters/list" search={{ needs: 'any' }}>
            {count === 1 ? 'One cluster' : `All ${count} clusters`}
          </Link>
        )
      }
    >
      {count === 0 && (
        <Empty icon={CircleCheck} title="Nothing needs you">
          <p>No cluster has failed, is degraded or out of reach, differs from what was applied, or waits for an approval.</p>
        </Empty>
      )}
      <ul>
        {groups.map((group) => (
          <Need key={group.reason} group={group} />
        ))}
      </ul>
    </Panel>
  );
}

function Need({ group: { reason, members } }: { readonly group: AttentionGroup }) {
  const { title, action, tab } = attentionWords(reason);
  const [first] = members;
  if (first === undefined) return null;
  const many = members.length > 1;
  return (
    <li className="need">
      <div className="need-head">
        <Phase phase={phaseOf(first.cluster)} />
        <h3 className="grow">
          {title}
          {many && <span className="quiet need-count"> {members.length} clusters</span>}
        </h3>
        <span className="quiet small">
          {many && 'oldest '}
          <Ago time={first.since} />
        </span>
        {many ? (
          <Link to="/clusters/list" search={{ needs: reason }} className={buttonClass()}>
            See all {members.length}
          </Link>
        ) : (
          <Link
            to="/clusters/list/$in/$name"
            params={place(first)}
            search={{ tab: tab === 'overview' ? undefined : tab }}
            className={buttonClass()}
          >
            {action}
          </Link>
        )}
      </div>
      <ul className="need-members">
        {members.slice(0, NAMED).map((member) => (
          <li key={member.cluster.metadata.uid} className="need-member">
            <span className="need-name row">
              <Link
                to="/clusters/list/$in/$name"
                params={place(member)}
                search={{ tab: tab === 'overview' ? undefined : tab }}
                className="clip"
              >
                {member.cluster.metadata.name}
              </Link>
              <span className="quiet small">{member.cluster.metadata.namespace}</span>
            </span>
            <span className="grow quiet need-why" title={member.why}>
              {localTimes(member.why)}
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}

const place = ({ cluster: { metadata } }: Attention) => ({ in: metadata.namespace ?? '', name: metadata.name });
