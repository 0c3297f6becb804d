import { Cron } from 'croner';
import type { MaintenancePolicySpec, MaintenanceWindow } from './maintenance-policy.ts';

const MINUTE_MS = 60_000;

/** Whether something may be disturbed now; if not, when the next window opens (undefined: none within the calendar). All times RFC 3339 in UTC. */
export type WindowState =
  | { readonly open: true; readonly name: string; readonly until: string }
  | { readonly open: false; readonly next: string | undefined };

/**
 * The state of a policy's windows at a moment. A window is open from each of its starts for its duration, the end excluded; of several open ones the one that closes
 * last counts. Starts are in the window's time zone: one that a change of the clocks skips begins right after the gap, one that comes twice begins once.
 */
export function windowState(policy: Pick<MaintenancePolicySpec, 'timeZone' | 'windows'>, now: string): WindowState {
  const at = Date.parse(now);
  const open = policy.windows.flatMap((window) => {
    const until = openUntil(window, policy.timeZone, at);
    return until === undefined ? [] : [{ name: window.name, until }];
  });
  const last = open.toSorted((a, b) => b.until - a.until)[0];
  if (last) return { open: true, name: last.name, until: new Date(last.until).toISOString() };
  const starts = policy.windows.flatMap((window) => cronOf(window, policy.timeZone).nextRun(new Date(at))?.getTime() ?? []);
  return { open: false, next: starts.length === 0 ? undefined : new Date(Math.min(...starts)).toISOString() };
}

/** The first start after `at - duration` that is not after `at` is the one that keeps the window open; a later one may keep it open longer. */
function openUntil(window: MaintenanceWindow, timeZone: string, at: number): number | undefined {
  const cron = cronOf(window, timeZone);
  const length = window.durationMinutes * MINUTE_MS;
  let until: number | undefined;
  // A start each minute for a day is the most that five cron fields and a day's length can say.
  for (let start = cron.nextRun(new Date(at - length)); start && start.getTime() <= at; start = cron.nextRun(start))
    until = start.getTime() + length;
  return until;
}

const cronOf = (window: MaintenanceWindow, timeZone: string): Cron =>
  new Cron(window.start, { mode: '5-part', timezone: window.timeZone ?? timeZone, paused: true });

/** What is wrong with a start or a time zone, as a sentence; undefined when both can be used. */
export function windowProblem(start: string, timeZone: string): { field: 'start' | 'timeZone'; message: string } | undefined {
  try {
    void new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    return { field: 'timeZone', message: `"${timeZone}" is not an IANA time zone such as Europe/Berlin or UTC` };
  }
  try {
    const next = new Cron(start, { mode: '5-part', timezone: timeZone, paused: true }).nextRun();
    return next ? undefined : { field: 'start', message: `"${start}" never comes` };
  } catch {
    return { field: 'start', message: `"${start}" is not five cron fields (minute hour day month weekday) such as "0 22 * * SAT"` };
  }
}
