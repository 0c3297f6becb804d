import type { ApiObject, RoleBindingSpec, RoleSpec } from '@slipway/model';
import { expect, it } from 'vitest';
import { reachersOf } from './reachers.ts';

const object = <T>(kind: string, name: string, spec: T, namespace?: string) =>
  ({
    apiVersion: 'slipway.dev/v1',
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec,
  }) as unknown as ApiObject<T>;
const role = (name: string, rules: RoleSpec['rules']) => object<RoleSpec>('Role', name, { description: '', level: 'project', rules });
const binding = (name: string, spec: Partial<RoleBindingSpec>) =>
  object<RoleBindingSpec>('RoleBinding', name, { role: 'viewer', subjects: [{ kind: 'User', name }], ...spec });

const ROLES = [
  role('admin', [{ resources: ['*'], verbs: ['*'] }]),
  role('viewer', [
    { resources: ['clusters/proxy'], verbs: ['*'] },
    { resources: ['clusters/kubernetes'], verbs: ['view'] },
  ]),
  role('reader', [{ resources: ['clusters'], verbs: ['get'] }]),
  role('one', [{ resources: ['clusters/proxy', 'clusters/kubernetes'], verbs: ['*'], names: ['other'] }]),
];

it('names who has a way in, with the right inside, and nobody else', () => {
  const bindings = [
    binding('ada', { role: 'admin' }),
    binding('ben', { projects: ['shop'] }),
    binding('cid', { projects: ['elsewhere'] }),
    binding('dan', { role: 'reader' }),
    binding('eve', { role: 'one' }),
    object<RoleBindingSpec>(
      'ProjectRoleBinding',
      'team',
      { role: 'viewer', subjects: [{ kind: 'Team', name: 'ops' }], selector: 'env=dev' },
      'shop',
    ),
  ];
  expect(reachersOf('shop', 'web', bindings, ROLES).map(({ who, inside, selector }) => [who, inside, selector])).toEqual([
    ['User ada', 'cluster-admin', undefined],
    ['User ben', 'view', undefined],
    ['Team ops', 'view', 'env=dev'],
  ]);
});
