import { Dialog } from '@slipway/ui';
import { Ban, CornerDownLeft, Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react';
import { readStored, store } from '../state/stored.ts';
import { type Entry, ranked, recentOf, withRecent } from './palette-entry.ts';
import { usePaletteEntries } from './use-palette-entries.ts';

const RECENT = 'palette.recent';

/** Finds pages, settings and objects of every kind, and runs what the page offers; what was used last comes first. */
export function Palette({ onClose, onHelp }: { readonly onClose: () => void; readonly onHelp: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const [recent] = useState(() => recentOf(readStored(RECENT)));
  const { entries, searching } = usePaletteEntries(text, recent, onHelp);
  const found = useMemo(() => ranked(entries, text, recent), [entries, text, recent]);
  useEffect(() => setAt(0), [text]);
  useEffect(() => {
    // Newer browsers give a promise, which an effect must not.
    document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [list, at]);
  const run = (entry: Entry | undefined) => {
    if (entry === undefined || entry.because !== undefined) return;
    if (!entry.id.startsWith('action:')) store(RECENT, JSON.stringify(withRecent(recent, entry)));
    onClose();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((found.length + at + step) % Math.max(1, found.length));
    }
    if (event.key === 'Enter') run(found[at]);
  };
  return (
    <Dialog title="Search and actions" hideTitle atTop onClose={onClose}>
      <div className="palette-field with-icon">
        <Search size={16} aria-hidden />
        <input
          className="field"
          role="combobox"
          aria-label="Search objects, pages, settings and actions"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={found.length === 0 ? undefined : `${list}-${at}`}
          placeholder="Search objects, pages, settings and actions"
          value={text}
          autoFocus
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <div className="palette-list" role="listbox" id={list} aria-label="Results">
        {found.map((entry, index) => (
          <div
            key={entry.id}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === at}
            aria-disabled={entry.because !== undefined}
            className="menu-item"
            onClick={() => run(entry)}
          >
            <entry.icon size={15} aria-hidden />
            <span className="clip">{entry.title}</span>
            <span className="grow small quiet clip">{entry.detail}</span>
            {entry.because !== undefined && <Ban size={14} aria-hidden className="quiet" />}
            {index === at && entry.because === undefined && <CornerDownLeft size={14} aria-hidden className="quiet" />}
          </div>
        ))}
      </div>
      <p className={found.length === 0 ? 'panel-body quiet' : 'visually-hidden'} role="status">
        {found.length > 0 && `${found.length} found`}
        {found.length === 0 && (searching ? 'Searching…' : `Nothing is called “${text}”. Try a part of a name, or a page.`)}
      </p>
    </Dialog>
  );
}
