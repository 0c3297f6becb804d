import type { KeyboardEvent, PointerEvent } from 'react';

const LEAST = 160;
const STEP = 40;
const most = (): number => Math.max(LEAST, window.innerHeight - 160);
const within = (height: number): number => Math.round(Math.min(most(), Math.max(LEAST, height)));

/** The upper edge: drawn by the mouse or moved by the arrows. */
export function DockHandle({ height, onHeight }: { readonly height: number; readonly onHeight: (height: number) => void }) {
  const onKey = (event: KeyboardEvent) => {
    const by: Readonly<Record<string, number>> = { ArrowUp: STEP, ArrowDown: -STEP };
    const step = by[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onHeight(within(height + step));
  };
  const onMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) onHeight(within(window.innerHeight - event.clientY));
  };
  return (
    <div
      className="dock-handle"
      role="separator"
      aria-orientation="horizontal"
      aria-label="Height of the dock"
      aria-valuenow={height}
      aria-valuemin={LEAST}
      aria-valuemax={most()}
      tabIndex={0}
      onKeyDown={onKey}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onMove}
    />
  );
}
