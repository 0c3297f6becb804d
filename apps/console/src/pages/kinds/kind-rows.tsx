import type { Scope } from '@slipway/model';
import { Button, buttonClass, Status } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleHelp, Pencil, Trash2, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { KINDS, type KindName } from '../../hub/kinds.ts';
import { profilePath } from '../profiles/profile-place.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { cellWords, columnWords, MADE_BY_THE_HUB, ONE_LINE, pluralWords, WITHOUT_PAGE } from './kind-words.ts';

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
          <tbody>
            {rows.map(({ cells, object }) => (
              <tr key={object.metadata.uid}>
                {withProject && <td>{object.metadata.namespace}</td>}
                {columns.map(({ title, index }, at) => (
                  <td key={title} className={cellWords(cells[index]).length > ONE_LINE ? 'message' : 'one-line'}>
                    {at === 0 && opens ? (
                      <RowLink name={name} section={section} object={object} text={cellWords(cells[index])} />
                    ) : (
                      <CellValue title={title} value={cells[index]} />
                    )}
                  </td>
                ))}
                {changes && (
                  <td className="row-actions">
                    <span className="row">
                      {PROFILE_SCOPES[name] === undefined && <RowLink name={name} section={section} object={object} edit />}
                      <Button look="icon" aria-label={`Delete ${object.metadata.name}`} onClick={() => setDeleting(object)}>
                        <Trash2 size={14} aria-hidden />
                      </Button>
                    </span>
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

/** Profiles have a page of their own. */
function addressIn(plural: KindName, section: string, { name, namespace }: { readonly name: string; readonly namespace?: string }) {
  const scope = PROFILE_SCOPES[plural];
  if (scope !== undefined) return { to: profilePath({ scope, project: namespace, name }) };
  return {
    to: '/clusters/$section/$plural/$name',
    params: { section, plural, name },
    search: (before: { project?: string | undefined }) => ({ project: before.project, in: namespace }),
  };
}
const PROFILE_SCOPES: Partial<Record<KindName, Scope>> = {
  clusterprofiles: 'tenant',
  projectclusterprofiles: 'project',
  systemclusterprofiles: 'system',
};

function RowLink(props: {
  readonly name: KindName;
  readonly section: string;
  readonly object: KindRow['object'];
  readonly text?: string;
  readonly edit?: boolean;
}) {
  const { metadata } = props.object;
  if (!props.edit)
    return (
      <Link {...addressIn(props.name, props.section, metadata)} data-row>
        {props.text}
      </Link>
    );
  return (
    <Link
      to="/clusters/$section/$plural/$name"
      params={{ section: props.section, plural: props.name, name: metadata.name }}
      search={(before) => ({ project: before.project, in: metadata.namespace, tab: 'edit' as const })}
      className={buttonClass('icon')}
      aria-label={`Edit ${metadata.name}`}
    >
      <Pencil size={14} aria-hidden />
    </Link>
  );
}
