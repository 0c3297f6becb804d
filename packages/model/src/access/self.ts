import type { Grant } from './grant.ts';

const source = { role: 'self', binding: 'of everybody', subject: 'themselves' };

/** What every user may do about themselves, in their own tenant, without a binding: see who they are, where they are signed in, their own keys, and what they keep for themselves. Never a reason to grant it on. */
export function selfGrants(name: string): Grant[] {
  return [
    {
      level: 'tenant',
      rules: [
        { resources: ['users'], verbs: ['get'], names: [name] },
        { resources: ['users/sessions'], verbs: ['get', 'delete'], names: [name] },
      ],
      source,
    },
    {
      level: 'tenant',
      rules: [
        { resources: ['apikeys'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'] },
        { resources: ['apikeys/token'], verbs: ['create'] },
      ],
      // Names of objects hold nothing that a selector would read otherwise.
      fieldSelector: `spec.owner.kind=User,spec.owner.name=${name}`,
      source,
    },
    {
      level: 'tenant',
      rules: [{ resources: ['useritems'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'] }],
      fieldSelector: `spec.owner=${name}`,
      source,
    },
  ];
}
