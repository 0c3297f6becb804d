import { expect, test } from 'vitest';
import { createRemembered } from './remembered.ts';

/** A remembered text whose loads are counted. */
function counted(most = 100) {
  const remembered = createRemembered<string>(most, (text) => text.length);
  const loads: string[] = [];
  const read = (key: string, value: string | undefined) =>
    remembered.read(key, async () => {
      loads.push(key);
      return value;
    });
  return { remembered, loads, read };
}

test('is asked for once, and not at all after a write that says what it stored', async () => {
  const { remembered, loads, read } = counted();
  expect(await read('a', 'one')).toBe('one');
  expect(await read('a', 'never')).toBe('one');
  await remembered.write(
    'a',
    async () => 2,
    (answer) => `written ${answer}`,
  );
  expect(await read('a', 'never')).toBe('written 2');
  await remembered.write(
    'a',
    async () => undefined,
    () => undefined,
  );
  expect(await read('a', 'asked')).toBe('asked');
  expect(loads).toEqual(['a', 'a']);
});

test('a write on its way, two at once and one that failed leave the word to the database', async () => {
  const { remembered, read } = counted();
  await read('a', 'old');
  const done = Promise.withResolvers<void>();
  const writing = remembered.write(
    'a',
    () => done.promise,
    () => 'first',
  );
  expect(await read('a', 'from the database')).toBe('from the database');
  await remembered.write(
    'a',
    async () => undefined,
    () => 'second',
  );
  done.resolve();
  await writing;
  expect(await read('a', 'whoever was last')).toBe('whoever was last');
  await expect(
    remembered.write(
      'a',
      () => Promise.reject(new Error('lost')),
      () => 'third',
    ),
  ).rejects.toThrow('lost');
  expect(await read('a', 'asked again')).toBe('asked again');
});

test('a write of unknown keys forgets all, also what is read while it runs', async () => {
  const { remembered, read } = counted();
  await read('a', 'one');
  await remembered.writeAny(async () => {
    expect(await read('a', 'two')).toBe('two');
  });
  expect(await read('a', 'three')).toBe('three');
});

test('what was used last stays when there is too much', async () => {
  const { loads, read } = counted(10);
  await read('a', 'aaaa');
  await read('b', 'bbbb');
  await read('a', 'aaaa');
  await read('c', 'cccc');
  await read('a', 'aaaa');
  await read('b', 'bbbb');
  expect(loads).toEqual(['a', 'b', 'c', 'b']);
});
