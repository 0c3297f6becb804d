import { Boxes } from 'lucide-react';
import { expect, it } from 'vitest';
import { type Entry, ranked, recentOf, withRecent } from './palette-entry.ts';

const entry = (id: string, title: string, detail = 'Page'): Entry => ({ id, title, detail, icon: Boxes, run: () => undefined });
const titles = (entries: readonly Entry[]) => entries.map(({ title }) => title);

it('finds by every word, and puts the very name first, then what was used, then what begins so', () => {
  const all = [entry('a', 'shop-eu'), entry('b', 'my shop'), entry('c', 'shop', 'Team'), entry('d', 'shop-us')];
  const recent = withRecent([], entry('d', 'shop-us'));
  expect(titles(ranked(all, 'shop', recent))).toEqual(['shop', 'shop-us', 'shop-eu', 'my shop']);
  expect(titles(ranked(all, 'shop team', recent))).toEqual(['shop']);
  expect(titles(ranked(all, '', recent))[0]).toBe('shop-us');
});

it('remembers each once, the last first, and nothing that somebody else wrote there', () => {
  const twice = withRecent(withRecent([], entry('a', 'A')), entry('b', 'B'));
  expect(withRecent(twice, entry('a', 'A')).map(({ id }) => id)).toEqual(['a', 'b']);
  expect(recentOf(JSON.stringify([{ id: 'a', title: 'A', detail: '' }, { id: 1 }, null]))).toEqual([{ id: 'a', title: 'A', detail: '' }]);
  expect(recentOf('clusters\nlist')).toEqual([]);
});
