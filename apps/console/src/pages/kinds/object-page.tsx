import type { ApiObject } from '@slipway/model';
import { Ago, Button, buttonClass, Notice, Panel, Skeleton, Tabs } from '@slipway/ui';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Pencil, Trash2 } from 'lucide-react';
import { lazy, Suspense, useRef, useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS, type KindName } from '../../hub/kinds.ts';
import type { HubEvent } from '../../hub/objects.ts';
import { KIND_PLACES, OBJECT_TABS, type ObjectTab } from '../../paths.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { EventList } from '../clusters/event-list.tsx';
import { Lost, NotFoundPage, Problem, RefusedPage } from '../problem-pages.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { kindWords, MADE_BY_THE_HUB, pluralWords } from './kind-words.ts';
import { OWN_OVERVIEWS } from './own-overview.tsx';
import { Summary } from './summary.tsx';

const YamlView = lazy(() => import('../yaml-view.tsx'));
const ObjectEditor = lazy(() => import('../../forms/object-editor.tsx'));

const TAB_WORDS: Readonly<Record<ObjectTab, string>> = { overview: 'Overview', events: 'Events', yaml: 'YAML', edit: 'Edit' };

/** The one page of an object of a kind that has none of its own. */
export function ObjectPage() {
  const { section, plural, name } = useParams({ from: '/clusters/$section/$plural/$name' });
  const { in: project } = useSearch({ from: '/clusters/$section/$plural/$name' });
  const place = KIND_PLACES.find((one) => one.section === section);
  const kind = place?.kinds.find((one) => one === plural);
  if (place === undefined || kind === undefined) return <NotFoundPage />;
  return <ObjectOf key={`${plural}/${project ?? ''}/${name}`} section={section} kindName={kind} name={name} project={project} />;
}

interface ObjectOfProps {
  readonly section: string;
  readonly kindName: KindName;
  readonly name: string;
  readonly project: string | undefined;
}

function ObjectOf({ section, kindName, name, project }: ObjectOfProps) {
  const kind = KINDS[kindName];
  const { tab = 'overview' } = useSearch({ from: '/clusters/$section/$plural/$name' });
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const found = useObjects<ApiObject>(kind, kind.scope === 'project' ? project : undefined, `metadata.name=${name}`);
  const now = found.items[0];
  const last = useRef<ApiObject>(undefined);
  if (now !== undefined) last.current = now;
  const shown = last.current;
  if (shown === undefined) {
    if (found.state === 'failed' && found.error !== undefined) return <RefusedPage title={name} error={found.error} />;
    return found.state === 'ready' ? <NotFoundPage what={`${kindWords(kindName)} “${name}”`} /> : <Skeleton lines={8} />;
  }
  const gone = now === undefined && found.state === 'ready';
  const byHub = MADE_BY_THE_HUB.has(kindName);
  const Overview = OWN_OVERVIEWS[kindName] ?? Summary;
  const list = { to: `/clusters/${section}`, search: { kind: kindName }, title: pluralWords(kindName) };
  const leave = () =>
    void navigate({ to: '/clusters/$section', params: { section }, search: (before) => ({ project: before.project, kind: kindName }) });
  const overview = () => void navigate({ to: '.', search: (before) => ({ ...before, tab: undefined }) });
  return (
    <>
      <PageHead
        title={name}
        parent={list}
        beside={<span className="quiet">{kindWords(kindName)}</span>}
        actions={!byHub && <Actions kindName={kindName} project={project} gone={gone} onDelete={() => setDeleting(true)} />}
      />
      <Standing error={found.error} gone={gone} editing={tab === 'edit'} />
      <Parts name={name} tab={tab} byHub={byHub} />
      <Suspense fallback={<Skeleton lines={12} />}>
        {tab === 'overview' && <Overview object={shown} />}
        {tab === 'events' && <Events object={shown} kind={kind.kind} />}
        {tab === 'yaml' && (
          <Panel title="YAML" flush>
            <YamlView object={shown} />
          </Panel>
        )}
        {tab === 'edit' && !byHub && <ObjectEditor kind={kind} object={shown} gone={gone} onSaved={overview} onCancel={overview} />}
      </Suspense>
      <p className="small quiet">
        Made <Ago time={shown.metadata.creationTimestamp} />
      </p>
      {deleting && now !== undefined && <DeleteDialog kind={kind} object={now} onClose={() => setDeleting(false)} onDeleted={leave} />}
    </>
  );
}

/** What is shown is how it was last: why. A form that is open says for itself that its object is gone. */
function Standing(props: { readonly error: unknown; readonly gone: boolean; readonly editing: boolean }) {
  if (props.error !== undefined) return <Lost error={props.error} />;
  if (!props.gone || props.editing) return null;
  return (
    <Notice icon={Trash2} tone="warn" role="status">
      <p>This was deleted while the page was open. What you see is how it was last.</p>
    </Notice>
  );
}

function Actions(props: {
  readonly kindName: KindName;
  readonly project: string | undefined;
  readonly gone: boolean;
  readonly onDelete: () => void;
}) {
  const kind = KINDS[props.kindName];
  const mayNotEdit = useWhyNot('update', kind, props.project);
  const mayNotDelete = useWhyNot('delete', kind, props.project);
  const edit = (
    <>
      <Pencil size={14} aria-hidden />
      Edit
    </>
  );
  return (
    <>
      {mayNotEdit === undefined ? (
        <Link to="." search={(before) => ({ ...before, tab: 'edit' as const })} className={buttonClass()}>
          {edit}
        </Link>
      ) : (
        <Button because={mayNotEdit}>{edit}</Button>
      )}
      <Button look="danger" because={props.gone ? 'It is deleted already' : mayNotDelete} onClick={props.onDelete}>
        <Trash2 size={14} aria-hidden />
        Delete
      </Button>
    </>
  );
}

function Parts({ name, tab, byHub }: { readonly name: string; readonly tab: ObjectTab; readonly byHub: boolean }) {
  return (
    <Tabs label={`Parts of ${name}`}>
      {OBJECT_TABS.filter((one) => one !== 'edit' || !byHub).map((one) => (
        <Link
          key={one}
          to="."
          search={(before) => ({ ...before, tab: one === 'overview' ? undefined : one })}
          className="tab"
          activeOptions={{ exact: true }}
          aria-current={one === tab ? 'true' : undefined}
        >
          {TAB_WORDS[one]}
        </Link>
      ))}
    </Tabs>
  );
}

function Events({ object, kind }: { readonly object: ApiObject; readonly kind: string }) {
  const events = useObjects<HubEvent>(
    KINDS.events,
    object.metadata.namespace,
    `spec.regarding.kind=${kind},spec.regarding.name=${object.metadata.name}`,
  );
  return (
    <Panel title="Events" flush>
      {events.state === 'failed' ? (
        <Problem error={events.error} />
      ) : (
        <EventList events={events.items} loading={events.state === 'loading'} most={200} />
      )}
    </Panel>
  );
}
