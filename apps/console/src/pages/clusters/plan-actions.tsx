import type { ChangePlan } from '@slipway/model';
import { ImpactMark } from './cluster-status.tsx';

/** What will happen, action by action, with what it disturbs and why. */
export function PlanActions({ plan }: { readonly plan: ChangePlan }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Actions">
      <table className="table">
        <thead>
          <tr>
            <th>Action</th>
            <th>What it disturbs</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {plan.actions.map((action) => (
            <tr key={`${action.verb}${action.target}${action.summary}`}>
              <td className="message">
                <strong>{action.verb}</strong> {action.target}
                <span className="quiet block">{action.summary}</span>
              </td>
              <td>
                <ImpactMark impact={action.impact} />
              </td>
              <td className="message">{action.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
