import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldCause } from '@slipway/kit';
import { type Found, known, MAX_FILLED, type References } from './evaluate.ts';
import { fill, type FillScope } from './fill.ts';
import { fuzzTemplate } from './fuzz.ts';
import { segmentsOf } from './parse.ts';
import { readYamlTemplate } from './yaml-text.ts';

const values: Readonly<Record<string, Found>> = {
  host: known('Example.ORG'),
  net: known('10.20.0.0/16'),
  net6: known('fd00:1::/48'),
  count: known(3),
  on: known(true),
  hosts: known(['a', 'b']),
  empty: known(''),
  password: known('hunter22', { secret: true }),
  later: known('sample', { unsure: true }),
};
const references: References = {
  find: ({ root, name, path }) => {
    if (root === 'layer') return known({ a: { b: 1 } });
    if (path[0] === 1) return known('b');
    return Object.hasOwn(values, name) ? (values[name] as Found) : { missing: `there is no ${name}`, final: root === 'var' };
  },
};
function run(value: unknown): { value: unknown; causes: string[]; shown: string[]; texts: string[] } {
  const causes: FieldCause[] = [];
  const scope: FillScope = { references, budget: { left: MAX_FILLED }, causes, secretTexts: new Set() };
  const filled = fill(value, 'at', scope);
  return {
    value: filled.value,
    causes: causes.map(({ field, message }) => `${field}: ${message}`),
    shown: filled.leaves.map(({ at, shown }) => `${at.join('.')}=${shown}`),
    texts: [...scope.secretTexts],
  };
}

describe('an expression', () => {
  it.each([
    ['{{ .var.host | lower }}', 'example.org'],
    ['{{- .var.host | upper -}}', 'EXAMPLE.ORG'],
    ['x {{ .var.host | replace "ORG" "net" }} y', 'x Example.net y'],
    ['{{ .var.hosts }}', ['a', 'b']],
    ['{{ .var.hosts[1] }}', 'b'],
    ['{{ .var.hosts | join "," }}', 'a,b'],
    ['{{ .var.host | split "." }}', ['Example', 'ORG']],
    ['{{ .var.count | add 2 }}', 5],
    ['{{ .var.count | str }}', '3'],
    ['{{ .var.count | str | int }}', 3],
    ['{{ .var.on }}', true],
    ['{{ .var.empty | default "x" }}', 'x'],
    ['{{ .macro.nothing | default "x" | upper }}', 'X'],
    ['{{ .macro.nothing | default (.var.host | lower) }}', 'example.org'],
    ['{{ .macro.nothing | default .var.count }}', 3],
    ['{{ .var.host | b64enc }}', 'RXhhbXBsZS5PUkc='],
    ['{{ .var.host | b64enc | b64dec }}', 'Example.ORG'],
    ['{{ .var.host | quote }}', '"Example.ORG"'],
    ['{{ .var.hosts | toJson }}', '["a","b"]'],
    ['{{ .var.host | trim | sha256 }}', 'd4b2b2b8'],
    ['{{ .var.net | cidrHost 5 }}', '10.20.0.5'],
    ['{{ .var.net | cidrHost -2 }}', '10.20.255.254'],
    ['{{ .var.net | cidrSubnet 8 3 }}', '10.20.3.0/24'],
    ['{{ .var.net6 | cidrSubnet 16 10 }}', 'fd00:1:0:a::/64'],
    ['{{ .var.net6 | cidrHost 1 }}', 'fd00:1::1'],
    ['{{ .layer.db.values["a"].b }}', { a: { b: 1 } }],
    ['{{ .var.host | replace `ORG` "\\"" }}', 'Example."'],
    ['{{ .var.host | required "give it" }}', 'Example.ORG'],
  ])('%s', (text, expected) => {
    const { value, causes } = run(text);
    expect(causes).toEqual([]);
    if (text.includes('sha256')) expect(value).toMatch(/^[0-9a-f]{64}$/);
    else expect(value).toEqual(expected);
  });

  it.each([
    ['{{ .var.nope }}', 'there is no nope'],
    ['{{ .var.nope | default "x" }}', 'there is no nope'],
    ['{{ .macro.nope }}', 'there is no nope'],
    ['{{ .macro.nope | upper }}', 'there is no nope'],
    ['{{ .macro.nope | required "ask the network team" }}', '.macro.nope: ask the network team'],
    ['{{ .var.empty | required }}', '.var.empty: is empty, and a value is required'],
    ['{{ .var.host | nope }}', 'uses the function "nope", which there is not; there are: add, b64dec'],
    ['{{ .var.host | cidrHost 1 }}', '.var.host: "cidrHost" needs a network such as 10.0.0.0/16'],
    ['{{ .var.net | cidrHost 70000 }}', 'asks for an address that the network does not have'],
    ['{{ .var.net | cidrSubnet 20 1 }}', 'asks for a part that the network does not have'],
    ['{{ .var.hosts | upper }}', '"upper" needs a text, not a list'],
    ['{{ .var.host | add 1 }}', '"add" needs a number, not a text'],
    ['{{ .var.host | replace "" "x" }}', 'needs a text to look for'],
    ['{{ .var.host | default }}', '"default" takes 1 argument, not 0'],
    ['x{{ .var.hosts }}', '.var.hosts is a list and cannot be part of a text; use join or toJson'],
    ['{{ .var.host | b64dec }}', 'needs text in base64'],
    ['{{ .var.host', 'is not closed'],
    ['{{ .var.host | upper lower }}', 'has "lower" where a reference'],
    ['{{ .var }}', 'it must look like {{ .var.name }}'],
    ['{{ .var.a-b }}', 'malformed reference'],
    ['{{ .var.host | default "x }}', 'without a closing quote'],
    [`{{ .macro.x | default ${'('.repeat(12)}.var.host${')'.repeat(12)} }}`, 'nested deeper than 8'],
    [`{{ .var.host ${'| upper '.repeat(30)}}}`, 'more than 20 functions'],
  ])('%s is refused with its place', (text, message) => {
    const { causes } = run({ deep: [text] });
    expect(causes).toHaveLength(1);
    expect(causes[0]).toMatch(/^at\.deep\[0\]: /);
    expect(causes[0]).toContain(message);
  });

  it.each([
    '{{ include "a" . }}',
    '{{ .Values.var.x }} {{ $labels.pod }}',
    '{{ .cluster }}',
    '{{ .layer }}',
    '{{ .variable }}',
    '{{ .macros.x }}',
    '{{',
    '}} {{ "x" }}',
    '{{/* .var.x */}}',
  ])('%s is not ours and stays', (text) => {
    expect(run(text)).toMatchObject({ value: text, causes: [] });
  });

  it('never tells a value in an error', () => {
    for (const text of ['{{ .var.password | add 1 }}', '{{ .var.password | cidrHost 1 }}', '{{ .var.password | b64dec }}'])
      expect(run(text).causes.join()).not.toContain('hunter22');
  });

  it('says nothing of what a stand-in would be', () => {
    expect(run('{{ .var.later | cidrHost 5 }} and {{ .var.later | int }}')).toMatchObject({ causes: [], value: 'sample and sample' });
  });
});

