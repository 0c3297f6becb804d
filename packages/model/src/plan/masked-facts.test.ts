import { expect, test } from 'vitest';
import type { ResolveResult } from '../cluster-profile/resolved.ts';
import type { ClusterFacts } from './facts.ts';
import { maskedFacts } from './masked-facts.ts';

const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'a', name: 'b' };
const facts: ClusterFacts = {
  kind: 'ClusterFacts',
  clusterUid: 'u',
  agentVersion: '1',
  planRevision: 1,
  planHash: 'h',
  layers: [
    { name: 'web', state: 'Failed', reason: 'HelmFailed', message: 'cannot parse "CANARY" as a number', since: 's', objects: [object] },
  ],
  drift: [
    {
      layer: 'web',
      object,
      type: 'Changed',
      policy: 'report',
      state: 'Open',
      detectedAt: 't',
      diff: [{ path: 'data.url', wanted: 'https://me:CANARY@x', live: 'https://me:CANARY-and-more@x' }],
    },
  ],
  health: { healthy: true, conditions: [] },
  nodes: [],
  kubernetesVersion: 'v1',
  tombstonesDone: [],
};

const resolvedWith = (secretValues: readonly string[]): ResolveResult => ({
  ok: true,
  profile: { name: 'p', version: '1.0.0', kubernetesVersion: 'v1', layers: [], variables: {}, secretValues },
});

test('a secret that an agent repeats is masked, and the rest is as it was told', () => {
  const masked = maskedFacts(facts, resolvedWith(['CANARY']));
  expect(JSON.stringify(masked)).not.toContain('CANARY');
  expect(masked.layers[0]).toEqual({ ...facts.layers[0], message: 'cannot parse "***" as a number' });
  expect(masked.drift[0]?.diff).toEqual([{ path: 'data.url', wanted: 'https://me:***@x', live: 'https://me:***-and-more@x' }]);
  expect(maskedFacts(facts, resolvedWith([]))).toEqual(facts);
  expect(maskedFacts(facts, { ok: false, causes: [], message: '' })).toEqual(facts);
  expect(maskedFacts(undefined, resolvedWith(['CANARY']))).toBeUndefined();
});
