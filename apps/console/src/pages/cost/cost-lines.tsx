import { type ClusterCost, type CostSum, isKnown, notCounted } from '@slipway/model/browser';
import { Link } from '@tanstack/react-router';

/** More are found by the filter; the CSV has them all. */
const SHOWN = 200;

export function ClusterLines({ rows }: { readonly rows: readonly ClusterCost[] }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Clusters with their cost">
      <table className="table cost-table">
        <thead>
          <tr>
            <th scope="col">Cluster</th>
            <th scope="col">Project</th>
            <th scope="col">Account</th>
            <th scope="col" className="amount">
              Machines
            </th>
            <th scope="col" className="amount">
              Per hour
            </th>
            <th scope="col" className="amount">
              Per month
            </th>
            <th scope="col">How this comes about</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row) => (
            <ClusterLine key={`${row.project}/${row.cluster}`} row={row} />
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && (
        <p className="panel-body small quiet">
          The {SHOWN} dearest of {rows.length}. Filter for others; the CSV has all of them.
        </p>
      )}
    </div>
  );
}

function ClusterLine({ row }: { readonly row: ClusterCost }) {
  const { project, cluster, account, machines, cost } = row;
  const missing = notCounted(row);
  return (
    <tr>
      <td>
        <Link to="/clusters/list/$in/$name" params={{ in: project, name: cluster }}>
          {cluster}
        </Link>
      </td>
      <td>{project}</td>
      <td>{account}</td>
      <td className="amount">{machines}</td>
      <Amounts {...(isKnown(cost) ? cost : {})} />
      <td>
        {cost === undefined ? (
          <span className="quiet">not known: {missing}</span>
        ) : (
          <details>
            <summary>{missing === undefined ? 'Formula' : 'Formula, and what is not counted'}</summary>
            <ul className="small">
              {cost.groups.map(({ name, formula, because }) => (
                <li key={name}>
                  {name}: {formula ?? `not counted, ${because}`}
                </li>
              ))}
            </ul>
          </details>
        )}
      </td>
    </tr>
  );
}

/** What is not known is no zero. */
function Amounts({
  perHour,
  perMonth,
  currency = '',
}: {
  readonly perHour?: string | undefined;
  readonly perMonth?: string | undefined;
  readonly currency?: string | undefined;
}) {
  return (
    <>
      {[perHour, perMonth].map((amount, index) => (
        <td key={index} className="amount">
          {amount === undefined ? <span className="quiet">not known</span> : `${amount} ${currency}`}
        </td>
      ))}
    </>
  );
}

export function ProjectLines({ sums }: { readonly sums: readonly CostSum[] }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Projects with their cost">
      <table className="table cost-table">
        <thead>
          <tr>
            <th scope="col">Project</th>
            <th scope="col" className="amount">
              Clusters
            </th>
            <th scope="col" className="amount">
              Machines
            </th>
            <th scope="col" className="amount">
              Per hour
            </th>
            <th scope="col" className="amount">
              Per month
            </th>
            <th scope="col">Not counted</th>
          </tr>
        </thead>
        <tbody>
          {sums.map((sum) => (
            <tr key={`${sum.project}/${sum.currency ?? ''}`}>
              <td>
                <Link to="/clusters/cost" search={{ project: sum.project }}>
                  {sum.project}
                </Link>
              </td>
              <td className="amount">{sum.clusters}</td>
              <td className="amount">{sum.machines}</td>
              <Amounts {...sum} />
              <td className="quiet">{sum.incomplete === 0 ? '' : `${sum.incomplete} of ${sum.clusters}, in part or whole`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
