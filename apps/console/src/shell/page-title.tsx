import { useEffect, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';

/** The document's title: page, then product. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Slipway`;
  }, [title]);
}

/** Breadcrumb, title and document title, which agree. */
export function PageHead(props: {
  readonly title: string;
  readonly parent?: { readonly to: string; readonly title: string; readonly search?: Readonly<Record<string, string>> };
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
}) {
  useTitle(props.title);
  return (
    <div className="page-head">
      {props.parent !== undefined && (
        <nav aria-label="Breadcrumb" className="small">
          <Link
            to={props.parent.to}
            search={(before: { project?: string | undefined }) => ({ project: before.project, ...props.parent?.search })}
          >
            {props.parent.title}
          </Link>{' '}
          <span className="quiet">/ {props.title}</span>
        </nav>
      )}
      <div className="row wrap">
        <h1 tabIndex={-1}>{props.title}</h1>
        {props.beside}
        <span className="grow" />
        {props.actions}
      </div>
    </div>
  );
}
