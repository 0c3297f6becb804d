import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { editYaml, parsed, spanAt, type YamlPath } from './edit-yaml.ts';

const TEXT = `# The cluster of the shop.
apiVersion: slipway.dev/v1
kind: Cluster   # as ever
metadata:
  name: 'shop'
  labels: { region: eu, tier: "1" }

spec:
  # Which stack.
  profile:
    name: starter
    version: 1.0.0 # pinned
  pools:
    - name: workers
      replicas: 3 # enough
      taints: []
    -   name: big
        replicas: 1
  empty:
  note: |
    two
    lines
  unknownField: keep me
`;

describe('editing YAML by path', () => {
  it.each<[what: string, path: YamlPath, value: unknown, from: string, to: string]>([
    ['a scalar with a comment behind it', ['spec', 'profile', 'version'], '1.1.0', 'version: 1.0.0 # pinned', 'version: 1.1.0 # pinned'],
    ['a quoted one keeps its quotes', ['metadata', 'name'], 'market', "name: 'shop'", "name: 'market'"],
    ['a text that would read as a number is quoted', ['spec', 'profile', 'name'], '12', 'name: starter', 'name: "12"'],
    ['an item of a list', ['spec', 'pools', 0, 'replicas'], 5, 'replicas: 3 # enough', 'replicas: 5 # enough'],
    ['the first key of an item', ['spec', 'pools', 0, 'name'], undefined, '- name: workers\n      replicas: 3', '- replicas: 3'],
    ['a list instead of an empty one', ['spec', 'pools', 0, 'taints'], ['a'], '      taints: []', '      taints:\n        - a'],
    ['one more key', ['spec', 'pools', 1, 'size'], 'm', '        replicas: 1\n', '        replicas: 1\n        size: m\n'],
    ['one more item', ['spec', 'pools', 2], { name: 'x' }, '        replicas: 1\n', '        replicas: 1\n    - name: x\n'],
    ['a whole item goes', ['spec', 'pools', 1], undefined, '    -   name: big\n        replicas: 1\n', ''],
    ['a pair goes with its comment', ['spec', 'pools', 0, 'replicas'], undefined, '      replicas: 3 # enough\n', ''],
    ['a flow map', ['metadata', 'labels', 'tier'], '2', '{ region: eu, tier: "1" }', '{ region: eu, tier: "2" }'],
    ['what was empty', ['spec', 'empty'], true, '  empty:\n', '  empty: true\n'],
    [
      'what is missing on the way',
      ['spec', 'drift', 'policy'],
      'heal',
      '  unknownField: keep me\n',
      '  unknownField: keep me\n  drift:\n    policy: heal\n',
    ],
    ['a block of text', ['spec', 'note'], 'one', '  note: |\n    two\n    lines\n', '  note: one\n'],
    ['a text of several lines', ['spec', 'profile', 'name'], 'a\nb\n', '    name: starter\n', '    name: |\n      a\n      b\n'],
  ])('%s', (_what, path, value, from, to) => {
    expect(TEXT).toContain(from);
    expect(editYaml(TEXT, path, value)).toBe(TEXT.replace(from, to));
  });

  it('begins with nothing', () => {
    expect(editYaml('', ['spec', 'a'], 1)).toBe('spec:\n  a: 1\n');
    expect(editYaml('# why\n', ['spec', 'a'], 1)).toBe('# why\n\nspec:\n  a: 1\n');
    expect(editYaml('a: 1', ['b'], 2)).toBe('a: 1\nb: 2\n');
  });

  it('says what is no YAML', () => {
    expect(() => editYaml('a: [', ['a'], 1)).toThrow(/not YAML/);
  });

  it('says where a field is, or the nearest above it', () => {
    const document = parsed(TEXT);
    const at = (path: YamlPath): string => TEXT.slice(...(spanAt(document, path) ?? [0, 0]));
    expect(at(['spec', 'pools', 0, 'replicas'])).toBe('3');
    expect(at(['spec', 'pools'])).toBe('pools');
    expect(at(['spec', 'profile', 'missing', 'deep'])).toBe('profile');
    expect(spanAt(document, ['nowhere'])).toBeUndefined();
  });

  const key = fc.stringMatching(/^[a-z][a-zA-Z]{0,6}$/);
  const scalar = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 12 }),
    fc.constantFrom('no', '1e3', ' x', '- a', '#', 'a: b', 'é\n'),
  );
  const { tree } = fc.letrec<{ tree: unknown; map: Record<string, unknown> }>((tie) => ({
    tree: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie('map'), fc.array(tie('tree'), { maxLength: 3 })),
    map: fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  }));
  const root = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 5 });
  /** Comments at ends of lines that are plain enough to take one, and on lines of their own. */
  const commented = (text: string): string => {
    const lines = text.split('\n');
    return lines.map((line, index) => (/^ *(?:- )*[a-zA-Z]+: -?\w+$/.test(line) ? `${line} # c${index}` : line)).join('\n');
  };
  const pathsOf = (value: unknown, path: YamlPath = []): YamlPath[] =>
    value !== null && typeof value === 'object'
      ? Object.entries(value).flatMap(([step, inner]) => {
          const next = [...path, Array.isArray(value) ? Number(step) : step];
          return [next, ...pathsOf(inner, next)];
        })
      : [];

  it('reads as wanted, and keeps every comment that is not of what is replaced, for any text, path and value', () => {
    fc.assert(
      fc.property(root, tree, fc.nat(), fc.boolean(), fc.boolean(), (object, value, pick, fresh, removes) => {
        const text = commented(stringify(object, { lineWidth: 0 }));
        const paths = pathsOf(object);
        const chosen = paths[pick % paths.length] as YamlPath;
        const path = fresh ? [...chosen.slice(0, -1).filter((_step, index) => index < chosen.length - 1), 'zNew'] : chosen;
        const parent = path.slice(0, -1).reduce<any>((inner, step) => inner?.[step], object);
        if (fresh && Array.isArray(parent)) return;
        const wanted = structuredClone(object) as any;
        const inner = path.slice(0, -1).reduce<any>((one, step) => one[step], wanted);
        const last = path.at(-1) as string | number;
        if (!removes || fresh) inner[last] = value;
        else if (Array.isArray(inner)) inner.splice(Number(last), 1);
        else delete inner[last];
        const edited = editYaml(text, path, removes && !fresh ? undefined : value);
        expect(parseDocument(edited).toJS() ?? {}).toEqual(wanted);
        const before = [...text.matchAll(/# c\d+/g)].map(([found]) => found);
        const span = spanAt(parsed(text), path);
        const lost = before.filter((one) => !edited.includes(one));
        if (fresh) expect(lost).toEqual([]);
        const old = path.reduce<any>((one, step) => one?.[step], object);
        if (old === null || typeof old !== 'object') expect(lost.length).toBeLessThanOrEqual(1);
        if (!fresh && !removes && span !== undefined && typeof old === 'number' && typeof value === 'number')
          expect(edited).toBe(text.slice(0, span[0]) + String(value) + text.slice(span[1]));
      }),
      { numRuns: 2000 },
    );
  });
});
