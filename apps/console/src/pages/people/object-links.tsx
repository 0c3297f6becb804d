import type { ApiObject } from '@slipway/model';
import { buttonClass } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import type { KindName } from '../../hub/kinds.ts';

const SECTION = 'people';

/** To the page of an object of this area, with its form and YAML. */
export function ObjectLink({
  plural,
  object: { metadata },
  text,
}: {
  readonly plural: KindName;
  readonly object: { readonly metadata: Pick<ApiObject['metadata'], 'name' | 'namespace'> };
  readonly text?: string;
}) {
  return (
    <Link
      to="/clusters/$section/$plural/$name"
      params={{ section: SECTION, plural, name: metadata.name }}
      search={(before) => ({ project: before.project, in: metadata.namespace })}
      data-row
    >
      {text ?? metadata.name}
    </Link>
  );
}

export function CreateLink({ plural, children }: { readonly plural: KindName; readonly children: string }) {
  return (
    <Link to="/clusters/$section/new/$plural" params={{ section: SECTION, plural }} className={buttonClass('primary')}>
      <Plus size={15} aria-hidden />
      {children}
    </Link>
  );
}
