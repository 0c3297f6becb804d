import { type RefObject, useEffect, useRef, useState } from 'react';

/** A page that is loaded later may be long in coming; whoever waited that long has gone on. */
const PATIENCE_MS = 10_000;

/**
 * Whoever reads with the keyboard or a screen reader is where a new page begins, and hears its title: as soon as the page is there, which a part that is loaded later is not at
 * once. Gives the title to say.
 */
export function useArrival(main: RefObject<HTMLElement | null>, path: string): string {
  const before = useRef(path);
  const [title, setTitle] = useState('');
  useEffect(() => {
    const area = main.current;
    if (before.current === path || area === null) return;
    before.current = path;
    const focused = document.activeElement;
    const arrive = (): boolean => {
      const heading = area.querySelector<HTMLElement>('h1');
      if (heading === null) return false;
      // Somebody who went on to something else meanwhile stays there.
      if (document.activeElement === focused || document.activeElement === document.body) heading.focus({ preventScroll: true });
      setTitle(heading.textContent ?? '');
      return true;
    };
    if (arrive()) return;
    const watching = new MutationObserver(() => arrive() && watching.disconnect());
    watching.observe(area, { childList: true, subtree: true });
    const timer = setTimeout(() => watching.disconnect(), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      watching.disconnect();
    };
  }, [main, path]);
  return title;
}
