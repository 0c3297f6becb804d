import { expect, it } from 'vitest';
import { createLogBuffer, linesWith } from './log-buffer.ts';

const LIMITS = { lines: 100, characters: 2000, line: 50 };
const at = (second: number, text: string): string => `2026-11-28T04:00:${String(second).padStart(2, '0')}.000000001Z ${text}`;
const texts = (buffer: ReturnType<typeof createLogBuffer>): string[] => buffer.lines().map(({ text }) => text);

it('keeps the last lines within its limits and counts what it let go', () => {
  const buffer = createLogBuffer(LIMITS);
  for (let index = 0; index < 20_000; index += 1) buffer.add(at(index % 60, `line ${index}`));
  expect(buffer.lines()).toHaveLength(100);
  expect(buffer.lines().at(-1)).toMatchObject({ number: 20_000, text: 'line 19999' });
  expect(buffer.dropped()).toBe(19_900);
  buffer.clear();
  for (let index = 0; index < 100; index += 1) buffer.add(at(1, 'x'.repeat(40)));
  expect(buffer.lines()).toHaveLength(50);
});

it('cuts a line that is longer than anybody reads, and says so', () => {
  const buffer = createLogBuffer(LIMITS);
  buffer.add(at(1, 'x'.repeat(70)));
  expect(texts(buffer)[0]).toBe(`${'x'.repeat(50)} … (20 more characters)`);
});

it('goes on after a break without saying anything twice, and loses nothing of the same instant', () => {
  const buffer = createLogBuffer(LIMITS);
  for (const line of [at(1, 'a'), at(2, 'b'), at(2, 'c')]) buffer.add(line);
  expect(buffer.lastTime()).toBe('2026-11-28T04:00:02.000000001Z');
  buffer.resumed();
  for (const line of [at(1, 'a'), at(2, 'b'), at(2, 'c'), at(2, 'd'), at(3, 'e')]) buffer.add(line);
  expect(texts(buffer)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('takes lines without a time as they are', () => {
  const buffer = createLogBuffer(LIMITS);
  buffer.add('plain');
  expect(buffer.lines()).toEqual([{ number: 1, time: '', text: 'plain' }]);
});

it('finds lines whatever the case', () => {
  const buffer = createLogBuffer(LIMITS);
  for (const line of ['An Error', 'fine', 'error again']) buffer.add(line);
  expect(linesWith(buffer.lines(), 'ERROR')).toEqual([1, 3]);
  expect(linesWith(buffer.lines(), '')).toEqual([]);
});
