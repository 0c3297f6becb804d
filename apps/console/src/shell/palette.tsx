import { Dialog } from '@slipway/ui';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { Boxes, CornerDownLeft, LogOut, type LucideIcon, Moon, Plus, Search, Shuffle, Sun } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { KINDS } from '../hub/kinds.ts';
import type { Cluster } from '../hub/objects.ts';
import { clusterPath, MODE_WORDS, otherMode, PLACES } from '../paths.ts';
import { readStored, store } from '../state/stored.ts';
import { setTheme } from '../state/theme.ts';
import { useObjects } from '../state/use-live.ts';
import { useMode } from './mode-link.tsx';
import { leave } from './user-menu.tsx';

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly icon: LucideIcon;
  readonly run: () => void;
}

const MOST = 12;
const RECENT = 'palette.recent';

/** Finds pages and clusters and runs actions; what was used last comes first. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const found = matching(useEntries(), text);
  useEffect(() => setAt(0), [text]);
  useEffect(() => {
    // Newer browsers give a promise, which an effect must not.
    document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: 'nearest' });
  }, [list, at]);
  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    remember(entry.id);
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
          aria-label="Search pages, clusters and actions"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={found.length === 0 ? undefined : `${list}-${at}`}
          placeholder="Search pages, clusters and actions"
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
            className="menu-item"
            onClick={() => run(entry)}
          >
            <entry.icon size={15} aria-hidden />
            <span className="clip">{entry.title}</span>
            <span className="grow small quiet clip">{entry.detail}</span>
            {index === at && <CornerDownLeft size={14} aria-hidden className="quiet" />}
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <p className="panel-body quiet" role="status">
          Nothing is called “{text}”. Try a part of a name, or a page.
        </p>
      )}
    </Dialog>
  );
}

function useEntries(): Entry[] {
  const router = useRouter();
  const navigate = useNavigate();
  const { mode, go } = useMode();
  const clusters = useObjects<Cluster>(KINDS.clusters);
  const other = otherMode(mode);
  const pages = (['clusters', 'apps'] as const).flatMap((one) =>
    PLACES[one].map(({ path, title, icon }): Entry => ({
      id: path,
      title,
      detail: `Page, ${MODE_WORDS[one]}`,
      icon,
      run: () => void navigate({ to: path }),
    })),
  );
  const actions: Entry[] = [
    { id: 'create-cluster', title: 'Create cluster', detail: 'Action', icon: Plus, run: () => void navigate({ to: '/clusters/new' }) },
    { id: 'mode', title: `Switch to ${other === 'apps' ? 'App' : 'Cluster'} mode`, detail: 'Action', icon: Shuffle, run: () => go(other) },
    { id: 'dark', title: 'Dark theme', detail: 'Setting', icon: Moon, run: () => setTheme('dark') },
    { id: 'light', title: 'Light theme', detail: 'Setting', icon: Sun, run: () => setTheme('light') },
    { id: 'leave', title: 'Sign out', detail: 'Action', icon: LogOut, run: leave },
  ];
  const objects = clusters.items.map(({ metadata: { name, namespace = '' } }): Entry => {
    const path = clusterPath(namespace, name);
    return {
      id: path,
      title: name,
      detail: `Cluster in ${namespace}`,
      icon: Boxes,
      run: () => router.history.push(router.basepath + path),
    };
  });
  return [...pages, ...actions, ...objects];
}

function matching(entries: readonly Entry[], text: string): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const recent = recents();
  const rank = ({ id, title }: Entry): number => {
    const used = recent.indexOf(id);
    const begins = words.length > 0 && title.toLowerCase().startsWith(words[0] ?? '') ? 0 : 100;
    return begins + (used < 0 ? 50 : used);
  };
  return entries
    .filter(({ title, detail }) => words.every((word) => `${title} ${detail}`.toLowerCase().includes(word)))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MOST);
}

const recents = (): string[] => (readStored(RECENT) ?? '').split('\n').filter(Boolean);
const remember = (id: string): void => store(RECENT, [id, ...recents().filter((one) => one !== id)].slice(0, 8).join('\n'));
