import { expect, it, test } from 'vitest';
import { compileExpression } from './expression.ts';

const object = {
  metadata: { name: 'web', generation: 3, labels: { 'app.kubernetes.io/name': 'web' } },
  spec: { replicas: 3, ratio: 0.5 },
  status: {
    readyReplicas: 2,
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Synced', status: 'False' },
    ],
  },
};
const value = (text: string, of: Record<string, unknown> = object): unknown => {
  const compiled = compileExpression(text, 'bool');
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.expression.evaluate(of);
};
const refusal = (text: string): string => {
  const compiled = compileExpression(text, 'bool');
  return compiled.ok ? '' : compiled.message;
};

test.each([
  ['object.status.readyReplicas == object.spec.replicas', false],
  ['object.status.readyReplicas == object.spec.replicas - 1', true],
  ['object.spec.replicas / 2 == 1 && object.spec.ratio < 1.0', true],
  ['object.status.conditions.exists(c, c.type == "Ready" && c.status == "True")', true],
  ['object.status.conditions.all(c, c.status == "True")', false],
  ['object.status.conditions.filter(c, c.status == "False").size() == 1', true],
  ['has(object.status.failed) ? object.status.failed == 0 : true', true],
  ['object.?status.?failed.orValue(0) == 0', true],
  ['object.metadata.labels["app.kubernetes.io/name"] == "web"', true],
  ['object.status.phase in ["Running", "Succeeded"]', true],
  ['object.status.phase.matches("^(Run|Succ)")', true],
])('%s is %s', (text, expected) => {
  expect(value(text)).toBe(expected);
});

test('a field that is not there is an error that names it, not false', () => {
  expect(() => value('object.status.readyReplicas == 1', { spec: {} })).toThrow('No such key: status');
  expect(() => value('object.status.a.b == 1')).toThrow('No such key: a');
});

test('what an object inherits from JavaScript is no field of it', () => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty']) expect(() => value(`object.${name} == 1`)).toThrow('No such key');
  expect(() => value('object["__proto__"] == 1')).toThrow('No such key');
});

it.each([
  ['object.a ==', /Unexpected token/],
  ['subject.a == 1', /Unknown variable: subject/],
  ['object.a', ''],
  ['size(object)', /type int; it must give bool/],
  ['"a" + 1 == "a1"', /no such overload/],
  [`object.a == "${'x'.repeat(1024)}"`, /at most 1024/],
  ['object.a.map(x, x + x).map(y, y + y).size() > 0', /must not call map/],
  ['cel.bind(x, object.a + object.a, x == x)', /must not call bind/],
  ['object.a.join("x") == ""', /must not call join/],
  ['object.a.all(x, object.a.all(y, object.a.all(z, z == x)))', /more than 2 deep/],
  [`object.a == ${Array.from({ length: 11 }, () => 'object.a').join(' + ')}`, /more than 8 times/],
  ['object.a.matches(object.b)', /written out/],
  ['object.a.matches("(")', /regular expression/],
  [`${'('.repeat(200)}true${')'.repeat(200)}`, /depth/i],
])('%s is refused: %s', (text, words) => {
  if (words === '') expect(refusal(text)).toBe('');
  else expect(refusal(text)).toMatch(words);
});
