import type { ChangePlan, PlannedAction } from '@slipway/model';
import { Cost } from './cost.tsx';
import { ImpactMark } from './cluster-status.tsx';

const GROUPS: readonly (readonly [words: string, verbs: readonly PlannedAction['verb'][]])[] = [
  ['Added', ['create']],
  ['Changed', ['change', 'scale', 'upgrade', 'replace']],
  ['Removed', ['remove', 'delete']],
];

/** What will happen, action by action, with what it disturbs, why, and field by field. */
export function PlanActions({ plan }: { readonly plan: ChangePlan }) {
  const { before, after } = plan.cost ?? {};
  return (
    <>
      {after !== undefined && (
        <div className="panel-body">
          <Cost cost={after} before={before} />
        </div>
      )}
      <Actions plan={plan} />
    </>
  );
}

function Actions({ plan }: { readonly plan: ChangePlan }) {
  const groups = GROUPS.map(([words, verbs]) => [words, plan.actions.filter(({ verb }) => verbs.includes(verb))] as const);
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Actions">
      <table className="table plan">
        <thead>
          <tr>
            <th>Action</th>
            <th>What it disturbs</th>
            <th>Why</th>
          </tr>
        </thead>
        {groups.map(([words, actions]) =>
          actions.length === 0 ? null : (
            <tbody key={words}>
              <tr>
                <th scope="rowgroup" colSpan={3} className="plan-group">
                  {words} <span className="quiet">{actions.length}</span>
                </th>
              </tr>
              {actions.map((action) => (
                <Action key={`${action.verb}${action.target}${action.summary}`} action={action} />
              ))}
            </tbody>
          ),
        )}
      </table>
    </div>
  );
}

function Action({ action }: { readonly action: PlannedAction }) {
  const { verb, target, summary, impact, reason, diff } = action;
  return (
    <tr>
      <td className="message">
        <strong>{verb}</strong> {target}
        <span className="quiet block">{summary}</span>
        {diff.length > 0 && (
          <details>
            <summary className="small">{diff.length === 1 ? '1 field' : `${diff.length} fields`}</summary>
            <ul className="plan-fields">
              {diff.map(({ path, from, to }) => (
                <li key={path}>
                  <code>
                    {path}: {shown(from)} → {shown(to)}
                  </code>
                </li>
              ))}
            </ul>
          </details>
        )}
      </td>
      <td>
        <ImpactMark impact={impact} />
      </td>
      <td className="message">{reason}</td>
    </tr>
  );
}

const shown = (value: unknown): string => (value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value));
