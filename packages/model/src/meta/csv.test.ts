import { expect, it } from 'vitest';
import { csvText } from './csv.ts';

it('quotes what needs it, and lets no cell be a formula', () => {
  expect(
    csvText([
      ['a', 'b,c', 'say "x"'],
      ['=1+1', '@x', '-0.5'],
      ['-x', 'two\nlines', ''],
    ]),
  ).toBe(`a,"b,c","say ""x"""\n'=1+1,'@x,-0.5\n'-x,"two\nlines",`);
});
