import type { Scope } from '@slipway/model';
import { Button, buttonClass } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { KINDS, type KindName } from '../../hub/kinds.ts';
import { profilePath } from '../profiles/profile-place.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { MADE_BY_THE_HUB, pluralWords, WITHOUT_PAGE } from './kind-words.ts';

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
                <th key={title}>{title.charAt(0) + title.slice(1).toLowerCase()}</th>
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
                  <td key={title} className="message">
                    {at === 0 && opens ? (
                      <RowLink name={name} section={section} object={object} text={String(cells[index] ?? '')} />
                    ) : (
                      String(cells[index] ?? '')
                    )}
                  </td>
                ))}
                {changes && (
                  <td>
                    <span className="row row-actions">
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
