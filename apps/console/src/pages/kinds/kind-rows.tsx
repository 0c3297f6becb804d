import { Button, buttonClass, Status } from '@slipway/ui';
import { Link, useRouter, useSearch } from '@tanstack/react-router';
import { CircleCheck, CircleHelp, Pencil, Trash2, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS, type KindName } from '../../hub/kinds.ts';
import { onRowKey } from '../../state/row-keys.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { cellWords, columnWords, MADE_BY_THE_HUB, ONE_LINE, pluralWords, WITHOUT_PAGE } from './kind-words.ts';
import { objectHref } from './object-place.ts';

export interface KindRow {
  readonly cells: readonly unknown[];
  readonly object: { readonly metadata: { readonly uid: string; readonly name: string; readonly namespace?: string } };
}

interface KindRowsProps {
  readonly name: KindName;
  readonly section: string;
  readonly columns: readonly { readonly title: string; readonly index: number }[];
  readonly rows: readonly KindRow[];
  readonly withProject: boolean;
}

/** The rows of a kind: each opens its object, and has what can be done with it at its end. */
export function KindRows({ name, section, columns, rows, withProject }: KindRowsProps) {
  const [deleting, setDeleting] = useState<KindRow['object']>();
  const opens = !WITHOUT_PAGE.has(name);
  const changes = opens && !MADE_BY_THE_HUB.has(name);
  return (
    <>
      <div className="table-scroll" tabIndex={0} role="group" aria-label={pluralWords(name)}>
        <table className="table">
          <thead>
            <tr>
              {withProject && <th>Project</th>}
              {columns.map(({ title }) => (
                <th key={title}>{columnWords(title)}</th>
              ))}
              {changes && (
                <th>
                  <span className="visually-hidden">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody onKeyDown={onRowKey}>
            {rows.map(({ cells, object }) => (
              <tr key={object.metadata.uid}>
                {withProject && <td>{object.metadata.namespace}</td>}
                {columns.map(({ title, index }, at) => (
                  <td key={title} className={cellWords(cells[index]).length > ONE_LINE ? 'message' : 'one-line'}>
                    {at === 0 && opens ? (
                      <RowLink name={name} object={object} text={cellWords(cells[index])} />
                    ) : (
                      <CellValue title={title} value={cells[index]} />
                    )}
                  </td>
                ))}
                {changes && (
                  <td className="row-actions">
                    <RowActions name={name} section={section} object={object} onDelete={() => setDeleting(object)} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {deleting !== undefined && (
        <DeleteDialog
          kind={KINDS[name]}
          object={deleting}
          onClose={() => setDeleting(undefined)}
          onDeleted={() => setDeleting(undefined)}
        />
      )}
    </>
  );
}

/** Whether something is so is a word and an icon here too. */
function CellValue({ title, value }: { readonly title: string; readonly value: unknown }) {
  const words = cellWords(value);
  if (title !== 'READY') return words;
  if (words === 'True') return <Status icon={CircleCheck} tone="ok" word="Ready" />;
  if (words === 'False') return <Status icon={TriangleAlert} tone="warn" word="Not ready" />;
  return words === 'Unknown' ? <Status icon={CircleHelp} tone="quiet" word="Unknown" /> : words;
}

interface RowActionsProps {
  readonly name: KindName;
  readonly section: string;
  readonly object: KindRow['object'];
  readonly onDelete: () => void;
}

/** What may be done with a row; what may not says why. */
function RowActions({ name, section, object, onDelete }: RowActionsProps) {
  const { name: called, namespace } = object.metadata;
  const mayNotEdit = useWhyNot('update', KINDS[name], namespace);
  const mayNotDelete = useWhyNot('delete', KINDS[name], namespace);
  return (
    <span className="row">
      {!name.endsWith('profiles') && <EditLink name={name} section={section} object={object} because={mayNotEdit} />}
      <Button look="icon" aria-label={`Delete ${called}`} because={mayNotDelete} onClick={onDelete}>
        <Trash2 size={14} aria-hidden />
      </Button>
    </span>
  );
}

function EditLink({ name, section, object, because }: Omit<RowActionsProps, 'onDelete'> & { readonly because: string | undefined }) {
  const { metadata } = object;
  const label = `Edit ${metadata.name}`;
  if (because !== undefined)
    return (
      <Button look="icon" aria-label={label} because={because}>
        <Pencil size={14} aria-hidden />
      </Button>
    );
  return (
    <Link
      to="/clusters/$section/$plural/$name"
      params={{ section, plural: name, name: metadata.name }}
      search={(before) => ({ project: before.project, in: metadata.namespace, tab: 'edit' as const })}
      className={buttonClass('icon')}
      aria-label={label}
    >
      <Pencil size={14} aria-hidden />
    </Link>
  );
}

/** Opens the page of the object, in the scope of now. */
function RowLink(props: { readonly name: KindName; readonly object: KindRow['object']; readonly text: string }) {
  const router = useRouter();
  const { project } = useSearch({ from: '__root__' });
  const place = new URL(objectHref(props.name, props.object.metadata) ?? '', 'https://console.invalid');
  if (project !== undefined) place.searchParams.set('project', project);
  const href = `${router.basepath}${place.pathname}${place.search}`;
  return (
    <a
      href={href}
      data-row
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        router.history.push(href);
      }}
    >
      {props.text}
    </a>
  );
}
