import { Menu } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Check, ChevronsUpDown, Folder } from 'lucide-react';
import type { ApiObject } from '@slipway/model';
import { KINDS } from '../hub/kinds.ts';
import { useSession } from '../state/session-context.ts';
import { useObjects } from '../state/use-live.ts';

/** Tenant and project: always shown, part of every address. */
export function ScopePicker() {
  const { tenant } = useSession();
  const { project } = useSearch({ from: '__root__' });
  const navigate = useNavigate();
  const projects = useObjects<ApiObject>(KINDS.projects);
  const names = projects.items.map(({ metadata }) => metadata.name).toSorted();
  const choose = (next: string | undefined) => void navigate({ to: '.', search: (before) => ({ ...before, project: next }) });
  const item = (name: string | undefined, text: string, close: () => void) => (
    <button
      key={text}
      type="button"
      className="menu-item"
      aria-current={name === project ? 'true' : undefined}
      onClick={() => {
        close();
        choose(name);
      }}
    >
      <Folder size={15} aria-hidden />
      <span className="grow clip">{text}</span>
      {name === project && <Check size={15} aria-hidden />}
    </button>
  );
  return (
    <Menu
      label={`Scope: tenant ${tenant}, ${project ?? 'all projects'}`}
      className="button scope-button"
      button={
        <>
          <span className="only-wide quiet">{tenant} /</span>
          <span className="clip">{project ?? 'All projects'}</span>
          <ChevronsUpDown size={14} aria-hidden />
        </>
      }
    >
      {(close) => (
        <>
          <div className="menu-label">Projects of tenant {tenant}</div>
          {item(undefined, 'All projects', close)}
          {names.map((name) => item(name, name, close))}
          {projects.state === 'failed' && <div className="menu-label">{projects.error?.message}</div>}
        </>
      )}
    </Menu>
  );
}
