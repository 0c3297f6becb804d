import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ClusterRenderInput } from '../contract/cloud.ts';
import { CLUSTER_UID_LABEL, POOL_LABEL } from './names.ts';
import { localCloud } from './render.ts';

const input: ClusterRenderInput = {
  clusterUid: '0123abcd-1111-2222-3333-444455556666',
  name: 'dev',
  project: 'default',
  kubernetesVersion: 'v1.35.4',
  controlPlane: { replicas: 3 },
  podNetwork: 'machine',
  pools: [{ name: 'workers', replicas: 5, labels: { tier: 'web', 'node-role.kubernetes.io/web': '' }, taints: [] }],
  imageTags: { etcd: '3.6.8-0', coredns: 'v1.14.2' },
};
const objects = (of: ClusterRenderInput) => localCloud.render(of).objects as unknown as KubeObject[];
const named = (of: ClusterRenderInput, kind: string, base = 'dev') =>
  objects(of).find((object) => object.kind === kind && object.metadata.name.startsWith(base));
const names = (of: ClusterRenderInput) => objects(of).map((object) => `${object.kind}/${object.metadata.name}`);
const workers = (change: object): ClusterRenderInput => ({ ...input, pools: [{ ...input.pools[0]!, ...change }] });

test('every object carries the uid and lies in the namespace of the cluster', () => {
  const cluster = localCloud.render(input);
  expect(cluster.namespace).toBe('slipway-0123abcd');
  for (const object of objects(input)) {
    expect(object.metadata.namespace, object.kind).toBe('slipway-0123abcd');
    expect(object.metadata.labels?.[CLUSTER_UID_LABEL], object.kind).toBe(input.clusterUid);
  }
});

/**
 * A change of what is rendered for the same input replaces the machines of every cluster there is, at the next publish. When that is meant, say so in the
 * release notes and put the new sum here.
 */
test('the rendering of a given input does not change by accident', () => {
  expect(sha256Hex(canonicalJson(objects(input))).slice(0, 16)).toBe('92c77242f27e5f5a');
});

test('a cluster whose pods are connected by a pack: machines without a network of their own, ranges for Nodes, time to wait, and an agent that does without', () => {
  const pack: ClusterRenderInput = { ...input, podNetwork: 'pack' };
  expect(localCloud.render(pack).podNetwork).toBe('pack');
  expect(localCloud.render(input)).not.toHaveProperty('podNetwork');
  for (const base of ['dev-control-plane', 'dev-workers']) {
    expect(named(pack, 'LocalMachineTemplate', base)?.['spec'].template.spec).toEqual({ podNetwork: 'none' });
    expect(named(input, 'LocalMachineTemplate', base)?.['spec'].template.spec).toEqual({});
  }
  const args = (of: ClusterRenderInput): string[] =>
    named(of, 'KubeadmControlPlane')!['spec'].kubeadmConfigSpec.clusterConfiguration.controllerManager.extraArgs.map(
      (arg: { name: string; value: string }) => `${arg.name}=${arg.value}`,
    );
  expect(args(input)).toContain('allocate-node-cidrs=false');
  expect(args(pack).filter((arg) => arg.startsWith('allocate-node-cidrs'))).toEqual([]);
  const patience = (of: ClusterRenderInput) =>
    named(of, 'MachineHealthCheck', 'dev-workers')!['spec'].checks.unhealthyNodeConditions.find(
      (one: { status: string }) => one.status === 'False',
    ).timeoutSeconds;
  expect([patience(input), patience(pack)]).toEqual([300, 900]);
});

test('a size rolls only what it is for; a version renames no template', () => {
  const template = (of: ClusterRenderInput, base: string) => named(of, 'LocalMachineTemplate', base)?.metadata.name;
  const larger = workers({ memoryMiB: 4096 });
  expect(template(larger, 'dev-workers')).not.toBe(template(input, 'dev-workers'));
  expect(template(larger, 'dev-control-plane')).toBe(template(input, 'dev-control-plane'));
  expect(named(larger, 'LocalMachineTemplate', 'dev-workers')?.['spec'].template.spec).toEqual({ memoryMiB: 4096 });
  const newer = { ...input, kubernetesVersion: 'v1.36.3' };
  expect(names(newer)).toEqual(names(input));
  expect(named(newer, 'KubeadmControlPlane')?.['spec'].version).toBe('v1.36.3');
  expect(named(newer, 'MachineDeployment')?.['spec'].template.spec.version).toBe('v1.36.3');
});

