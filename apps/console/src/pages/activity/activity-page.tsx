import { Ago, Button, Empty, Panel, Skeleton, Status } from '@slipway/ui';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { CircleCheck, FilterX, Info, Search, TriangleAlert } from 'lucide-react';
import { PageHead } from '../../shell/page-title.tsx';
import { onRowKey } from '../../state/row-keys.ts';
import { Refused } from '../problem-pages.tsx';
import { AboutLink } from './about-link.tsx';
import { type ActivitySearch, type Range, RANGES } from './activity-search.ts';
import { type Happening, shownOf } from './happenings.ts';
import { OverTime } from './over-time.tsx';
import { useChanges, useEvents } from './use-happenings.ts';

const PAGE = 100;

/** What happened to the fleet, told by controllers or done by people and programs, over time. */
export function ActivityPage() {
  const { project, ...search } = useSearch({ from: '/clusters/activity' });
  return (
    <>
      <PageHead title="Activity" beside={<span className="quiet">{project === undefined ? 'all projects' : `project ${project}`}</span>} />
      <nav className="tabs" aria-label="Activity">
        {([undefined, 'changes'] as const).map((what) => (
          <Link
            key={what ?? 'events'}
            to="."
            search={(before) => ({ ...before, what, kind: undefined, pages: undefined })}
            className="tab"
            activeOptions={{ exact: true }}
            aria-current={what === search.what ? 'true' : undefined}
          >
            {what === undefined ? 'Events' : 'Changes'}
          </Link>
        ))}
      </nav>
      {search.what === 'changes' ? <Changes project={project} search={search} /> : <Events project={project} search={search} />}
    </>
  );
}

interface PartProps {
  readonly project: string | undefined;
  readonly search: ActivitySearch;
}

function Events({ project, search }: PartProps) {
  return <Happened {...useEvents(project)} search={search} title="Events" />;
}

function Changes({ project, search }: PartProps) {
  return <Happened {...useChanges(project, search.since ?? '24h')} search={search} title="Changes" />;
}

type HappenedProps = ReturnType<typeof useEvents> & { readonly search: ActivitySearch; readonly title: string };

function Happened({ all, loading, error, cut, search, title }: HappenedProps) {
  const since = search.since ?? '24h';
  const now = Date.now();
  const shown = shownOf(all, search, now - RANGES[since][1]);
  const kinds = [...new Set([...all.map(({ about }) => about.kind), ...(search.kind === undefined ? [] : [search.kind])])].toSorted();
  if (error !== undefined && all.length === 0) return <Refused error={error} />;
  return (
    <>
      <Filters search={search} kinds={kinds} />
      {error !== undefined && <Refused error={error} />}
      <Panel title="Over time" aside={<span className="quiet small">{RANGES[since][0].toLowerCase()}</span>}>
        <OverTime shown={shown} from={now - RANGES[since][1]} to={now} />
      </Panel>
      <Panel title={title} flush aside={<span className="quiet">{cut ? `the last ${shown.length}` : shown.length}</span>}>
        {loading && shown.length === 0 && (
          <div className="panel-body">
            <Skeleton lines={8} />
          </div>
        )}
        {!loading && shown.length === 0 && <None any={all.length > 0} />}
        {shown.length > 0 && <Rows shown={shown} title={title} />}
      </Panel>
      {search.what === 'changes' && (
        <p className="small quiet activity-source">
          From the <Link to="/clusters/audit">audit</Link>, which has also who signed in, looked at secrets or opened a shell.
        </p>
      )}
    </>
  );
}

function None({ any }: { readonly any: boolean }) {
  return any ? (
    <Empty icon={FilterX} title="Nothing matches">
      <p>Change or clear the filters, or look further back.</p>
    </Empty>
  ) : (
    <Empty icon={CircleCheck} title="Nothing happened">
      <p>What controllers and people do to objects of this scope is told here.</p>
    </Empty>
  );
}

function Filters({ search, kinds }: { readonly search: ActivitySearch; readonly kinds: readonly string[] }) {
  const navigate = useNavigate({ from: '/clusters/activity' });
  const change = (more: ActivitySearch) => void navigate({ search: (before) => ({ ...before, ...more }), replace: true });
  return (
    <div className="row wrap filters">
      <div className="with-icon filter-field">
        <Search size={15} aria-hidden />
        <input
          className="field"
          type="search"
          data-filter
          aria-label="Filter by any word"
          placeholder="Filter"
          value={search.q ?? ''}
          onChange={({ target: { value } }) => change({ q: value === '' ? undefined : value })}
        />
      </div>
      <select
        className="field"
        aria-label="Kind"
        value={search.kind ?? ''}
        onChange={({ target: { value } }) => change({ kind: value === '' ? undefined : value })}
      >
        <option value="">Every kind</option>
        {kinds.map((kind) => (
          <option key={kind}>{kind}</option>
        ))}
      </select>
      <select
        className="field"
        aria-label="When"
        value={search.since ?? '24h'}
        onChange={({ target: { value } }) => change({ since: value === '24h' ? undefined : (value as Exclude<Range, '24h'>) })}
      >
        {Object.entries(RANGES).map(([range, [words]]) => (
          <option key={range} value={range}>
            {words}
          </option>
        ))}
      </select>
      <Button aria-pressed={search.type === 'Warning'} onClick={() => change({ type: search.type === undefined ? 'Warning' : undefined })}>
        <TriangleAlert size={14} aria-hidden />
        Warnings only
      </Button>
    </div>
  );
}

function Rows({ shown, title }: { readonly shown: readonly Happening[]; readonly title: string }) {
  const { pages = 1 } = useSearch({ from: '/clusters/activity' });
  const navigate = useNavigate({ from: '/clusters/activity' });
  const most = pages * PAGE;
  const more = () => void navigate({ search: (before) => ({ ...before, pages: pages + 1 }), replace: true, resetScroll: false });
  return (
    <>
      <div className="table-scroll" tabIndex={0} role="group" aria-label={title}>
        <table className="table">
          <thead>
            <tr>
              <th>When</th>
              <th>What</th>
              <th>Kind</th>
              <th>Object</th>
              <th>Project</th>
              <th>Message</th>
            </tr>
          </thead>
          <tbody onKeyDown={onRowKey}>
            {shown.slice(0, most).map(({ id, time, warning, reason, message, count, about }) => (
              <tr key={id}>
                <td className="one-line">
                  <Ago time={time} />
                </td>
                <td className="one-line">
                  <Status
                    icon={warning ? TriangleAlert : Info}
                    tone={warning ? 'warn' : 'quiet'}
                    word={reason}
                    title={warning ? 'Warning' : 'Normal'}
                  />
                  {warning && <span className="visually-hidden">Warning</span>}
                </td>
                <td className="one-line">{about.kind}</td>
                <td className="one-line">
                  <AboutLink about={about} />
                </td>
                <td className="one-line">{about.namespace ?? '–'}</td>
                <td className="message">
                  {message}
                  {count > 1 && <span className="quiet"> (×{count})</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length > most && (
        <div className="panel-body">
          <Button onClick={more}>Show {Math.min(PAGE, shown.length - most)} more</Button>
        </div>
      )}
    </>
  );
}
