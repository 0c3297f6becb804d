import { describe, expect, it } from 'vitest';
import { kinds, resourceKinds } from '../kinds.ts';
import { BUILT_IN_ROLES } from './built-in-roles.ts';
import { decide } from './decide.ts';
import type { Grant } from './grant.ts';

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const SUBRESOURCES: Readonly<Record<string, readonly string[]>> = {
  clusters: ['status', 'plan', 'kubeconfig', 'proxy'],
  gateways: ['jointoken'],
  users: ['invitation', 'sessions'],
  serviceaccounts: ['token'],
  apikeys: ['token'],
};
const KUBERNETES = ['view', 'edit', 'cluster-admin'];
const LETTERS: Readonly<Record<string, string>> = {
  get: 'g',
  list: 'l',
  watch: 'w',
  create: 'C',
  update: 'U',
  patch: 'P',
  delete: 'D',
  deletecollection: 'X',
};

const grantOf = (role: (typeof BUILT_IN_ROLES)[number]): Grant => ({
  level: role.level,
  rules: role.rules,
  ...(role.level === 'project' ? { projects: ['shop'] } : {}),
  source: { role: role.name, binding: 'b', subject: 'u' },
});

/** `gl(w)`: a letter in brackets is allowed for some objects only. */
function cell(grant: Grant, request: { resource: string; subresource?: string; project?: string | undefined }, verbs = VERBS): string {
  return verbs
    .map((verb) => {
      const decision = decide({ grants: [grant], kinds: resourceKinds }, { verb, group: 'slipway.dev', ...request });
      const letter = LETTERS[verb] ?? `${verb} `;
      return !decision.allowed ? '' : decision.only === undefined ? letter : `(${letter})`;
    })
    .join('')
    .trim();
}

function matrix(): string {
  const lines = [
    'Who may do what. g get, l list, w watch, C create, U update, P patch, D delete, X deletecollection; (in brackets) some objects only.',
    '',
  ];
  for (const role of BUILT_IN_ROLES) {
    const grant = grantOf(role);
    lines.push(`${role.name} (${role.level})${role.level === 'project' ? ', bound in project shop' : ''}`);
    lines.push(`  ${'resource'.padEnd(28)}${'in shop or the tenant'.padEnd(24)}in another project`);
    for (const kind of kinds) {
      for (const sub of [undefined, ...(SUBRESOURCES[kind.plural] ?? [])]) {
        const resource = { resource: kind.plural, ...(sub === undefined ? {} : { subresource: sub }) };
        const inProject = kind.scope === 'project';
        const own = cell(grant, { ...resource, project: inProject ? 'shop' : undefined });
        const other = inProject ? cell(grant, { ...resource, project: 'other' }) : '';
        if (own + other !== '')
          lines.push(`  ${`${kind.plural}${sub === undefined ? '' : `/${sub}`}`.padEnd(28)}${own.padEnd(24)}${other}`.trimEnd());
      }
    }
    const rights = (project: string) => cell(grant, { resource: 'clusters', subresource: 'kubernetes', project }, KUBERNETES);
    lines.push(`  ${'kubernetes rights'.padEnd(28)}${rights('shop').padEnd(24)}${rights('other')}`.trimEnd(), '');
  }
  return lines.join('\n');
}

describe('role × resource × verb', () => {
  it('is what was reviewed', async () => {
    await expect(matrix()).toMatchFileSnapshot('generated/role-matrix.txt');
  });
});
