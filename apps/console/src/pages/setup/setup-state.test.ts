import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../hub/objects.ts';
import { notesIn, setupStep, setupTasks, withChange } from './setup-state.ts';

const cluster = (phase?: string) => ({ metadata: { name: 'dev' }, spec: {}, ...(phase ? { status: { phase } } : {}) }) as Cluster;
const user = { metadata: { name: 'admin' }, spec: {} } as never;
const doneOf = (facts: Parameters<typeof setupTasks>[0]) => setupTasks(facts).flatMap(({ id, done }) => (done ? [id] : []));

describe('the beginning', () => {
  it('reads back what it kept, forgets what is taken back, and takes nothing else for it', () => {
    expect(notesIn(JSON.stringify(withChange({ project: 'a' }, { later: true })))).toEqual({ project: 'a', later: true });
    expect(withChange({ project: 'a', later: true }, { project: null })).toEqual({ later: true });
    for (const text of [undefined, '', 'no json', 'null', '7', '{"project":{"a":1},"dismissed":"yes"}']) expect(notesIn(text)).toEqual({});
  });

  it('goes from project to cluster to the end, and a reload changes nothing of it', () => {
    expect(setupStep({ notes: {}, clusters: [] })).toBe('project');
    expect(setupStep({ notes: {}, clusters: [cluster()] })).toBe('project');
    expect(setupStep({ notes: { project: 'shop' }, clusters: [] })).toBe('cluster');
    expect(setupStep({ notes: { project: 'shop' }, clusters: [cluster()] })).toBe('ready');
    expect(setupStep({ notes: { project: 'shop', later: true }, clusters: [] })).toBe('ready');
    // While its workers are made too; who looks around first, or goes back, does not wait for them.
    expect(setupStep({ notes: { project: 'shop' }, clusters: [cluster()] }, true)).toBe('cluster');
    expect(setupStep({ notes: { project: 'shop', later: true }, clusters: [cluster()] }, true)).toBe('ready');
    expect(setupStep({ notes: {}, clusters: [cluster()] }, true)).toBe('project');
  });

  it('counts as done what is there, whoever made it', () => {
    expect(doneOf({ notes: {}, clusters: [], users: [user] })).toEqual(['password']);
    expect(doneOf({ notes: { project: 'shop' }, clusters: [], users: [user] })).toEqual(['password', 'project']);
    expect(doneOf({ notes: {}, clusters: [cluster('Provisioning')], users: [user] })).toEqual(['password', 'project', 'cluster']);
    expect(doneOf({ notes: {}, clusters: [cluster('Running')], users: [user, user] })).toEqual([
      'password',
      'project',
      'cluster',
      'running',
      'people',
    ]);
  });
});
