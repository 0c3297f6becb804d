import { describe, expect, it } from 'vitest';
import { resourceKinds } from '../kinds.ts';
import { decide } from './decide.ts';
import { commonRules, uncovered } from './escalation.ts';
import type { Grant } from './grant.ts';
import type { AccessRequest, Rule } from './request.ts';

const grant = (level: Grant['level'], rules: Rule[], rest: Partial<Grant> = {}): Grant => ({
  level,
  rules,
  source: { role: 'r', binding: 'b', subject: 'team "devs"' },
  ...rest,
});
const ask = (grants: Grant[], request: Partial<AccessRequest>, restriction?: { rules: Rule[]; projects?: string[] }) =>
  decide({ grants, kinds: resourceKinds, restriction }, { verb: 'get', group: 'slipway.dev', resource: 'clusters', ...request });
const all: Rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };

describe('a decision', () => {
  it('says which rule allowed it, or that none did', () => {
    const grants = [grant('project', [{ resources: ['clusters'], verbs: ['get'] }], { projects: ['shop'] })];
    expect(ask(grants, { project: 'shop', name: 'a' })).toEqual({
      allowed: true,
      reason: 'role "r" by binding "b" of team "devs" in shop',
    });
    expect(ask(grants, { project: 'other', name: 'a' })).toEqual({
      allowed: false,
      reason: 'no role of yours allows get on clusters in project "other"',
    });
    expect(ask(grants, { project: 'shop', verb: 'delete' }).allowed).toBe(false);
    expect(ask([], { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' }).allowed).toBe(true);
    // A kind of ours that is merely called so is not a review.
    expect(ask([], { verb: 'create', resource: 'selfsubjectaccessreviews' }).allowed).toBe(false);
  });

  it('keeps levels apart', () => {
    expect(ask([grant('tenant', [all])], { resource: 'tenants' }).allowed).toBe(false);
    expect(ask([grant('system', [all])], { resource: 'tenants' }).allowed).toBe(true);
    const project = [grant('project', [all], { projects: ['shop'] })];
    for (const resource of ['users', 'teams', 'rolebindings', 'apikeys', 'tenants'])
      expect(ask(project, { resource }).allowed, resource).toBe(false);
    expect(ask(project, { resource: 'clusterprofiles', name: 'p' }).allowed).toBe(true);
    expect(ask(project, { resource: 'clusterprofiles', verb: 'update', name: 'p' }).allowed).toBe(false);
    expect(ask(project, { resource: 'projects', name: 'shop', verb: 'update' }).allowed).toBe(true);
    for (const verb of ['delete', 'create', 'deletecollection'])
      expect(ask(project, { resource: 'projects', name: 'shop', verb }).allowed, verb).toBe(false);
    expect(ask(project, { resource: 'projects', verb: 'list' }).only).toEqual([{ names: ['shop'] }]);
    expect(ask(project, { group: '', resource: 'namespaces', verb: 'get', project: 'shop', name: 'shop' }).allowed).toBe(true);
    expect(ask(project, { group: '', resource: 'namespaces', verb: 'get', project: 'x', name: 'x' }).allowed).toBe(false);
  });

  it('is a union, limited to what each grant reaches', () => {
    const grants = [
      grant('resource', [{ resources: ['clusters'], verbs: ['*'] }], { projects: ['shop'], selector: 'env=dev' }),
      grant('project', [{ resources: ['clusters'], verbs: ['list'], names: ['a'] }], { projects: ['bank'] }),
    ];
    expect(ask(grants, { verb: 'list' }).only).toEqual([
      { labelSelector: 'env=dev', projects: ['shop'] },
      { projects: ['bank'], names: ['a'] },
    ]);
    expect(ask(grants, { verb: 'create', project: 'shop' }).only).toEqual([{ labelSelector: 'env=dev' }]);
    expect(ask(grants, { verb: 'list', project: 'bank' }).only).toEqual([{ names: ['a'] }]);
    expect(ask(grants, { verb: 'create', project: 'bank' }).allowed).toBe(false);
    expect(ask([...grants, grant('tenant', [all])], { verb: 'list' }).only).toBeUndefined();
  });

  it('a subresource is a permission of its own', () => {
    const reader = [grant('tenant', [{ resources: ['clusters'], verbs: ['*'] }])];
    expect(ask(reader, { project: 'p', name: 'c', subresource: 'kubeconfig' }).allowed).toBe(false);
    expect(
      ask([grant('tenant', [{ resources: ['clusters/*'], verbs: ['get'] }])], { project: 'p', name: 'c', subresource: 'kubeconfig' })
        .allowed,
    ).toBe(true);
    expect(ask([grant('tenant', [{ resources: ['*/kubeconfig'], verbs: ['get'] }])], { project: 'p', name: 'c' }).allowed).toBe(false);
  });

  it('a key’s scope takes away and never gives', () => {
    const read = { rules: [{ resources: ['clusters'], verbs: ['get', 'list'] }], projects: ['shop'] };
    expect(ask([grant('tenant', [all])], { project: 'shop', name: 'c' }, read).allowed).toBe(true);
    expect(ask([grant('tenant', [all])], { project: 'shop', verb: 'delete', name: 'c' }, read)).toMatchObject({
      allowed: false,
      reason: 'the scope of this key does not allow delete on clusters in project "shop"',
    });
    expect(ask([grant('tenant', [all])], { project: 'bank', name: 'c' }, read).allowed).toBe(false);
    expect(ask([], { project: 'shop', name: 'c' }, read).allowed).toBe(false);
    const labelled = grant('resource', [{ resources: ['clusters'], verbs: ['list'] }], { selector: 'env=dev' });
    expect(ask([labelled], { verb: 'list' }, read).only).toEqual([{ projects: ['shop'], labelSelector: 'env=dev' }]);
    expect(
      ask([grant('project', [{ resources: ['clusters'], verbs: ['list'] }], { projects: ['bank'] })], { verb: 'list' }, read).only,
    ).toEqual([{ projects: [] }]);
  });
});

describe('nobody gives what they do not hold', () => {
  const editor = grant('project', [{ resources: ['clusters', 'clusters/*'], verbs: ['get', 'update'] }], { projects: ['shop', 'bank'] });
  it.each([
    ['the same', grant('project', [{ resources: ['clusters'], verbs: ['get'] }], { projects: ['shop'] }), []],
    [
      'a part of it by labels',
      grant('resource', [{ resources: ['clusters/proxy'], verbs: ['get'] }], { projects: ['shop'], selector: 'a=b' }),
      [],
    ],
    [
      'another verb',
      grant('project', [{ resources: ['clusters'], verbs: ['delete'] }], { projects: ['shop'] }),
      ['delete on clusters in shop'],
    ],
    [
      'another project',
      grant('project', [{ resources: ['clusters'], verbs: ['get'] }], { projects: ['shop', 'x'] }),
      ['get on clusters in shop, x'],
    ],
    ['projects to come', grant('project', [{ resources: ['clusters'], verbs: ['get'] }]), ['get on clusters in every project']],
    ['every verb', grant('project', [{ resources: ['clusters'], verbs: ['*'] }], { projects: ['shop'] }), ['* on clusters in shop']],
    ['every resource', grant('project', [{ resources: ['*'], verbs: ['get'] }], { projects: ['shop'] }), ['get on * in shop']],
    [
      'another API group',
      grant('project', [{ apiGroups: ['apps'], resources: ['clusters'], verbs: ['get'] }], { projects: ['shop'] }),
      ['get on clusters in shop'],
    ],
    [
      'every API group',
      grant('project', [{ apiGroups: ['*'], resources: ['clusters'], verbs: ['get'] }], { projects: ['shop'] }),
      ['get on clusters in shop'],
    ],
    ['the whole tenant', grant('tenant', [{ resources: ['clusters'], verbs: ['get'] }]), ['get on clusters in the whole tenant']],
    ['everywhere', grant('system', [{ resources: ['clusters'], verbs: ['get'] }]), ['get on clusters everywhere']],
  ])('%s', (_what, wanted, missing) => {
    expect(uncovered([editor], [wanted])).toEqual(missing);
  });

  it('not by pieces, nor by other labels, nor more names', () => {
    const dev = grant('resource', [{ resources: ['clusters'], verbs: ['get'] }], { projects: ['shop'], selector: 'env=dev' });
    expect(uncovered([dev], [{ ...dev, selector: 'env in (dev)' }])).toHaveLength(1);
    expect(uncovered([dev], [dev])).toEqual([]);
    const named = grant('tenant', [{ resources: ['clusters'], verbs: ['get'], names: ['a'] }]);
    expect(uncovered([named], [grant('tenant', [{ resources: ['clusters'], verbs: ['get'], names: ['a', 'b'] }])])).toHaveLength(1);
    expect(uncovered([named], [grant('tenant', [{ resources: ['clusters'], verbs: ['get'] }])])).toHaveLength(1);
  });

  it('rules in common are what both allow', () => {
    expect(commonRules([all], [{ resources: ['clusters'], verbs: ['get'] }])).toEqual([
      { apiGroups: ['slipway.dev'], resources: ['clusters'], verbs: ['get'] },
    ]);
    expect(
      commonRules(
        [{ resources: ['clusters/*'], verbs: ['get', 'create'] }],
        [{ resources: ['clusters/plan', 'users'], verbs: ['create'] }],
      ),
    ).toEqual([{ apiGroups: ['slipway.dev'], resources: ['clusters/plan'], verbs: ['create'] }]);
    expect(commonRules([{ resources: ['clusters'], verbs: ['get'] }], [{ resources: ['users'], verbs: ['get'] }])).toEqual([]);
  });
});
