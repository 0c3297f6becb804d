import { expect, it } from 'vitest';
import { maskValue, MASK } from './mask.ts';
import { secretPaths } from './secret-paths.ts';

it('names what would be masked, and nothing else', () => {
  const value = {
    variables: { replicas: 2, adminPassword: 'x', sessionToken: '' },
    env: [
      { name: 'DB_PASSWORD', value: 'y' },
      { name: 'HOST', value: 'z' },
    ],
    secretName: 'kept',
    credentials: { user: 'u', deep: ['v'] },
  };
  const paths = secretPaths(value, 'content');
  expect(paths).toEqual([
    'content.variables.adminPassword',
    'content.env[0].value',
    'content.credentials.user',
    'content.credentials.deep[0]',
  ]);
  expect(JSON.stringify(maskValue(value)).split(MASK).length - 1).toBe(paths.length + 1);
});
