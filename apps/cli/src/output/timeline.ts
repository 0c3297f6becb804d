import { systemClock, type Clock } from '@slipway/kit';
import { elapsed } from './duration.ts';
import type { Io } from './io.ts';

export type StepState = 'running' | 'done' | 'failed' | 'skipped';

/** One step of long work: what it is, since when, what it waits for now. */
export interface Step {
  /** What it waits for or does now; the same text again changes nothing. */
  update(detail: string): void;
  done(note?: string): void;
  skip(note: string): void;
  fail(message: string): void;
}

/** Steps with elapsed time. On a terminal redrawn in place; otherwise one line per change and a heartbeat every 10 s, so that logs show life and stay short. */
export interface Timeline {
  step(title: string): Step;
  /** Takes over a step that ran elsewhere, with its own times (milliseconds since the epoch). */
  adopt(title: string, startedAt: number, finishedAt: number | undefined, detail: string): void;
  /** A line between the steps. */
  note(text: string): void;
  /** Ends the redrawing; running steps stay as they are. */
  close(): void;
}

interface Entry {
  readonly title: string;
  readonly startedAt: number;
  finishedAt?: number;
  state: StepState;
  detail: string;
  /** When a line about it was last written, and whether it changed since: only without a terminal. */
  saidAt: number;
  changed: boolean;
}

const MARKS = { running: '…', done: '✓', failed: '✗', skipped: '–' } as const;
const COLOURS = { running: 'cyan', done: 'green', failed: 'red', skipped: 'dim' } as const;
const HEARTBEAT_MS = 10_000;
/** Without a terminal, what changes many times a second (packages compiled) is told at most this often. */
const QUIET_MS = 3_000;
const REDRAW_MS = 200;

export function createTimeline(io: Io, clock: Clock = systemClock): Timeline {
  const entries: Entry[] = [];
  const width = 46;
  let drawn = 0;
  let closed = false;
  let lastSaid = clock.now();

  const describe = (entry: Entry): string => {
    const took = elapsed((entry.finishedAt ?? clock.now()) - entry.startedAt).padStart(7);
    const line = `${io.paint(COLOURS[entry.state], MARKS[entry.state])} ${entry.title.padEnd(width)} ${took}`;
    return entry.detail ? `${line}  ${entry.detail}` : line;
  };
  // Counted without colour codes; a line that wraps would break the redrawing.
  const fit = (entry: Entry): string => {
    const room = Math.max(10, io.columns - width - 14);
    const detail = entry.detail.length > room ? `${entry.detail.slice(0, room - 1)}…` : entry.detail;
    return describe({ ...entry, detail });
  };
  const erase = () => {
    if (drawn > 0) io.control(`\u001B[${drawn}A\u001B[J`);
    drawn = 0;
  };
  const draw = () => {
    if (!io.live || closed) return;
    erase();
    const running = entries.filter((entry) => entry.state === 'running');
    for (const entry of running) io.say(fit(entry));
    drawn = running.length;
  };
  const tell = (entry: Entry) => {
    io.say(describe(entry));
    lastSaid = clock.now();
    entry.saidAt = lastSaid;
    entry.changed = false;
  };
  const settle = (entry: Entry) => {
    erase();
    io.say(io.live ? fit(entry) : describe(entry));
    lastSaid = clock.now();
    draw();
  };
  const timer = setInterval(
    () => {
      if (io.live) return draw();
      const running = entries.filter((entry) => entry.state === 'running');
      for (const entry of running) if (entry.changed && clock.now() - entry.saidAt >= QUIET_MS) tell(entry);
      // One line is enough for a sign of life: the step that began last is the nearest to what happens now.
      const latest = running.at(-1);
      if (latest && clock.now() - lastSaid >= HEARTBEAT_MS) tell(latest);
    },
    io.live ? REDRAW_MS : 1000,
  );
  timer.unref();

  const finish = (entry: Entry, state: StepState, detail: string, at?: number) => {
    if (entry.state !== 'running') return;
    entry.state = state;
    entry.detail = detail;
    entry.finishedAt = at ?? clock.now();
    settle(entry);
  };
  const begin = (title: string, startedAt: number): Entry => {
    const entry: Entry = { title, startedAt, state: 'running', detail: '', saidAt: Number.NEGATIVE_INFINITY, changed: false };
    entries.push(entry);
    draw();
    return entry;
  };
  const update = (entry: Entry, text: string) => {
    const detail = text.split('\n')[0] ?? '';
    if (detail === entry.detail || entry.state !== 'running') return;
    entry.detail = detail;
    if (io.live) return draw();
    if (clock.now() - entry.saidAt >= QUIET_MS) tell(entry);
    else entry.changed = true;
  };

  return {
    step(title) {
      const entry = begin(title, clock.now());
      return {
        update: (detail) => update(entry, detail),
        done: (note = '') => finish(entry, 'done', note),
        skip: (note) => finish(entry, 'skipped', note),
        fail: (message) => finish(entry, 'failed', message),
      };
    },
    adopt(title, startedAt, finishedAt, detail) {
      const entry = entries.find((one) => one.title === title && one.startedAt === startedAt) ?? begin(title, startedAt);
      if (finishedAt === undefined) update(entry, detail);
      else finish(entry, 'done', '', finishedAt);
    },
    note(text) {
      erase();
      io.say(text);
      draw();
    },
    close() {
      if (closed) return;
      clearInterval(timer);
      erase();
      closed = true;
      for (const entry of entries) if (entry.state === 'running') io.say(describe(entry));
    },
  };
}
