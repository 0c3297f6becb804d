import { useNavigate, useRouter } from '@tanstack/react-router';
import { CircleQuestionMark, History, LogOut, Monitor, Moon, Plus, Shuffle, SquareTerminal, Sun } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { KindName } from '../hub/kinds.ts';
import { HUB } from '../hub/place.ts';
import { kindWords, MADE_BY_THE_HUB } from '../pages/kinds/kind-words.ts';
import { KIND_PLACES, MODE_WORDS, otherMode, PLACES } from '../paths.ts';
import { setTheme, type Theme } from '../state/theme.ts';
import { useMode } from './mode-link.tsx';
import { pageActions } from './page-actions.ts';
import type { Entry, Recent } from './palette-entry.ts';
import { useAllObjects } from './palette-objects.ts';
import { leave } from './user-menu.tsx';

const THEMES: readonly (readonly [theme: Theme, title: string, icon: Entry['icon']])[] = [
  ['dark', 'Dark theme', Moon],
  ['light', 'Light theme', Sun],
  ['system', 'Theme of the system', Monitor],
];

/** Everything that can be gone to or done from anywhere. */
export function usePaletteEntries(typed: string, recent: readonly Recent[], onHelp: () => void) {
  const router = useRouter();
  const navigate = useNavigate();
  const { mode, go } = useMode();
  const { found, searching } = useAllObjects(typed.trim().length > 1);
  // As the page was when somebody left it for this: the keyboard's place is in it.
  const [ofPage] = useState(pageActions);
  const other = otherMode(mode);
  const entries = useMemo(() => {
    const open = (href: string) => () => router.history.push(router.basepath + href);
    const pages = (['clusters', 'apps'] as const).flatMap((one) =>
      PLACES[one].map(({ path, title, icon }): Entry => ({
        id: path,
        title,
        detail: `Page, ${MODE_WORDS[one]}`,
        icon,
        run: () => void navigate({ to: path }),
      })),
    );
    const makes = KIND_PLACES.flatMap(({ section, kinds }) =>
      kinds.filter(isMade).map((plural): Entry => {
        const path = `/clusters/${section}/new/${plural}`;
        return { id: path, title: `Create ${kindWords(plural).toLowerCase()}`, detail: 'Action', icon: Plus, run: open(path) };
      }),
    );
    const actions: Entry[] = [
      { id: 'create-cluster', title: 'Create cluster', detail: 'Action', icon: Plus, run: () => void navigate({ to: '/clusters/new' }) },
      {
        id: 'mode',
        title: `Switch to ${other === 'apps' ? 'App' : 'Cluster'} mode`,
        detail: 'Action',
        icon: Shuffle,
        run: () => go(other),
      },
      ...THEMES.map(([theme, title, icon]): Entry => ({ id: theme, title, detail: 'Setting', icon, run: () => setTheme(theme) })),
      { id: 'help', title: 'Keyboard shortcuts', detail: 'Setting', icon: CircleQuestionMark, run: onHelp },
      {
        id: 'device',
        title: 'Sign in a command line',
        detail: 'Setting',
        icon: SquareTerminal,
        run: () => location.assign(`${HUB}/auth/device`),
      },
      { id: 'leave', title: 'Sign out', detail: 'Action', icon: LogOut, run: leave },
    ];
    const objects = found.map(({ href, name, detail, icon }): Entry => ({ id: href, title: name, detail, icon, run: open(href) }));
    const all = [...ofPage, ...pages, ...actions, ...makes, ...objects];
    const ids = new Set(all.map(({ id }) => id));
    // Objects are asked for once something is typed; those that were opened last are offered before.
    const before = recent
      .filter(({ id }) => id.startsWith('/') && !ids.has(id))
      .map(({ id, title, detail }): Entry => ({ id, title, detail, icon: History, run: open(id) }));
    return [...before, ...all];
  }, [router, navigate, go, other, found, ofPage, recent, onHelp]);
  return { entries, searching };
}

/** A key is shown once, by the dialog that makes it. */
const isMade = (plural: KindName): boolean => plural !== 'apikeys' && !MADE_BY_THE_HUB.has(plural);
