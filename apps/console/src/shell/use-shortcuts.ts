import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { otherMode } from '../paths.ts';
import { useMode } from './mode-link.tsx';

/** Shortcuts of every page, for the help and for the keyboard. */
export const SHORTCUTS: readonly (readonly [keys: string, what: string])[] = [
  ['⌘K / Ctrl K', 'Search and actions'],
  ['?', 'This help'],
  ['/', 'Filter the list'],
  ['↓ ↑ or j k', 'Next and previous row'],
  ['Enter', 'Open the row'],
  ['x', 'Choose the row, in the list of clusters'],
  ['Tab', 'What can be done with the row; ⌘K lists it too'],
  ['g o', 'Go to the overview'],
  ['g c', 'Go to the clusters'],
  ['g m', 'Switch between Clusters and Apps'],
  ['Ctrl ⇧ L', 'Leave a terminal'],
  ['Ctrl Space', 'What may stand here, in YAML'],
  ['Esc, Tab', 'Leave an editor'],
  ['Esc', 'Close what is open'],
];

const SEQUENCE_MS = 1500;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.dataset['typing'] !== undefined || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useShortcuts(actions: { readonly palette: () => void; readonly help: () => void }): void {
  const navigate = useNavigate();
  const { mode, go } = useMode();
  const latest = useRef({ ...actions, navigate, mode, go });
  latest.current = { ...actions, navigate, mode, go };
  useEffect(() => {
    let begunAt = 0;
    const single: Readonly<Record<string, () => void>> = {
      '?': () => latest.current.help(),
      '/': () => document.querySelector<HTMLInputElement>('[data-filter]')?.focus(),
      g: () => (begunAt = Date.now()),
    };
    const afterG: Readonly<Record<string, () => void>> = {
      o: () => void latest.current.navigate({ to: '/clusters/overview' }),
      c: () => void latest.current.navigate({ to: '/clusters/list' }),
      m: () => latest.current.go(otherMode(latest.current.mode)),
    };
    const onKey = (event: KeyboardEvent) => {
      const plain = !event.metaKey && !event.ctrlKey && !event.altKey;
      if (!plain && event.key.toLowerCase() === 'k' && !event.altKey) {
        event.preventDefault();
        return latest.current.palette();
      }
      if (!plain || isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
      const second = Date.now() - begunAt < SEQUENCE_MS ? afterG[event.key] : undefined;
      begunAt = 0;
      const action = second ?? single[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
