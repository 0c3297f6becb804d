import { Button, Dialog } from '@slipway/ui';
import { Outcome } from './audit-page.tsx';
import { type AuditRow, objectText } from './records.ts';

const valueText = (value: unknown): string =>
  value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value, null, 2);

/** One record in full, with what was before and what after; the hub masked what is secret when it wrote it. */
export function RecordDialog({ row, onClose }: { readonly row: AuditRow; readonly onClose: () => void }) {
  const { user, source, request, reason, changes = [] } = row;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['When', new Date(row.time).toLocaleString()],
    ['Who', `${user.name}${user.auth === undefined ? '' : ` by ${user.auth.kind}${user.auth.id === undefined ? '' : ` ${user.auth.id}`}`}`],
    ['Did', `${row.verb} ${objectText(row)}`],
    ['From', [source?.ip, source?.userAgent].filter((part) => part !== undefined).join(', ') || undefined],
    ['Request', request === undefined ? undefined : `${request.id}: ${request.method} ${request.path}`],
    ['Because', reason],
  ];
  return (
    <Dialog title={`Record ${row.seq}`} onClose={onClose}>
      <div className="panel-body stack record">
        <Outcome outcome={row.outcome} />
        <dl className="facts">
          {facts.map(([name, value]) =>
            value === undefined ? null : (
              <div key={name} className="facts-row">
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
          )}
        </dl>
        {changes.length > 0 && (
          <div className="table-scroll" tabIndex={0} role="group" aria-label="Changes">
            <table className="table">
              <thead>
                <tr>
                  <th>Field</th>
                  <th>Before</th>
                  <th>After</th>
                </tr>
              </thead>
              <tbody>
                {changes.map(({ path, from, to }) => (
                  <tr key={path}>
                    <td>
                      <code>{path || 'all of it'}</code>
                    </td>
                    <td>
                      <pre className="record-value">{valueText(from)}</pre>
                    </td>
                    <td>
                      <pre className="record-value">{valueText(to)}</pre>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        <div className="row">
          <span className="grow" />
          <Button autoFocus onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
