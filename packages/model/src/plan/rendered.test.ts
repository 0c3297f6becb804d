import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changePlan } from '../cluster/plan.ts';
import { objectChanges, withRendered } from './rendered.ts';

const object = (kind: string, name: string, rest: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'shop' },
  ...rest,
});

describe('what becomes of the objects of a chart', () => {
  it('names each that is added, changed and removed, with the fields', () => {
    const before = [object('Deployment', 'api', { spec: { replicas: 1 } }), object('StatefulSet', 'db')];
    const after = [object('Deployment', 'api', { spec: { replicas: 2 } }), object('Deployment', 'web')];
    expect(objectChanges(before, after)).toEqual([
      { object: 'apps/v1/Deployment/shop/api', change: 'changed', diff: [{ path: 'spec.replicas', from: 1, to: 2 }] },
      { object: 'apps/v1/Deployment/shop/web', change: 'added', diff: [] },
      { object: 'apps/v1/StatefulSet/shop/db', change: 'removed', diff: [] },
    ]);
  });

  it('hides secrets, of Secrets and of values that are known as such', () => {
    const secret = (data: string) => [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { password: data } }];
    expect(JSON.stringify(objectChanges(secret('aHVudGVyMg=='), secret('b3RoZXI=')))).toContain('"***"');
    expect(JSON.stringify(objectChanges(secret('aHVudGVyMg=='), secret('b3RoZXI=')))).not.toMatch(/aHVudGVy|b3RoZXI/);
    const config = (text: string) => [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { url: `db://x:${text}@host` } },
    ];
    expect(JSON.stringify(objectChanges(config('hunter22'), config('other'), ['hunter22', 'other']))).not.toMatch(/hunter22|other@/);
  });

  it('of the same objects is nothing, in whatever order', () => {
    const objects = fc.uniqueArray(
      fc.record({ kind: fc.constantFrom('A', 'B'), name: fc.constantFrom('x', 'y', 'z'), value: fc.integer() }),
      {
        selector: ({ kind, name }) => `${kind}/${name}`,
      },
    );
    fc.assert(
      fc.property(objects, (list) => {
        const made = list.map(({ kind, name, value }) => object(kind, name, { value }));
        expect(objectChanges(made, made.toReversed())).toEqual([]);
      }),
    );
  });

  it('stands with the action of its layer; what holds data and goes is said in the reason, a failure in helm’s words', () => {
    const action = {
      verb: 'change' as const,
      target: 'layer db',
      summary: '',
      impact: 'restart' as const,
      reason: 'Pods restart.',
      diff: [],
    };
    const plan = changePlan('dev', [action, { ...action, target: 'layer bad' }]);
    const answer = withRendered(
      plan,
      new Map([
        ['db', { ok: true as const, current: [object('StatefulSet', 'db')], desired: [] }],
        ['bad', { ok: false as const, why: 'token hunter22 is wrong' }],
      ]),
      ['hunter22'],
    );
    expect(answer.actions[0]?.reason).toBe('Pods restart. It no longer makes apps/v1/StatefulSet/shop/db.');
    expect(answer.actions[1]?.notRendered).toBe('token *** is wrong');
    expect(answer.id, 'what is shown besides does not change which plan it is').toBe(plan.id);
  });
});
