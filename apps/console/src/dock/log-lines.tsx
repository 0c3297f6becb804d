import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { LogLine } from './log-buffer.ts';
import type { LogLook } from './log-view.tsx';

const LINE_PX = 18;
/** So near to the end counts as at the end. */
const NEAR_PX = 30;

/** The lines: only those in view are in the page, however long the log is. */
export function LogLines(props: {
  readonly lines: readonly LogLine[];
  readonly look: LogLook;
  readonly current: number | undefined;
  readonly shown: boolean;
  readonly follow: boolean;
}) {
  const { lines, look, current, shown, follow } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => lines[index]?.number ?? index,
    overscan: 20,
  });
  useEffect(() => {
    if (shown && atEnd && follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [shown, atEnd, follow, lines, virtual]);
  useEffect(() => {
    const index = current === undefined ? -1 : lines.findIndex(({ number }) => number === current);
    if (index < 0) return;
    setAtEnd(false);
    virtual.scrollToIndex(index, { align: 'center' });
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- goes there when the match changes, not with every new line
  }, [current]);
  return (
    <div className="log-frame">
      <div
        ref={scroller}
        className={`log-lines ${look.wrap ? 'log-wrapped' : ''}`}
        tabIndex={0}
        role="region"
        aria-label="Log"
        onScroll={({ currentTarget: at }) => setAtEnd(at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_PX)}
      >
        <div className="log-canvas" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className={`log-line ${line.number === current ? 'log-current' : ''}`}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {look.times && <time className="log-time">{shortTime(line.time)}</time>}
                <span className="log-text">{marked(line.text, look.find)}</span>
              </div>
            );
          })}
        </div>
      </div>
      {!atEnd && lines.length > 0 && (
        <button
          type="button"
          className="button log-to-end"
          onClick={() => (setAtEnd(true), virtual.scrollToIndex(lines.length - 1, { align: 'end' }))}
        >
          <ArrowDown size={14} aria-hidden />
          To the end
        </button>
      )}
    </div>
  );
}

/** `04:07:12.345`, in the reader's own time. */
function shortTime(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return '';
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

function marked(text: string, find: string) {
  if (find === '') return text;
  const at = text.toLowerCase().indexOf(find.toLowerCase());
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + find.length)}</mark>
      {text.slice(at + find.length)}
    </>
  );
}