describe('a secret', () => {
  it('marks every text it goes into, also through functions', () => {
    const { value, shown, texts } = run({ a: 'p:{{ .var.password }}@h', b: ['{{ .var.password | b64enc }}'], c: '{{ .var.host }}' });
    expect(value).toEqual({ a: 'p:hunter22@h', b: ['aHVudGVyMjI='], c: 'Example.ORG' });
    expect(shown).toEqual(['a=p:***@h', 'b.0=***']);
    expect(texts).toEqual(['hunter22', 'aHVudGVyMjI=']);
  });

  it('cannot be a key', () => {
    expect(run({ '{{ .var.password }}': 1 }).causes[0]).toContain('a secret cannot be the name of a key');
  });
});

describe('limits', () => {
  it('of text that functions blow up', () => {
    const big = { find: () => known('a'.repeat(60_000)) };
    const causes: FieldCause[] = [];
    fill('{{ .var.x | replace "a" "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" }}', 'at', {
      references: big,
      budget: { left: MAX_FILLED },
      causes,
      secretTexts: new Set(),
    });
    expect(causes[0]?.message).toContain('more than 1048576 characters');
  });

  it('of all that is filled in together', () => {
    const big = { find: () => known('a'.repeat(1_000_000)) };
    const causes: FieldCause[] = [];
    fill(
      Array.from({ length: 20 }, () => '{{ .var.x }}'),
      'at',
      { references: big, budget: { left: MAX_FILLED }, causes, secretTexts: new Set() },
    );
    expect(causes[0]).toMatchObject({ field: 'at[8]', message: expect.stringContaining('more than 8388608 characters') });
  });
});

describe('any text', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    ' ',
    '-',
    '.var.',
    '.macro.',
    '.layer.',
    '.cluster.',
    'host',
    'net',
    '|',
    'upper',
    'default',
    'cidrHost',
    'replace',
    'toJson',
    '"',
    '\\"',
    '`',
    '(',
    ')',
    '[',
    ']',
    '1',
    '-7',
    'é',
    '\n',
    'values',
    'x',
  );
  const text = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''));

  it('is cut into pieces that are the text again', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (given) => {
        const whole = segmentsOf(given).map((segment) => (segment.type === 'text' ? segment.text : segment.source));
        expect(whole.join('')).toBe(given);
      }),
      { numRuns: 2000 },
    );
  });

  it('is filled in without a crash, and the same each time', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (given) => {
        fuzzTemplate(given);
        expect(run(given)).toEqual(run(given));
      }),
      { numRuns: 2000 },
    );
  });

  it('without references stays as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((given) => !/\{\{-?\s*\.(var|macro|layer|cluster)/.test(given)),
        (given) => void expect(run(given).value).toBe(given),
      ),
    );
  });
});

describe('YAML with references', () => {
  const valueOf = (text: string) => {
    const [document] = readYamlTemplate(text);
    return run(document !== undefined && 'value' in document ? document.value : undefined).value;
  };

  it('keeps types where they stand plain, and makes texts where they are quoted', () => {
    expect(
      valueOf(
        'a: {{ .var.count }}\nb: "{{ .var.count }}"\nc: "{{ .var.nope2 | default \\"x y\\" }}"\nd: {{ .macro.n | default "k: v" }}\n',
      ),
    ).toMatchObject({
      a: 3,
      b: '3',
      d: 'k: v',
    });
  });

  it('cannot be broken out of', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (value) => {
        const [document] = readYamlTemplate('a: {{ .var.x }}\nb: [ {{ .var.x }} ]\nc: "{{ .var.x }}"\n');
        const scope = {
          references: { find: () => known(value) },
          budget: { left: MAX_FILLED },
          causes: [],
          secretTexts: new Set<string>(),
        };
        const filled = fill((document as { value: unknown }).value, 'at', scope);
        expect(filled.value).toEqual({ a: value, b: [value], c: value });
      }),
    );
  });
});
