import type { KubeObject } from '@slipway/kube';
import { describe, expect, it } from 'vitest';
import { orphanedNodes } from './orphaned-nodes.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const OWN = { 'cluster.x-k8s.io/machine': 'a', 'cluster.x-k8s.io/cluster-name': 'prod' };

function node(change: { annotations?: Record<string, string>; providerID?: string; ready?: string; silent?: number }): KubeObject {
  const { annotations = {}, providerID, ready = 'Unknown', silent = 61 } = change;
  const lastTransitionTime = new Date(NOW - silent * 1000).toISOString();
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-a', annotations },
    spec: { providerID },
    status: { conditions: [{ type: 'Ready', status: ready, lastTransitionTime }] },
  };
}
const machine = (name: string, rest: object = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Machine', metadata: { name }, ...rest });
const orphans = (one: KubeObject, machines: KubeObject[] = []) => orphanedNodes('prod', [one], machines, NOW).length;

describe('a node', () => {
  it('is an orphan when it names a machine that is gone and has been silent for a minute', () => {
    expect(orphans(node({ annotations: OWN }))).toBe(1);
    expect(orphans(node({ providerID: 'local:///a' }))).toBe(1);
    expect(orphans(node({ annotations: OWN }), [machine('b')])).toBe(1);
  });

  it('stays while its kubelet says anything, or has only just fallen silent', () => {
    expect(orphans(node({ annotations: OWN, ready: 'True' }))).toBe(0);
    expect(orphans(node({ annotations: OWN, ready: 'False' }))).toBe(0);
    expect(orphans(node({ annotations: OWN, silent: 59 }))).toBe(0);
  });

  it('stays while there is a Machine it could be of', () => {
    expect(orphans(node({ annotations: OWN }), [machine('a')])).toBe(0);
    expect(orphans(node({ annotations: OWN }), [machine('z', { status: { nodeRef: { name: 'node-a' } } })])).toBe(0);
    expect(orphans(node({ providerID: 'local:///a' }), [machine('z', { spec: { providerID: 'local:///a' } })])).toBe(0);
  });

  it('stays when it is not a machine of this cluster: joined by hand, or of another one', () => {
    expect(orphans(node({}))).toBe(0);
    expect(orphans(node({ providerID: 'aws:///eu-1a/i-1' }))).toBe(0);
    expect(orphans(node({ annotations: { ...OWN, 'cluster.x-k8s.io/cluster-name': 'other' } }))).toBe(0);
  });
});