test('components of a control plane that joins are asked every second whether they have started, those of the first are not', () => {
  const { files, initConfiguration, joinConfiguration } = named(input, 'KubeadmControlPlane')!['spec'].kubeadmConfigSpec;
  expect(initConfiguration.patches).toBeUndefined();
  const patches = files.filter((file: { path: string }) => file.path.startsWith(`${joinConfiguration.patches.directory}/`));
  // kubeadm goes by the file's name: the target, then how to patch. A file it does not know would stop the join.
  expect(patches.map((file: { path: string }) => file.path.replace(/^.*\//, ''))).toEqual(
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((target) => `${target}+strategic.yaml`),
  );
  expect(parse(patches[0].content)).toEqual({
    spec: { containers: [{ name: 'etcd', startupProbe: { initialDelaySeconds: 1, periodSeconds: 1, failureThreshold: 240 } }] },
  });
});

test('labels reach nodes the way the kubelet allows, taints are kept', () => {
  const of = workers({ taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] });
  const registration = named(of, 'KubeadmConfigTemplate')?.['spec'].template.spec.joinConfiguration.nodeRegistration;
  const labels: string = registration.kubeletExtraArgs.find((arg: { name: string }) => arg.name === 'node-labels').value;
  expect(labels.split(',')).toEqual([`${POOL_LABEL}=workers`, 'tier=web']);
  expect(registration.taints).toEqual([{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }]);
  expect(named(of, 'MachineDeployment')?.['spec'].template.metadata.labels).toMatchObject({ 'node-role.kubernetes.io/web': '' });
  expect(named(of, 'KubeadmConfigTemplate')?.metadata.name).not.toBe(named(input, 'KubeadmConfigTemplate')?.metadata.name);
});

test.each([
  [1, 1],
  [3, 1],
  [5, 2],
])('%d control planes: %d may be replaced at a time', (replicas, mayFail) => {
  const of = { ...input, controlPlane: { replicas } };
  expect(named(of, 'MachineHealthCheck', 'dev-control-plane')?.['spec'].remediation.triggerIf.unhealthyLessThanOrEqualTo).toBe(mayFail);
  expect(named(of, 'KubeadmControlPlane')?.['spec'].replicas).toBe(replicas);
});

test('settings of the kubelet are a drop-in of the machines they are for, those of the API server are its arguments, and none change nothing', () => {
  const set: ClusterRenderInput = {
    ...input,
    controlPlane: {
      replicas: 3,
      kubelet: { maxPods: 50 },
      apiServerArgs: { 'event-ttl': '4h', 'default-not-ready-toleration-seconds': 30 },
    },
    pools: [{ ...input.pools[0]!, kubelet: { podPidsLimit: 1024, maxPods: 20 } }],
  };
  const { files, clusterConfiguration } = named(set, 'KubeadmControlPlane')!['spec'].kubeadmConfigSpec;
  const dropIn = (all: { path: string; content: string }[]) =>
    all.find(({ path }) => path === '/etc/kubernetes/kubelet.conf.d/50-settings.conf');
  expect(parse(dropIn(files)?.content ?? '')).toEqual({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    maxPods: 50,
  });
  expect(clusterConfiguration.apiServer.extraArgs).toEqual([
    { name: 'default-not-ready-toleration-seconds', value: '30' },
    { name: 'event-ttl', value: '4h' },
  ]);
  const worker = named(set, 'KubeadmConfigTemplate')!;
  expect(parse(dropIn(worker['spec'].template.spec.files)?.content ?? '')).toMatchObject({ maxPods: 20, podPidsLimit: 1024 });
  expect(worker.metadata.name, 'another template, so that Cluster API replaces the machines').not.toBe(
    named(input, 'KubeadmConfigTemplate')?.metadata.name,
  );
  const turned = { ...set, pools: [{ ...set.pools[0]!, kubelet: { maxPods: 20, podPidsLimit: 1024 } }] };
  expect(names(turned), 'whatever the order they are stored in').toEqual(names(set));
  const empty = { ...input, controlPlane: { replicas: 3, kubelet: {}, apiServerArgs: {} }, pools: [{ ...input.pools[0]!, kubelet: {} }] };
  expect(objects(empty)).toEqual(objects(input));
});
