import { describe, expect, it } from 'vitest';
import { readYamlTemplate } from './yaml-text.ts';

describe('YAML of users, with references in it', () => {
  it.each([
    ['brackets without an end', '{'.repeat(262_144)],
    ['lists in lists', '['.repeat(100_000)],
    ['a map of very many keys', Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join('\n')],
  ])('takes no longer than its length allows: %s', (_, text) => {
    const before = performance.now();
    readYamlTemplate(text);
    // Quadratic ones took minutes.
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  it('says what nests too deep and which key is there twice', () => {
    expect(readYamlTemplate('{'.repeat(300))).toMatchObject([{ problem: expect.stringContaining('nested deeper than 100') }]);
    expect(readYamlTemplate('a: 1\na: 2')).toMatchObject([{ problem: expect.stringMatching(/line 2/) }]);
  });
});
