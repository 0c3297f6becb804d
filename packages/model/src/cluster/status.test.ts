import { describe, expect, it } from 'vitest';
import { resolve } from '../cluster-profile/resolve.ts';
import { alone, KUBERNETES, profileVersion } from '../cluster-profile/test-profiles.ts';
import { machinePoolSpecSchema } from '../machine-pool/machine-pool.ts';
import { findCondition } from '../meta/conditions.ts';
import type { ClusterFacts, LayerFact, ProvisionFacts } from '../plan/facts.ts';
import type { ReadinessGate } from '../plan/readiness.ts';
import { clusterSpecSchema, clusterStatusSchema, type ClusterStatus } from './cluster.ts';
import { clusterStatus } from './status.ts';
import type { ClusterView } from './view.ts';

const at = (seconds: number): string => new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString();
const here = { connected: true, lastSeen: at(0) };

const resolved = resolve({
  profiles: alone(profileVersion([KUBERNETES, { name: 'web', type: 'addon', chart: { registry: 'r', name: 'web', version: '1' } }])),
  variables: {},
});
const metadata = { name: 'dev', namespace: 'p', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: at(0) };
const pool = {
  apiVersion: '',
  kind: 'MachinePool',
  metadata: { ...metadata, name: 'dev-workers' },
  spec: machinePoolSpecSchema.parse({ cluster: 'dev', replicas: 1 }),
};

const provision = (more: Partial<ProvisionFacts> = {}): ProvisionFacts => ({
  kind: 'ProvisionFacts',
  clusterUid: 'u',
  phase: 'Provisioned',
  conditions: [],
  endpoint: '10.0.0.1:6443',
  controlPlane: { replicas: 1, readyReplicas: 1, upToDateReplicas: 1, version: 'v1.35.4' },
  pools: [{ name: 'workers', replicas: 1, readyReplicas: 1, upToDateReplicas: 1 }],
  machines: [],
  agentInstalled: true,
  waitingFor: '',
  ...more,
});
const layer = (state: LayerFact['state'], message = ''): LayerFact => ({
  name: 'web',
  state,
  reason: state,
  message,
  since: at(5),
  objects: [],
});
const node = (name: string, ready = true) => ({
  name,
  ready,
  reason: ready ? '' : 'KubeletNotReady',
  kubeletVersion: 'v1.35.4',
  roles: [],
  addresses: [],
});
const facts = (more: Partial<ClusterFacts> = {}): ClusterFacts => ({
  kind: 'ClusterFacts',
  clusterUid: 'u',
  agentVersion: '1',
  planRevision: 1,
  planHash: 'h',
  layers: [layer('Ready')],
  drift: [],
  health: { healthy: true, conditions: [] },
  nodes: [node('a'), node('b')],
  kubernetesVersion: 'v1.35.4',
  tombstonesDone: [],
  ...more,
});

function view(more: Partial<ClusterView> & { status?: ClusterStatus; spec?: object; deleting?: boolean } = {}): ClusterView {
  const { status, spec, deleting, ...rest } = more;
  return {
    cluster: {
      apiVersion: 'slipway.dev/v1',
      kind: 'Cluster',
      metadata: { ...metadata, ...(deleting ? { deletionTimestamp: at(1) } : {}) },
      spec: clusterSpecSchema.parse({ profile: { name: 'p', version: '1.0.0' }, ...spec }),
      ...(status === undefined ? {} : { status }),
    },
    pools: [pool],
    resolved,
    gateway: { exists: true, connection: here },
    provision: provision(),
    facts: facts(),
    agent: here,
    plan: { revision: 1, hash: 'h' },
    planProblem: undefined,
    layerProblems: new Map(),
    now: at(10),
    ...rest,
  };
}

/** As `resolved`, with readiness gates on the layer `web`. */
function gated(gates: ReadinessGate[]): ClusterView['resolved'] {
  if (!resolved.ok) throw new Error(resolved.message);
  const layers = resolved.profile.layers.map((one) => (one.name === 'web' ? { ...one, readiness: gates } : one));
  return { ok: true, profile: { ...resolved.profile, layers } };
}

const blank = { provision: undefined, facts: undefined, agent: { connected: false } };
const running = () => clusterStatus(view());
const condition = (status: ClusterStatus, type: string) => findCondition(status.conditions, type);

