import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readYamlTemplate } from '../template/yaml-text.ts';
import { applyYaml } from './apply-edits.ts';
import { diffYaml } from './edits.ts';
import { readYamlTree, renderYamlTree, type YamlNode, type YamlTree } from './tree.ts';

const tree = (text: string): YamlTree => {
  const read = readYamlTree(text);
  if (read === undefined) throw new Error(`no tree: ${text}`);
  return read;
};
const edits = (from: string, to: string) => diffYaml(tree(from), tree(to)).map(({ edit, path }) => `${edit} ${path}`);

/** What people write: keys, comments, references, ways of writing. */
const remarks = fc.option(
  fc.record(
    {
      before: fc.constantFrom(' why', ' one\n two', ' {{ .var.x }} is meant'),
      behind: fc.constantFrom(' ours', ' 5'),
      gap: fc.constant(true as const),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);
const withRemarks = <T extends object>(arbitrary: fc.Arbitrary<T>) =>
  fc.tuple(arbitrary, remarks).map(([node, said]) => (said && Object.keys(said).length > 0 ? { ...node, remarks: said } : node));
const text = fc.record(
  {
    type: fc.constant('scalar' as const),
    value: fc.constantFrom(
      'a',
      'b',
      'yes',
      '1',
      '',
      '{{ .var.n }}',
      'x {{ .macro.d | default "q" }}',
      'one\ntwo\n',
      '# no comment',
      'a: b',
    ),
    style: fc.constantFrom('QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
  },
  { requiredKeys: ['type', 'value'] },
);
const other = fc.record({ type: fc.constant('scalar' as const), value: fc.constantFrom(0, 1, -3.5, true, false, null) });
const keys = fc.constantFrom('a', 'b', 'c', 'name', 'x.y', '{{ .var.k }}');
const trees = fc.letrec<{ node: YamlNode; map: YamlNode; list: YamlNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    withRemarks(text),
    withRemarks(other),
    tie('map'),
    tie('list'),
  ) as fc.Arbitrary<YamlNode>,
  map: withRemarks(
    fc.record({
      type: fc.constant('map' as const),
      entries: fc.uniqueArray(
        fc.record({ key: keys, value: tie('node') }).chain((entry) => withRemarks(fc.constant(entry))),
        {
          selector: ({ key }) => key,
          maxLength: 4,
        },
      ),
    }),
  ) as fc.Arbitrary<YamlNode>,
  list: withRemarks(
    fc.record({ type: fc.constant('list' as const), items: fc.array(tie('node'), { maxLength: 4 }) }),
  ) as fc.Arbitrary<YamlNode>,
}));
const anyTree: fc.Arbitrary<YamlTree> = withRemarks(fc.record({ root: trees.map }));

describe('the difference of two YAML texts', () => {
  test('is none for the same text', () => {
    fc.assert(
      fc.property(anyTree, (a) => diffYaml(a, structuredClone(a)).length === 0),
      { numRuns: 500 },
    );
  });

  test('makes the one of the other: values, order and comments', () => {
    fc.assert(
      fc.property(anyTree, anyTree, (a, b) => {
        const before = structuredClone(a);
        expect(applyYaml(a, diffYaml(a, b))).toEqual(b);
        expect(a).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  test('survives being written as JSON', () => {
    fc.assert(
      fc.property(anyTree, anyTree, (a, b) => {
        const sent = JSON.parse(JSON.stringify(diffYaml(a, b))) as ReturnType<typeof diffYaml>;
        expect(applyYaml(a, sent)).toEqual(b);
      }),
    );
  });

  test('of texts: what comes out means what the second means, and is written like it', () => {
    fc.assert(
      fc.property(anyTree, anyTree, (x, y) => {
        const [a, b] = [renderYamlTree(x), renderYamlTree(y)];
        const [from, to] = [readYamlTree(a), readYamlTree(b)];
        if (from === undefined || to === undefined) return;
        const made = renderYamlTree(applyYaml(from, diffYaml(from, to)));
        expect(made).toBe(renderYamlTree(to));
        expect(readYamlTemplate(made)).toEqual(readYamlTemplate(b));
      }),
      { numRuns: 500 },
    );
  });

  test('says what was added, removed, changed, moved and said', () => {
    const from = '# about\na: 1 # one\nb:\n  c: x\n  d: [1, 2]\ne: gone\n';
    const to = '# about it\na: 2 # one\nn: new\nb:\n  d: [1, 3]\n  c: x # as before\n';
    expect(edits(from, to)).toEqual(['remark a', 'change a', 'remark b.c', 'change b.d[1]', 'order b', 'remove e', 'add n']);
    expect(edits('a: 1\n', 'a:   1\n')).toEqual([]);
  });

  test('knows the items of a list by their names', () => {
    const from = 'env:\n  - { name: A, value: 1 }\n  - { name: B, value: 2 }\n';
    const to = 'env:\n  - { name: C, value: 3 }\n  - { name: A, value: 9 }\n  - { name: B, value: 2 }\n';
    expect(edits(from, to)).toEqual(['change env[0].value', 'add env[0]']);
    expect(edits('a: [1, 2, 3, 4]', 'a: [1, 3, 4, 5]')).toEqual(['remove a[1]', 'add a[3]']);
  });

  test('a reference that is quoted now is a difference: it becomes text', () => {
    expect(edits('n: {{ .var.n }}\n', 'n: "{{ .var.n }}"\n')).toEqual(['change n']);
  });
});

describe('a tree', () => {
  test.each([
    [
      '# top\n\n# above a\na: 1 # behind\n\n# above b\nb:\n  # in b\n  c: {{ .var.c }} # ref\n  d: "{{ .macro.d | default "x" }}.org"\nlist:\n  # first\n  - one\n  - two # second\n# the end\n',
    ],
    ['---\na: |\n  text\n  more\nb: >-\n  folded\n  text\nn: ~\nh: 0x1F\nf: 1.50\nt: True\ne:\n'],
    ['{ a: 1, b: [x, "y"], c: {} }\n'],
    ['{{ .var.key }}: 1\n"quoted key": 2\n'],
  ])('is written as it was read: %j', (given) => {
    const read = tree(given);
    const written = renderYamlTree(read);
    expect(readYamlTree(written)).toEqual(read);
    expect(readYamlTemplate(written)).toEqual(readYamlTemplate(given));
    expect(renderYamlTree(tree(written))).toBe(written);
    for (const comment of given.match(/# [a-z ]+/g) ?? []) expect(written).toContain(comment);
  });

  test.each([
    ['a: &x 1\nb: *x\n'],
    ['a: !tag x\n'],
    ['a: 1\n---\nb: 2\n'],
    ['a: [\n'],
    ['1: x\n'],
    [''],
    ['%YAML 1.1\n---\na: 1\n'],
    ['a: 1\na: 2\n'],
  ])('cannot be made of %j', (given) => expect(readYamlTree(given)).toBeUndefined());

  test('edits of another text are refused', () => {
    const edit = diffYaml(tree('a: { b: 1 }'), tree('a: { b: 2 }'));
    expect(() => applyYaml(tree('x: 1'), edit)).toThrow(/leads nowhere/);
  });
});
