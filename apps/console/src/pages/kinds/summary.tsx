import { isRecord } from '@slipway/model/browser';
import type { ApiObject, Condition } from '@slipway/model';
import { Ago, Panel, Status } from '@slipway/ui';
import { CircleCheck, CircleDashed, CircleX } from 'lucide-react';
import { labelOf } from '../../forms/field-words.ts';

/** What an object wants, how it is, and what its conditions say. */
export function Summary({ object }: { readonly object: ApiObject }) {
  const { conditions = [], ...status } = (object.status ?? {}) as { conditions?: readonly Condition[] } & Record<string, unknown>;
  const { labels = {} } = object.metadata;
  return (
    <div className="columns">
      <div className="stack">
        <Panel title="What is wanted">
          <Facts of={object.spec} none="Nothing is set: everything is by default." />
        </Panel>
        {conditions.length > 0 && <Conditions conditions={conditions} />}
      </div>
      <div className="stack">
        <Panel title="How it is">
          <Facts of={status} none="The hub says nothing of it." />
        </Panel>
        {Object.keys(labels).length > 0 && (
          <Panel title="Labels">
            <Facts of={labels} none="" raw />
          </Panel>
        )}
      </div>
    </div>
  );
}

function Conditions({ conditions }: { readonly conditions: readonly Condition[] }) {
  return (
    <Panel title="Conditions" flush>
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Conditions">
        <table className="table">
          <thead>
            <tr>
              <th>Condition</th>
              <th>State</th>
              <th>Reason</th>
              <th>Since</th>
            </tr>
          </thead>
          <tbody>
            {conditions.map(({ type, status, reason, message, lastTransitionTime }) => (
              <tr key={type}>
                <td>{type}</td>
                <td>
                  <Status
                    icon={status === 'True' ? CircleCheck : status === 'False' ? CircleX : CircleDashed}
                    tone={status === 'True' ? 'ok' : status === 'False' ? 'bad' : 'quiet'}
                    word={status}
                  />
                </td>
                <td>
                  {reason} <span className="quiet block">{message}</span>
                </td>
                <td>
                  <Ago time={lastTransitionTime} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

function Facts({ of, none, raw = false }: { readonly of: unknown; readonly none: string; readonly raw?: boolean }) {
  const entries = isRecord(of) ? Object.entries(of).filter(([, value]) => value !== undefined && value !== '' && !isEmpty(value)) : [];
  if (entries.length === 0) return <p className="quiet">{none}</p>;
  return (
    <dl className="facts">
      {entries.map(([key, value]) => (
        <div key={key} className="facts-row">
          <dt>{raw ? key : labelOf(key)}</dt>
          <dd>
            <Value of={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;

function Value({ of }: { readonly of: unknown }) {
  if (typeof of === 'boolean') return of ? 'Yes' : 'No';
  if (typeof of === 'string') return TIME.test(of) ? <Ago time={of} /> : of;
  if (Array.isArray(of) && of.every((one) => typeof one !== 'object')) return of.join(', ');
  if (Array.isArray(of))
    return (
      <ol className="stack">
        {of.map((one, index) => (
          <li key={index}>
            <Facts of={one} none="–" />
          </li>
        ))}
      </ol>
    );
  if (isRecord(of)) return <Facts of={of} none="–" />;
  return String(of);
}