describe('the status of a cluster', () => {
  it('lists what removals left, which takes nothing from its being ready', () => {
    const kept = [
      { layer: 'old', at: at(3), kept: [{ object: { apiVersion: 'v1', kind: 'Namespace', name: 'old' }, reason: 'holds: ConfigMap a' }] },
    ];
    const status = clusterStatus(view({ facts: facts({ kept }) }));
    expect(status).toMatchObject({ phase: 'Running', kept });
    expect(condition(status, 'NothingLeftBehind')?.message).toContain('Namespace old (holds: ConfigMap a)');
    expect(condition(running(), 'NothingLeftBehind')).toBeUndefined();
  });

  it('takes no word of Ready from an agent that does not judge the gates', () => {
    const gate: ReadinessGate = { type: 'condition', apiVersion: 'apps/v1', kind: 'Deployment', condition: 'Available', status: 'True' };
    const told = (fact: LayerFact) => clusterStatus(view({ resolved: gated([gate, gate]), facts: facts({ layers: [fact] }) }));
    expect(told({ ...layer('Ready'), gates: 2 }).phase).toBe('Running');
    for (const old of [layer('Ready'), { ...layer('Ready'), gates: 1 }]) {
      const status = told(old);
      expect(status.layers.at(-1)).toMatchObject({ name: 'web', state: 'Waiting', reason: 'NeedsNewerAgent' });
      expect(condition(status, 'LayersReady')).toMatchObject({ status: 'False', message: expect.stringContaining('needs a newer agent') });
    }
    // Everything else it says is as good as ever, and what is known of gates is not part of the status.
    expect(told(layer('Failed', 'no')).layers.at(-1)).toMatchObject({ state: 'Failed', message: 'no' });
    expect(told({ ...layer('Ready'), gates: 2 }).layers.at(-1)).not.toHaveProperty('gates');
  });

  it('says what a new cluster waits for, step by step', () => {
    const first = clusterStatus(view({ ...blank, now: at(1) }));
    expect(first.phase).toBe('Pending');
    expect(first.timeline).toMatchObject([{ step: 'Infrastructure', startedAt: at(0) }]);
    // Its pools are objects of their own and may come later: no workers wanted is not workers made.
    expect(clusterStatus(view({ ...blank, pools: [], now: at(1) })).timeline).toMatchObject([{ step: 'Infrastructure' }]);
    const second = clusterStatus(
      view({
        ...blank,
        status: first,
        now: at(4),
        provision: provision({
          controlPlane: { replicas: 1, readyReplicas: 0, upToDateReplicas: 1 },
          pools: [],
          agentInstalled: false,
          waitingFor: 'kubeadm init on dev-x',
        }),
      }),
    );
    expect(second).toMatchObject({ phase: 'Provisioning', message: expect.stringContaining('kubeadm init on dev-x') });
    expect(second.timeline).toMatchObject([
      { step: 'Infrastructure', finishedAt: at(4) },
      { step: 'Control plane', startedAt: at(4), waitingFor: 'kubeadm init on dev-x' },
    ]);
    const third = clusterStatus(
      view({ status: second, now: at(9), facts: facts({ layers: [layer('Installing', 'helm upgrade --install')] }) }),
    );
    expect(third.timeline.map(({ step, finishedAt }) => [step, finishedAt !== undefined])).toEqual([
      ['Infrastructure', true],
      ['Control plane', true],
      ['Workers', true],
      ['Agent', true],
      ['Layer kubernetes', true],
      ['Layer web', false],
      ['Ready', false],
    ]);
    expect(third.timeline.find(({ step }) => step === 'Layer web')?.waitingFor).toBe('helm upgrade --install');
    const last = clusterStatus(view({ status: third, now: at(12) }));
    expect(last).toMatchObject({
      phase: 'Running',
      observedGeneration: 1,
      firstReadyAt: at(12),
      nodes: { total: 2, ready: 2 },
      endpoint: '10.0.0.1:6443',
    });
    expect(last.timeline.every(({ finishedAt }) => finishedAt !== undefined)).toBe(true);
  });

  it('is the same for the same view, whatever the time, so that nothing is written', () => {
    const status = running();
    expect(
      clusterStatus(
        view({
          status,
          now: at(500),
          agent: { ...here, lastSeen: at(499) },
          gateway: { exists: true, connection: { ...here, lastSeen: at(498) } },
        }),
      ),
    ).toEqual(status);
    expect(clusterStatusSchema.parse(status)).toEqual(status);
  });

  it('moves a transition time only with the status', () => {
    const bad = clusterStatus(view({ status: running(), now: at(20), facts: facts({ layers: [layer('Failed', 'one')] }) }));
    const worse = clusterStatus(view({ status: bad, now: at(30), facts: facts({ layers: [layer('Failed', 'two')] }) }));
    expect(condition(worse, 'LayersReady')).toMatchObject({ status: 'False', message: 'Layer web: two', lastTransitionTime: at(20) });
    expect(condition(clusterStatus(view({ status: worse, now: at(40) })), 'LayersReady')).toMatchObject({
      status: 'True',
      lastTransitionTime: at(40),
    });
  });

  it.each([
    [
      'Updating',
      { provision: provision({ pools: [{ name: 'workers', replicas: 0, readyReplicas: 0, upToDateReplicas: 0 }] }) },
      'pool workers: 0 of 1 machines',
    ],
    ['Updating', { plan: { revision: 2, hash: 'n' } }, 'revision 2 is on its way'],
    [
      'Updating',
      { provision: provision({ controlPlane: { replicas: 2, readyReplicas: 1, upToDateReplicas: 1, version: 'v1.34.0' } }) },
      'Kubernetes v1.34.0 → v1.35.4',
    ],
    [
      'Degraded',
      { facts: facts({ layers: [layer('Failed', 'Error: timed out waiting for the condition')] }) },
      'timed out waiting for the condition',
    ],
    ['Degraded', { facts: facts({ nodes: [node('a'), node('b', false)] }) }, 'Node b is not ready: KubeletNotReady'],
    [
      'Degraded',
      { layerProblems: new Map([['web', { state: 'Failed' as const, reason: 'ChartNotAvailable', message: 'registry r answered 404' }]]) },
      'registry r answered 404',
    ],
    [
      'Degraded',
      { facts: facts({ planRefused: { reason: 'PlanOlder', message: 'it has revision 9' } }) },
      'refused the newest plan: it has revision 9',
    ],
    ['Degraded', { planProblem: { reason: 'WouldRemoveEverything', message: 'held back' } }, 'held back'],
    ['Unknown', { gateway: { exists: true, connection: { connected: false, lastSeen: at(-600) } } }, 'gateway "local" is not connected'],
    ['Unknown', { agent: { connected: false, lastSeen: at(-600) } }, 'has not been heard of since'],
    ['Paused', { spec: { paused: true } }, 'spec.paused'],
    ['Deleting', { deleting: true, deletionWaitsFor: 'machines' }, 'machines'],
  ] as [string, Parameters<typeof view>[0], string][])('is %s with the reason: %#', (phase, change, message) => {
    const status = clusterStatus(view({ status: running(), ...change }));
    expect(status.phase).toBe(phase);
    expect(status.message).toContain(message);
  });

  it('of a new cluster whose profile or infrastructure is impossible is Failed', () => {
    const broken = resolve({ profiles: alone(profileVersion([KUBERNETES])), variables: { nope: 1 } });
    expect(clusterStatus(view({ ...blank, resolved: broken }))).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('no variable "nope"'),
      observedGeneration: 0,
    });
    expect(clusterStatus(view({ ...blank, provision: provision({ phase: 'Failed', waitingFor: 'no disk' }) }))).toMatchObject({
      phase: 'Failed',
      message: 'no disk',
    });
  });

  it('shows no absence shorter than a reconnect', () => {
    const away = { connected: false, lastSeen: at(0) };
    expect(clusterStatus(view({ status: running(), now: at(30), agent: away, gateway: { exists: true, connection: away } })).phase).toBe(
      'Running',
    );
    expect(clusterStatus(view({ status: running(), now: at(60), agent: away })).phase).toBe('Unknown');
  });

  it('takes nothing back that was finished because it cannot be seen for a while', () => {
    const away = clusterStatus(
      view({ status: running(), gateway: { exists: true, connection: { connected: false, lastSeen: at(-600) } } }),
    );
    const finished = (status: ClusterStatus) => status.timeline.filter((step) => step.finishedAt !== undefined).map((step) => step.step);
    expect(finished(away)).toEqual(finished(running()));
    expect(condition(away, 'InfrastructureReady')).toMatchObject({ status: 'Unknown', reason: 'GatewayUnreachable' });
  });
});
