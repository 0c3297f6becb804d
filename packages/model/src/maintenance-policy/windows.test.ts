import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowProblem, windowState } from './windows.ts';

const policy = (start: string, durationMinutes: number, timeZone = 'UTC') => ({
  timeZone,
  windows: [{ name: 'night', start, durationMinutes }],
});

describe('maintenance windows', () => {
  it('is open from its start until its end, the end excluded', () => {
    const saturday = policy('0 22 * * SAT', 120);
    expect(windowState(saturday, '2026-11-28T21:59:59Z')).toEqual({ open: false, next: '2026-11-28T22:00:00.000Z' });
    expect(windowState(saturday, '2026-11-28T22:00:00Z')).toEqual({ open: true, name: 'night', until: '2026-11-29T00:00:00.000Z' });
    expect(windowState(saturday, '2026-11-28T23:59:59Z')).toMatchObject({ open: true });
    expect(windowState(saturday, '2026-11-29T00:00:00Z')).toEqual({ open: false, next: '2026-12-05T22:00:00.000Z' });
  });

  it('starts at the wall clock of its time zone, in summer and in winter', () => {
    const berlin = policy('0 22 * * *', 60, 'Europe/Berlin');
    expect(windowState(berlin, '2026-07-01T20:30:00Z')).toMatchObject({ open: true });
    expect(windowState(berlin, '2026-07-01T21:30:00Z')).toMatchObject({ open: false });
    expect(windowState(berlin, '2026-12-01T21:30:00Z')).toMatchObject({ open: true });
    expect(windowState(berlin, '2026-12-01T20:30:00Z')).toMatchObject({ open: false, next: '2026-12-01T21:00:00.000Z' });
  });

  it('begins after the gap when the change of the clocks skips its start, and once when its start comes twice', () => {
    const berlin = policy('30 2 * * *', 60, 'Europe/Berlin');
    // 2026-03-29: 02:00 is 03:00.
    expect(windowState(berlin, '2026-03-29T01:15:00Z')).toMatchObject({ open: true });
    // 2026-10-25: 02:30 is at 00:30Z and again at 01:30Z.
    expect(windowState(berlin, '2026-10-25T00:45:00Z')).toMatchObject({ open: true, until: '2026-10-25T01:30:00.000Z' });
    expect(windowState(berlin, '2026-10-25T01:45:00Z')).toMatchObject({ open: false });
  });

  it('of several open windows the one that closes last counts', () => {
    const both = {
      timeZone: 'UTC',
      windows: [
        { name: 'short', start: '0 1 * * *', durationMinutes: 30 },
        { name: 'long', start: '0 0 * * *', durationMinutes: 180 },
      ],
    };
    expect(windowState(both, '2026-11-28T01:10:00Z')).toEqual({ open: true, name: 'long', until: '2026-11-28T03:00:00.000Z' });
  });

  it('is open exactly when a start lies within the duration before: computed minute by minute', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 5, max: 1440 }),
        fc.integer({ min: 0, max: 7 * 1440 }),
        (minute, hour, durationMinutes, offset) => {
          const at = Date.parse('2026-11-01T00:00:00Z') + offset * 60_000;
          let open = false;
          for (let back = 0; back < durationMinutes && !open; back++) {
            const start = new Date(at - back * 60_000);
            open = start.getUTCMinutes() === minute && start.getUTCHours() === hour;
          }
          expect(windowState(policy(`${minute} ${hour} * * *`, durationMinutes), new Date(at).toISOString()).open).toBe(open);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('says what is wrong with a start or a time zone', () => {
    expect(windowProblem('0 22 * * SAT', 'Europe/Berlin')).toBeUndefined();
    expect(windowProblem('0 22 * * SAT', 'Mars/Olympus')).toMatchObject({ field: 'timeZone' });
    expect(windowProblem('every night', 'UTC')).toMatchObject({ field: 'start' });
    expect(windowProblem('0 0 31 2 *', 'UTC')).toMatchObject({ field: 'start', message: '"0 0 31 2 *" never comes' });
    expect(windowProblem('* * * * * *', 'UTC')).toMatchObject({ field: 'start' });
  });
});
