import { describe, expect, it } from 'vitest';
import { type Binding, holdings, type Role, ruleSentence } from './access-words.ts';

describe('rights in words', () => {
  it.each([
    [{ resources: ['clusters', 'machinepools'], verbs: ['get', 'list', 'watch'] }, 'See clusters, machinepools.'],
    [{ resources: ['*'], verbs: ['*'] }, 'Do everything with everything.'],
    [
      { resources: ['clusters'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'] },
      'See, create and change and delete clusters.',
    ],
    [{ resources: ['clusters/proxy'], verbs: ['get', 'create'], names: ['dev'] }, 'Get and create clusters/proxy, only dev.'],
    [{ apiGroups: ['authorization.k8s.io'], resources: ['reviews'], verbs: ['create'] }, 'Create reviews of authorization.k8s.io.'],
  ])('%j is “%s”', (rule, sentence) => expect(ruleSentence(rule)).toBe(sentence));

  it('says who has what where, one line for each subject', () => {
    const role = (name: string, level: string) => ({ metadata: { name }, spec: { level, description: '', rules: [] } }) as unknown as Role;
    const binding = (name: string, spec: object, namespace?: string) =>
      ({ metadata: { name, uid: name, ...(namespace ? { namespace } : {}) }, spec }) as unknown as Binding;
    const lines = holdings(
      [
        binding('shop', {
          role: 'editor',
          subjects: [
            { kind: 'Team', name: 'shop' },
            { kind: 'User', name: 'ada' },
          ],
          projects: ['a', 'b'],
        }),
        binding('all', { role: 'viewer', subjects: [{ kind: 'User', name: 'bob' }] }),
        binding('label', { role: 'viewer', subjects: [{ kind: 'User', name: 'cyd' }], selector: 'env=dev' }),
        binding('boss', { role: 'admin', subjects: [{ kind: 'User', name: 'eve' }] }),
        binding('own', { role: 'editor', subjects: [{ kind: 'ServiceAccount', project: 'shop', name: 'ci' }] }, 'shop'),
      ],
      [role('editor', 'project'), role('viewer', 'resource'), role('admin', 'tenant')],
    );
    expect(lines.map(({ who, role: held, where }) => `${who}: ${held} in ${where}`)).toEqual([
      'ada: editor in projects a, b',
      'bob: viewer in every project',
      'cyd: viewer in every project, where env=dev',
      'eve: admin in the whole tenant',
      'shop: editor in projects a, b',
      'shop/ci: editor in project shop',
    ]);
  });
});
