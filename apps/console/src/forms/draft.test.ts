import { expect, it } from 'vitest';
import { withoutSecrets } from './draft.ts';

const document = { components: { schemas: {} } };
const secret = { type: 'string', format: 'password' };
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: { password: secret, keys: { type: 'array', items: { properties: { value: secret } } } },
      additionalProperties: secret,
    },
  },
};

it('keeps what was written without the secrets in it', () => {
  const text = 'spec:\n  password: hunter2\n  keys:\n    - value: a\n      name: one\n    - value: b\n  other: c\n  kept: "***"\n';
  const kept = withoutSecrets(text, document, schema);
  expect(kept).not.toMatch(/hunter2|value|other/);
  expect(kept).toContain('name: one');
  expect(kept).toContain('kept: "***"');
});

it('keeps nothing of a text that cannot be read yet: what is secret in it is unknown', () => {
  expect(withoutSecrets('spec: {password: hun', document, schema)).toBe('');
});
