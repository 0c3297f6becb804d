import type { ApiObject, ChangePlan, ProjectRoleBindingSpec, RoleBindingSpec, RoleSpec } from '@slipway/model';
import { Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';
import { reachersOf } from '../access/reachers.ts';
import { ImpactMark } from '../clusters/cluster-status.tsx';
import { affectedBy } from './affected.ts';
import type { Change } from './change.ts';
import { whenItRuns } from './when.ts';

interface BeforeItRunsProps {
  readonly cluster: Cluster;
  readonly change: Change;
  readonly plan: ChangePlan;
  /** The approval goes with it. */
  readonly approving: boolean;
  readonly onApproving: ((approving: boolean) => void) | undefined;
}

/** Beside the plan: whom it touches, what it needs, and when it will run. */
export function BeforeItRuns({ cluster, change, plan, approving, onApproving }: BeforeItRunsProps) {
  const affected = affectedBy(plan);
  return (
    <>
      <Panel title="Approvals">
        {plan.approval === undefined ? (
          <p>{noApproval(plan)}</p>
        ) : (
          <div className="stack">
            <ul className="bullets">
              {plan.approval.disruptions.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
            {onApproving !== undefined && (
              <label className="row">
                <input type="checkbox" className="form-check" checked={approving} onChange={({ target }) => onApproving(target.checked)} />
                Approve it with saving
              </label>
            )}
          </div>
        )}
      </Panel>
      <Panel title="When it runs">
        {whenItRuns(change, cluster, approving ? {} : plan).map((one) => (
          <p key={one}>{one}</p>
        ))}
      </Panel>
      <Panel title="Who and what is affected">
        <ul className="stack-small">
          {affected.length === 0 && <li>Nothing that runs is touched.</li>}
          {affected.map(({ impact, targets }) => (
            <li key={impact}>
              <ImpactMark impact={impact} />
              <span className="quiet block">{targets.join(', ')}</span>
            </li>
          ))}
          <li>
            <Reachers cluster={cluster} />
          </li>
        </ul>
      </Panel>
    </>
  );
}

/** An approval is about what the hub has published for the cluster: where that is nothing, none is asked for whatever the plan says. */
const noApproval = ({ impact }: ChangePlan): string =>
  impact === 'repave' || impact === 'data-loss'
    ? 'None is asked for: nothing that could be lost was published for this cluster yet.'
    : 'None is needed: nothing is repaved and nothing is lost.';

/** Whose work it may touch: those who have a way into the cluster, as far as whoever looks may know. */
function Reachers({ cluster }: { readonly cluster: Cluster }) {
  const { name, namespace = '' } = cluster.metadata;
  const roles = useObjects<ApiObject<RoleSpec>>(KINDS.roles);
  const tenant = useObjects<ApiObject<RoleBindingSpec>>(KINDS.rolebindings);
  const own = useObjects<ApiObject<ProjectRoleBindingSpec>>(KINDS.projectrolebindings, namespace);
  const lists = [roles, tenant, own];
  if (lists.some(({ state }) => state === 'failed')) return <span className="quiet">Who has a way in, you may not see.</span>;
  const found = [...new Set(reachersOf(namespace, name, [...tenant.items, ...own.items], roles.items).map(({ who }) => who))];
  return (
    <Link to="." search={(before) => ({ ...before, change: undefined, tab: 'access' as const })}>
      {found.length === 0
        ? 'Nobody has a way in but who manages the hub'
        : `${found.slice(0, 4).join(', ')}${found.length > 4 ? ` and ${found.length - 4} more` : ''} can reach it`}
    </Link>
  );
}
