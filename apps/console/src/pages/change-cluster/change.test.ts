import { describe, expect, it } from 'vitest';
import type { Cluster, Pool } from '../../hub/objects.ts';
import { affectedBy } from './affected.ts';
import { type Change, changeOf, changeText, writesOf } from './change.ts';
import { whenItRuns } from './when.ts';

const cluster = (spec: object = {}, status: object = {}): Cluster =>
  ({
    metadata: { name: 'dev', namespace: 'default', uid: 'u', generation: 1 },
    spec: {
      profile: { scope: 'tenant', name: 'starter', version: '1.0.0' },
      addons: [],
      overrides: {},
      approvals: [],
      controlPlane: { replicas: 1, size: {} },
      paused: false,
      drift: 'heal',
      ...spec,
    },
    status: { conditions: [{ type: 'AgentConnected', status: 'True' }], ...status },
  }) as unknown as Cluster;
const pool = { metadata: { name: 'dev-workers' }, spec: { cluster: 'dev', replicas: 2, overrides: {} } } as unknown as Pool;
const target = { scope: 'tenant', name: 'starter', version: '1.1.0' } as const;

const CHANGES: readonly Exclude<Change, { what: 'rollback' }>[] = [
  { what: 'move', target },
  { what: 'scale', pool: 'dev-workers', replicas: 3 },
  { what: 'control-plane', replicas: 3 },
  { what: 'paused', paused: true },
  { what: 'drift', policy: 'report' },
];

describe('a change of a cluster', () => {
  it('is the same from its address', () => {
    for (const change of [...CHANGES, { what: 'rollback', seq: 12 } as const]) expect(changeOf(changeText(change))).toEqual(change);
    for (const text of [undefined, '', 'move:', 'move:elsewhere/a@1', 'scale:a=x', 'control-plane:2', 'drift:maybe'])
      expect(changeOf(text)).toBeUndefined();
  });

  it('is one write, and none when it is so already', () => {
    for (const change of CHANGES) expect(writesOf(change, cluster(), [pool])).toHaveLength(1);
    expect(writesOf({ what: 'scale', pool: 'dev-workers', replicas: 2 }, cluster(), [pool])).toBeUndefined();
    expect(writesOf({ what: 'scale', pool: 'nobody', replicas: 3 }, cluster(), [pool])).toBeUndefined();
    expect(writesOf({ what: 'paused', paused: false }, cluster(), [])).toBeUndefined();
    expect(writesOf({ what: 'move', target: { ...target, version: '1.0.0' } }, cluster(), [])).toBeUndefined();
    expect(writesOf({ what: 'move', target: { ...target, name: 'other' } }, cluster(), [])).toBeUndefined();
  });

  it('says what it waits for', () => {
    const move = CHANGES[0]!;
    const approval = { id: 'approve-1', disruptions: ['repave'] };
    expect(whenItRuns(move, cluster(), {})).toEqual(['At once, when it is saved.']);
    expect(whenItRuns(move, cluster(), { approval })).toEqual(['Nothing is done before somebody has approved it.']);
    expect(whenItRuns(move, cluster({ approvals: ['approve-1'] }), { approval })).toEqual(['At once, when it is saved.']);
    expect(whenItRuns(move, cluster({ paused: true }), {})[0]).toContain('paused');
    expect(whenItRuns(move, cluster({}, { conditions: [] }), {})[0]).toContain('not connected');
    expect(whenItRuns({ what: 'paused', paused: true }, cluster({ paused: false }), {})[0]).toContain('At once');
  });

  it('names what it disturbs, worst first', () => {
    const action = (target: string, impact: string) => ({ target, impact }) as never;
    expect(
      affectedBy({
        actions: [action('pool a', 'rolling'), action('layer db', 'data-loss'), action('pool b', 'none'), action('pool a', 'rolling')],
      }),
    ).toEqual([
      { impact: 'data-loss', targets: ['layer db'] },
      { impact: 'rolling', targets: ['pool a'] },
    ]);
  });
});
