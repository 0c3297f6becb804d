import { messageOf } from '@slipway/kit/errors';
import { Button, Menu } from '@slipway/ui';
import { Bookmark, Trash2 } from 'lucide-react';
import { type SubmitEvent, useId, useState } from 'react';
import type { ClustersSearch } from '../../router.tsx';
import { useViews } from './use-views.ts';
import { viewOf } from './view-name.ts';

const textOf = (search: ClustersSearch): string => JSON.stringify(viewOf(search));

/** Filters and order under a name of one's own. */
export function SavedViews({ search, show }: { readonly search: ClustersSearch; readonly show: (search: ClustersSearch) => void }) {
  const { views, keptBy, problem: unavailable, save, remove } = useViews();
  const [title, setTitle] = useState('');
  const [refused, setRefused] = useState<string>();
  const field = useId();
  const current = views.find((view) => textOf(view.search) === textOf(search));
  const problem = refused ?? unavailable;
  const attempt = (act: () => Promise<unknown>): void => {
    setRefused(undefined);
    act().catch((error: unknown) => setRefused(messageOf(error)));
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === '') return setRefused('Give the view a name.');
    attempt(() => save({ title: wanted, search: viewOf(search) }).then(() => setTitle('')));
  };
  return (
    <Menu
      label={current === undefined ? 'Views that you saved' : `Views that you saved, now ${current.title}`}
      button={
        <>
          <Bookmark size={15} aria-hidden />
          <span className="clip">{current?.title ?? 'Views'}</span>
        </>
      }
    >
      {(close) => (
        <div className="saved-views">
          <div className="menu-label">{views.length === 0 ? 'No view is saved yet' : 'Your views of this list'}</div>
          {views.map((view) => (
            <div key={view.title} className="row">
              <button
                type="button"
                className="menu-item grow"
                aria-current={view === current ? 'true' : undefined}
                onClick={() => {
                  close();
                  show(view.search);
                }}
              >
                <span className="clip">{view.title}</span>
              </button>
              <Button look="icon" aria-label={`Delete the view ${view.title}`} onClick={() => attempt(() => remove(view.title))}>
                <Trash2 size={14} aria-hidden />
              </Button>
            </div>
          ))}
          <form className="saved-view-form" onSubmit={onSubmit}>
            <label htmlFor={field} className="small quiet">
              Keep these filters and this order as
            </label>
            <span className="row">
              <input id={field} className="field grow" value={title} maxLength={60} onChange={(event) => setTitle(event.target.value)} />
              <Button type="submit">Save</Button>
            </span>
            {keptBy === 'browser' && <p className="small quiet">Kept in this browser: this hub keeps no views.</p>}
            {problem !== undefined && (
              <p role="alert" className="small tone-bad">
                {problem}
              </p>
            )}
          </form>
        </div>
      )}
    </Menu>
  );
}
