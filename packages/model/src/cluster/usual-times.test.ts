import { expect, it } from 'vitest';
import { durationText, timelineSteps, usualTime } from './usual-times.ts';

const at = (seconds: number): string => new Date(Date.parse('2026-11-28T04:00:00Z') + seconds * 1000).toISOString();
const done = (step: string, from: number, to: number) => ({ step, startedAt: at(from), finishedAt: at(to), waitingFor: '' });
const open = (step: string, from: number) => ({ step, startedAt: at(from), waitingFor: 'kubeadm init' });

it('knows the usual time from clusters that were made, and from the documentation until there are enough', () => {
  const others = [[done('Workers', 0, 40)], [done('Workers', 0, 50)], [done('Workers', 0, 900)], [open('Workers', 0)]];
  expect(usualTime('Workers', others)).toEqual({ seconds: 50, clusters: 3 });
  expect(usualTime('Workers', others.slice(0, 2))).toEqual({ seconds: 60, clusters: 0 });
  expect(usualTime('Layer anything', [])).toEqual({ seconds: 60, clusters: 0 });
});

it('says what a step is likely to be about once it takes more than twice as long, and of none that is through', () => {
  const timeline = [done('Infrastructure', 0, 500), open('Control plane', 500)];
  const now = (seconds: number) => Date.parse(at(seconds));
  expect(timelineSteps(timeline, [], now(680)).map(({ elapsed, likely }) => [elapsed, likely])).toEqual([
    [500, undefined],
    [180, undefined],
  ]);
  expect(timelineSteps(timeline, [], now(681))[1]?.likely).toHaveLength(2);
  expect(timelineSteps([open('Layer db', 0)], [], now(121))[0]?.likely?.[0]).toContain('pod of the layer');
});

it('writes durations', () => expect([5, 65, 3725].map(durationText)).toEqual(['5s', '1m 5s', '1h 2m']));
