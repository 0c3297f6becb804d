import type { LucideIcon } from 'lucide-react';

export interface Entry {
  /** The address of what has one. */
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly icon: LucideIcon;
  /** Why it cannot be done now. */
  readonly because?: string | undefined;
  readonly run: () => void;
}

const MOST = 14;
const MOST_RECENT = 8;

/** What is remembered of something that was used, so that it can be offered before anything is asked for. */
export interface Recent {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
}

/** What was used last first; then what the page offers, then names that begin with what was typed. */
export function ranked(entries: readonly Entry[], text: string, recent: readonly Recent[]): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const first = words[0] ?? '';
  const rank = ({ id, title }: Entry): number => {
    const used = recent.findIndex((one) => one.id === id);
    const name = title.toLowerCase();
    const fits = first === '' || name === first ? 0 : name.startsWith(first) ? 100 : 200;
    return fits + (used < 0 ? 50 : used);
  };
  return entries
    .filter(({ title, detail }) => words.every((word) => `${title} ${detail}`.toLowerCase().includes(word)))
    .map((entry, index) => ({ entry, index, rank: rank(entry) }))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, MOST)
    .map(({ entry }) => entry);
}

export const withRecent = (recent: readonly Recent[], { id, title, detail }: Entry): Recent[] =>
  [{ id, title, detail }, ...recent.filter((one) => one.id !== id)].slice(0, MOST_RECENT);

export function recentOf(stored: string | undefined): Recent[] {
  try {
    const kept: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(kept) ? kept.filter(isRecent) : [];
  } catch {
    return [];
  }
}

const isRecent = (one: unknown): one is Recent =>
  typeof one === 'object' &&
  one !== null &&
  ['id', 'title', 'detail'].every((key) => typeof (one as Record<string, unknown>)[key] === 'string');
