import type { CostEstimate } from '@slipway/model';
import { HOURS_A_MONTH, isKnown } from '@slipway/model/browser';

/** What machines are expected to cost, and how that comes about. */
export function Cost({ cost, before }: { readonly cost: CostEstimate; readonly before?: CostEstimate | undefined }) {
  const { currency, groups, perHour, perMonth } = cost;
  return (
    <div className="cost">
      {isKnown(cost) ? (
        <p>
          About{' '}
          <strong>
            {perMonth} {currency}
          </strong>{' '}
          a month
          {isKnown(before) && before.perMonth !== perMonth && ` instead of ${before.perMonth}`}
        </p>
      ) : (
        <p>What it costs cannot be said: none of its machines has the size that the prices ask for.</p>
      )}
      <details className="small">
        <summary>How this comes about</summary>
        <ul>
          {groups.map(({ name, formula, because }) => (
            <li key={name}>
              {name}: {formula === undefined ? `not counted, ${because}` : formula}
            </li>
          ))}
          <li>
            {perHour} {currency} an hour × {HOURS_A_MONTH} hours. An estimate by declared sizes and the prices of the cloud account.
          </li>
        </ul>
      </details>
    </div>
  );
}

/** Said as it is, with what to do about it. */
export function NoPrice({ account }: { readonly account: string }) {
  return (
    <>
      No price is known: the account “{account}” has no <code>spec.prices</code>.
    </>
  );
}
