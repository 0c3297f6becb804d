import { describe, expect, it } from 'vitest';
import type { ResolvedContent, ResolvedLayer } from '../cluster-profile/resolved.ts';
import { podNetworkOf, refusePodNetworkMove } from './pod-network.ts';

const layer = (name: string, type: ResolvedLayer['type'], content: ResolvedContent): ResolvedLayer => ({
  name,
  type,
  namespace: 'kube-system',
  dependsOn: [],
  drift: undefined,
  timeoutSeconds: 300,
  content,
});
const chart = (name: string, version = '1.0.0'): ResolvedContent => ({
  type: 'chart',
  registryScope: 'tenant',
  registry: 'builtin',
  name,
  version,
  values: {},
});
const builtin = (name: string): ResolvedContent => ({ type: 'builtin', name, version: '1.0.0' });
const profile = (...cni: ResolvedContent[]) => ({
  layers: [layer('kubernetes', 'kubernetes', builtin('kubernetes')), ...cni.map((content, index) => layer(`net-${index}`, 'cni', content))],
});
const manifests: ResolvedContent = { type: 'manifests', objects: [] };

describe('the pod network of a profile', () => {
  it.each([
    ['no layer of type cni', profile(), 'machine'],
    ['a builtin one', profile(builtin('routed')), 'machine'],
    ['a chart beside a builtin one', profile(builtin('routed'), chart('policies')), 'machine'],
    ['a chart', profile(chart('flannel')), 'pack'],
    ['manifests', profile(manifests), 'pack'],
    ['two packs', profile(chart('flannel'), chart('policies')), 'pack'],
  ])('%s', (_name, of, network) => {
    expect(podNetworkOf(of)).toBe(network);
  });

  it.each([
    ['the same', profile(chart('flannel')), profile(chart('flannel'))],
    ['another version', profile(chart('flannel', '1.0.0')), profile(chart('flannel', '1.1.0'))],
    ['policies beside the machines’ own', profile(builtin('routed')), profile(builtin('routed'), chart('policies'))],
  ])('may stay or be upgraded: %s', (_name, from, to) => {
    expect(refusePodNetworkMove(from, to)).toBeUndefined();
  });

  it.each([
    ['machines to a pack', profile(builtin('routed')), profile(chart('flannel')), 'from routed to flannel'],
    ['a pack to machines', profile(chart('flannel')), profile(builtin('routed')), 'from flannel to routed'],
    ['nothing named to a pack', profile(), profile(chart('flannel')), 'from the machines to flannel'],
    ['one pack to another', profile(chart('flannel')), profile(chart('other')), 'from flannel to other'],
    ['a pack to manifests', profile(chart('flannel')), profile(manifests), 'from flannel to layer net-0'],
  ])('is never swapped under running pods: %s', (_name, from, to, words) => {
    expect(refusePodNetworkMove(from, to)).toContain(words);
    expect(refusePodNetworkMove(from, to)).toContain('create another cluster');
  });
});
