import { expect, it } from 'vitest';
import { templateKnowledge } from './template-knowledge.ts';

const knowledge = templateKnowledge(
  { variables: [{ name: 'host', detail: 'string', info: 'Where it is served.' }], macros: [{ name: 'domain' }], layers: ['db'] },
  { complete: (_text, at) => ({ from: at, options: [{ label: 'inner' }] }), explain: () => undefined },
);
/** What is offered where `|` stands for the cursor. */
const offered = (text: string) => {
  const at = text.indexOf('‸');
  const found = knowledge.complete(text.replace('‸', ''), at);
  return { from: found?.from, labels: found?.options.map(({ label }) => label) ?? [], first: found?.options[0]?.apply };
};

it('offers variables, macros, facts and other layers in an expression, and closes one that is open', () => {
  const { from, labels, first } = offered('host: {{ .v‸');
  expect(from).toBe('host: {{ '.length);
  expect(labels).toEqual(expect.arrayContaining(['.var.host', '.macro.domain', '.cluster.name', '.layer.db.values']));
  expect(first).toBe('.var.host }}');
  expect(offered('host: {{ ‸ }}').first).toBeUndefined();
  // Another expression behind it does not close this one.
  expect(offered('host: {{ ‸ - {{ .var.b }}').first).toBe('.var.host }}');
});

it('offers functions behind a bar, and references as their arguments', () => {
  expect(offered('host: "{{ .var.host | lo‸ }}"').labels).toContain('lower');
  expect(offered('host: "{{ .var.host | lo‸ }}"').labels).not.toContain('.var.host');
  expect(offered('host: {{ .macro.domain | default .‸').labels).toContain('.var.host');
  expect(offered('host: {{ .var.host ‸').labels).toContain('.var.host');
  expect(offered('host: {{ "text‸').labels).toEqual([]);
});

it('leaves the rest to what else knows the text, and behind a colon offers whole expressions too', () => {
  expect(offered('ho‸').labels).toEqual(['inner']);
  const { from, labels } = offered('host: sh‸');
  expect([from, labels.slice(0, 2)]).toEqual(['host: '.length, ['inner', '.var.host']]);
  expect(knowledge.complete('host: ', 6)?.options[1]?.apply).toBe('{{ .var.host }}');
  expect(offered('host: {{ .var.host }}‸').labels).toEqual(['inner']);
});

it('explains what a reference or a function is', () => {
  const text = 'host: {{ .var.host | lower }}';
  expect(knowledge.explain(text, text.indexOf('host |'))).toEqual({ from: 9, to: 18, text: 'Where it is served. · string' });
  expect(knowledge.explain(text, text.indexOf('lower'))?.text).toContain('lower case');
});
