import type { ApiObject } from '@slipway/model';
import { Button, buttonClass, Empty, Panel, Skeleton, Tabs } from '@slipway/ui';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { FilterX, Inbox, Plus, Search } from 'lucide-react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS, type KindName } from '../../hub/kinds.ts';
import { KIND_PLACES, type KindPlace } from '../../paths.ts';
import { PageHead } from '../../shell/page-title.tsx';
import type { KindSearch } from '../../router.tsx';
import { useObjects } from '../../state/use-live.ts';
import { narrowed } from '../packs/catalogue-filter.ts';
import { CatalogueFilters } from '../packs/catalogue-filters.tsx';
import { type KindRow, KindRows } from './kind-rows.tsx';
import { kindWords, MADE_BY_THE_HUB, pluralWords } from './kind-words.ts';
import { NotFoundPage, Problem, Refused } from '../problem-pages.tsx';
import { type KindTable as KindTableAnswer, MOST_ROWS, useTable } from './use-table.ts';

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
        <Tabs label={place.title}>
          {place.kinds.map((one) => (
            <Link
              key={one}
              to="."
              search={(before) => ({ ...before, kind: one === place.kinds[0] ? undefined : one, q: undefined, type: undefined })}
              className="tab"
              aria-current={one === name ? 'true' : undefined}
              activeOptions={{ exact: true }}
            >
              {pluralWords(one)}
            </Link>
          ))}
        </Tabs>
      )}
      {name !== undefined && <KindTable key={name} name={name} section={place.section} />}
    </>
  );
}

/** What the command line shows without `-o wide`. */
const columnsOf = (table: KindTableAnswer | undefined) =>
  (table?.columnDefinitions ?? []).flatMap(({ name: title, priority }, index) => (priority === 0 ? [{ title, index }] : []));

/** The rows that the filters of the address let through. */
function rowsThrough(
  name: KindName,
  { rows, objects, search }: { readonly rows: readonly KindRow[]; readonly objects: readonly ApiObject[]; readonly search: KindSearch },
) {
  const { q = '' } = search;
  const through = narrowed(name, objects, search);
  const passes = through && new Set(through.map(({ metadata }) => metadata.uid));
  return {
    rows: rows.filter(
      ({ cells, object }) => cells.join(' ').toLowerCase().includes(q.toLowerCase()) && (passes?.has(object.metadata.uid) ?? true),
    ),
    isNarrowed: q !== '' || (through !== undefined && through.length < objects.length),
  };
}

function KindTable({ name, section }: { readonly name: KindName; readonly section: string }) {
  const kind = KINDS[name];
  const { project } = useSearch({ from: '__root__' });
  const search = useSearch({ from: '/clusters/$section' });
  const scope = kind.scope === 'project' ? project : undefined;
  const objects = useObjects(kind, scope);
  const { table, problem } = useTable(kind, scope, objects.items);
  const { rows, isNarrowed } = rowsThrough(name, { rows: table?.rows ?? [], objects: objects.items, search });
  const cut = (table?.rows.length ?? 0) >= MOST_ROWS && objects.items.length > MOST_ROWS;
  if (problem !== undefined && (table === undefined || problem.code === 'Forbidden')) return <Refused error={problem} />;
  return (
    <>
      {problem !== undefined && <Problem error={problem} />}
      <div className="row wrap">
        <Filter name={name} />
        <CatalogueFilters name={name} objects={objects.items} />
        {!MADE_BY_THE_HUB.has(name) && <CreateLink name={name} section={section} project={scope} />}
      </div>
      <Panel
        title={pluralWords(name)}
        flush
        aside={table !== undefined && <span className="quiet">{cut ? `${rows.length} of ${objects.items.length}` : rows.length}</span>}
      >
        {table === undefined && (
          <div className="panel-body">
            <Skeleton lines={6} />
          </div>
        )}
        {table !== undefined && rows.length === 0 && <NoRows name={name} filtered={isNarrowed} />}
        {rows.length > 0 && (
          <KindRows
            name={name}
            section={section}
            columns={columnsOf(table)}
            rows={rows}
            withProject={kind.scope === 'project' && scope === undefined}
          />
        )}
        {cut && (
          <p className="panel-body quiet">
            The first {MOST_ROWS} of {objects.items.length} are shown, and the filter looks only among them. Choose a project above to see
            fewer.
          </p>
        )}
      </Panel>
    </>
  );
}

/** Kept in the address. */
function Filter({ name }: { readonly name: KindName }) {
  const { q = '' } = useSearch({ from: '/clusters/$section' });
  const navigate = useNavigate({ from: '/clusters/$section' });
  return (
    <div className="with-icon filter-field">
      <Search size={15} aria-hidden />
      <input
        className="field"
        type="search"
        data-filter
        aria-label={`Filter ${pluralWords(name).toLowerCase()}`}
        placeholder="Filter"
        value={q}
        onChange={({ target: { value } }) =>
          void navigate({ search: (before) => ({ ...before, q: value === '' ? undefined : value }), replace: true })
        }
      />
    </div>
  );
}

function NoRows({ name, filtered }: { readonly name: KindName; readonly filtered: boolean }) {
  if (filtered)
    return (
      <Empty icon={FilterX} title="Nothing matches">
        <p>Change or clear the filter.</p>
      </Empty>
    );
  return (
    <Empty icon={Inbox} title={`No ${pluralWords(name).toLowerCase()} yet`}>
      <p>
        On the command line: <code>slipway explain {KINDS[name].kind.toLowerCase()}</code>
      </p>
    </Empty>
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
