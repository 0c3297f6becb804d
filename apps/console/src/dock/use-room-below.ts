import { type RefObject, useEffect, useRef } from 'react';

/** What stays at the bottom of every page covers what is scrolled to: as much room as it takes is left below what somebody goes to, by keyboard above all. */
export function useRoomBelow(): RefObject<HTMLElement | null> {
  const covering = useRef<HTMLElement>(null);
  useEffect(() => {
    const { style } = document.documentElement;
    const sizes = new ResizeObserver(
      ([entry]) => (style.scrollPaddingBottom = `${Math.ceil(entry?.borderBoxSize[0]?.blockSize ?? 0) + 8}px`),
    );
    if (covering.current !== null) sizes.observe(covering.current);
    return () => {
      sizes.disconnect();
      style.scrollPaddingBottom = '';
    };
  }, []);
  return covering;
}
