import { expect, it } from 'vitest';
import { createFailures } from './told.ts';

it('counts the same failure again, each error once, and leaves the telling to the part that was first', () => {
  let time = 100;
  const failures = createFailures(() => time);
  const [one, other] = [Symbol('one'), Symbol('other')];
  const gone = failures.show('away', one);
  const error = new Error('away');
  failures.count('away', error);
  failures.count('away', error);
  time = 200;
  failures.show('away', other);
  failures.count('away', new Error('away'));
  failures.count('else', new Error('else'));
  expect(failures.get('away')).toEqual({ times: 2, since: 100, shownBy: [one, other] });
  expect(failures.get('else')?.times).toBe(1);
  gone();
  expect(failures.get('away')?.shownBy).toEqual([other]);
});
