import { silentLogger } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import { expect, test } from 'vitest';
import { createHealthWatch } from './health-watch.ts';

type Listener = (event: { type: string; object: KubeObject }) => void;

/** Only the watches, told by the test. */
function watched() {
  const listeners = new Map<string, Listener>();
  const synced: (() => void)[] = [];
  const watch: KubeClient['watch'] = async (kind, onEvent, _signal, options) => {
    listeners.set(kind.kind, onEvent as Listener);
    if (options?.onSynced) synced.push(options.onSynced as () => void);
  };
  const health = createHealthWatch({ watch } as KubeClient, silentLogger, () => undefined);
  health.start(new AbortController().signal);
  const tell = (kind: string, name: string, ready: boolean, message = '') =>
    listeners.get(kind)?.({
      type: 'MODIFIED',
      object: {
        apiVersion: 'v1',
        kind,
        metadata: { name },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', reason: 'KubeletNotReady', message }] },
      },
    });
  return { health, tell, sync: () => synced.forEach((done) => done()) };
}

test('what the machines provide can be used as soon as one node is ready, and is ready when all of it is', () => {
  const { health, tell, sync } = watched();
  expect(health.builtin('kubernetes')).toMatchObject({ ready: false, usable: false });
  sync();
  expect(health.builtin('kubernetes')).toMatchObject({ ready: false, usable: false, message: 'No node has joined yet.' });
  tell('Node', 'a', false);
  expect(health.builtin('os')).toMatchObject({ ready: false, usable: false });
  tell('Node', 'a', true);
  tell('Node', 'b', false);
  tell('Pod', 'coredns-1', false);
  expect(health.builtin('os')).toMatchObject({ ready: false, usable: true, message: expect.stringContaining('Node b') });
  tell('Node', 'b', true);
  expect(health.builtin('os')).toMatchObject({ ready: true });
  expect(health.builtin('kubernetes')).toMatchObject({ ready: false, usable: true, message: expect.stringContaining('coredns-1') });
  tell('Pod', 'coredns-1', true);
  expect(health.builtin('kubernetes')).toMatchObject({ ready: true });
});

test('a node that lacks only a pod network can take the pack that brings one, and nothing that needs a network', () => {
  const { health, tell, sync } = watched();
  sync();
  tell('Node', 'a', false, 'container runtime is down');
  expect(health.builtin('kubernetes')).toMatchObject({ usable: false });
  tell(
    'Node',
    'a',
    false,
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
  );
  expect(health.builtin('os')).toMatchObject({ ready: false, usable: true });
  expect(health.builtin('kubernetes')).toMatchObject({ ready: false, usable: true });
  expect(health.builtin('cni')).toMatchObject({ ready: false, usable: false });
  expect(health.nodes()).toEqual([expect.not.objectContaining({ waitsForNetwork: expect.anything() })]);
});
