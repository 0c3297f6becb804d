/** One line of a log. */
export interface LogLine {
  /** Counts on over the life of a view, so that a line keeps its number when older ones go. */
  readonly number: number;
  /** RFC 3339 with nanoseconds, as the container's runtime wrote it. */
  readonly time: string;
  readonly text: string;
}

export interface LogLimits {
  readonly lines: number;
  /** UTF-16 units of text. */
  readonly characters: number;
  readonly line: number;
}

/** What a browser holds of one log, whatever its size: about 20 MB at most. */
export const LOG_LIMITS: LogLimits = { lines: 20_000, characters: 8_000_000, line: 16_000 };

/** The last lines of a log within fixed limits. */
export interface LogBuffer {
  /** `2026-11-28T04:00:00.123456789Z text`, as `timestamps=true` gives it. Lines that were seen before a reconnect are left out. */
  add(raw: string): void;
  lines(): readonly LogLine[];
  /** Older ones that were let go. */
  dropped(): number;
  /** Where to go on from after a break: the last line's time. */
  lastTime(): string | undefined;
  /** What comes next may begin with what is here already. */
  resumed(): void;
  clear(): void;
}

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;

export function createLogBuffer(limits: LogLimits = LOG_LIMITS): LogBuffer {
  let held: LogLine[] = [];
  let first = 0;
  let next = 1;
  let characters = 0;
  let dropped = 0;
  /** Of the last time: lines with it that are here, and how many of them a resumed stream has said again. */
  let last = { time: '', count: 0 };
  let again: { readonly time: string; readonly count: number; seen: number } | undefined;

  const repeats = (time: string): boolean => {
    if (again === undefined) return false;
    if (time < again.time) return true;
    if (time === again.time && again.seen < again.count) {
      again.seen += 1;
      return true;
    }
    if (time > again.time) again = undefined;
    return false;
  };

  const trim = (): void => {
    while (held.length - first > limits.lines || characters > limits.characters) {
      const line = held[first];
      if (line === undefined) break;
      characters -= line.text.length;
      first += 1;
      dropped += 1;
    }
    // Moving everything for each line would be slow; a half empty array is cheap.
    if (first > 4096 && first * 2 > held.length) {
      held = held.slice(first);
      first = 0;
    }
  };

  return {
    add(raw) {
      const stamp = STAMP.exec(raw);
      const time = stamp?.[1] ?? '';
      if (time !== '' && repeats(time)) return;
      const whole = raw.slice(stamp?.[0].length ?? 0);
      const text = whole.length > limits.line ? `${whole.slice(0, limits.line)} … (${whole.length - limits.line} more characters)` : whole;
      if (time !== '') last = time === last.time ? { time, count: last.count + 1 } : { time, count: 1 };
      held.push({ number: next, time, text });
      next += 1;
      characters += text.length;
      trim();
    },
    lines: () => held.slice(first),
    dropped: () => dropped,
    lastTime: () => (last.time === '' ? undefined : last.time),
    resumed() {
      again = last.time === '' ? undefined : { ...last, seen: 0 };
    },
    clear() {
      held = [];
      first = 0;
      characters = 0;
      dropped = 0;
      last = { time: '', count: 0 };
      again = undefined;
    },
  };
}

/** The numbers of the lines that hold a text, in order; letters count the same, large or small. */
export function linesWith(lines: readonly LogLine[], wanted: string): number[] {
  if (wanted === '') return [];
  const small = wanted.toLowerCase();
  return lines.flatMap(({ number, text }) => (text.toLowerCase().includes(small) ? [number] : []));
}
