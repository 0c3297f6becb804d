import { collectionPath } from '@slipway/api/browser';
import { Button, buttonClass, Empty, Panel, Skeleton } from '@slipway/ui';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { FilterX, Inbox, Plus, Search } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS, type KindName } from '../../hub/kinds.ts';
import { transport } from '../../hub/session.ts';
import { KIND_PLACES, type KindPlace } from '../../paths.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { type KindRow, KindRows } from './kind-rows.tsx';
import { kindWords, MADE_BY_THE_HUB, pluralWords } from './kind-words.ts';
import { NotFoundPage, Refused } from '../problem-pages.tsx';
import { SlipwayError } from '@slipway/kit/errors';

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly KindRow[];
}

/** Kinds whose own pages are still to come: the hub's table of them, with the columns of the command line. */
export function KindPage() {
  const { section } = useParams({ from: '/clusters/$section' });
  const place = KIND_PLACES.find((one) => one.section === section);
  return place === undefined ? <NotFoundPage /> : <Kinds key={section} place={place} />;
}

function Kinds({ place }: { readonly place: KindPlace }) {
  const { kind: asked } = useSearch({ from: '/clusters/$section' });
  const name = place.kinds.find((one) => one === asked) ?? place.kinds[0];
  return (
    <>
      <PageHead title={place.title} />
      {place.kinds.length > 1 && (
        <nav className="tabs" aria-label={place.title}>
          {place.kinds.map((one) => (
            <Link
              key={one}
              to="."
              search={(before) => ({ ...before, kind: one === place.kinds[0] ? undefined : one, q: undefined })}
              className="tab"
              aria-current={one === name ? 'true' : undefined}
              activeOptions={{ exact: true }}
            >
              {pluralWords(one)}
            </Link>
          ))}
        </nav>
      )}
      {name !== undefined && <KindTable key={name} name={name} section={place.section} />}
    </>
  );
}

function KindTable({ name, section }: { readonly name: KindName; readonly section: string }) {
  const kind = KINDS[name];
  const { project } = useSearch({ from: '__root__' });
  const { q = '' } = useSearch({ from: '/clusters/$section' });
  const navigate = useNavigate({ from: '/clusters/$section' });
  const scope = kind.scope === 'project' ? project : undefined;
  const objects = useObjects(kind, scope);
  const [table, setTable] = useState<Table>();
  const [problem, setProblem] = useState<SlipwayError>();
  useEffect(() => {
    const left = new AbortController();
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    transport.text(collectionPath(kind, scope), { headers: { accept }, query: { limit: '1000' }, signal: left.signal }).then(
      (text) => {
        setTable(JSON.parse(text) as Table);
        setProblem(undefined);
      },
      (error: unknown) => {
        if (!left.signal.aborted && error instanceof SlipwayError) setProblem(error);
      },
    );
    return () => left.abort();
    // The stream says when the table is to be asked for again.
  }, [kind, scope, objects.items]);
  const columns = (table?.columnDefinitions ?? []).flatMap(({ name: title, priority }, index) =>
    priority === 0 ? [{ title, index }] : [],
  );
  const rows = useMemo(
    () => (table?.rows ?? []).filter(({ cells }) => cells.join(' ').toLowerCase().includes(q.toLowerCase())),
    [table, q],
  );
  if (problem !== undefined && table === undefined) return <Refused error={problem} />;
  return (
    <>
      <div className="row wrap">
        <div className="with-icon filter-field">
          <Search size={15} aria-hidden />
          <input
            className="field"
            type="search"
            data-filter
            aria-label={`Filter ${pluralWords(name).toLowerCase()}`}
            placeholder="Filter"
            value={q}
            onChange={(event) =>
              void navigate({
                search: (before) => ({ ...before, q: event.target.value === '' ? undefined : event.target.value }),
                replace: true,
              })
            }
          />
        </div>
        {!MADE_BY_THE_HUB.has(name) && <CreateLink name={name} section={section} project={scope} />}
      </div>
      <Panel title={pluralWords(name)} flush aside={table !== undefined && <span className="quiet">{rows.length}</span>}>
        {table === undefined && (
          <div className="panel-body">
            <Skeleton lines={6} />
          </div>
        )}
        {table !== undefined && rows.length === 0 && (
          <Empty icon={q === '' ? Inbox : FilterX} title={q === '' ? `No ${pluralWords(name).toLowerCase()} yet` : 'Nothing matches'}>
            <p>
              {q === '' ? (
                <>
                  On the command line: <code>slipway explain {kind.kind.toLowerCase()}</code>
                </>
              ) : (
                'Change or clear the filter.'
              )}
            </p>
          </Empty>
        )}
        {rows.length > 0 && (
          <KindRows
            name={name}
            section={section}
            columns={columns}
            rows={rows}
            withProject={kind.scope === 'project' && scope === undefined}
          />
        )}
      </Panel>
    </>
  );
}

function CreateLink({
  name,
  section,
  project,
}: {
  readonly name: KindName;
  readonly section: string;
  readonly project: string | undefined;
}) {
  const because = useWhyNot('create', KINDS[name], project);
  const words = (
    <>
      <Plus size={14} aria-hidden />
      Create {kindWords(name).toLowerCase()}
    </>
  );
  if (because !== undefined)
    return (
      <Button look="primary" because={because}>
        {words}
      </Button>
    );
  return (
    <Link to="/clusters/$section/new/$plural" params={{ section, plural: name }} className={buttonClass('primary')}>
      {words}
    </Link>
  );
}
