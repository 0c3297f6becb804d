import { expect, test } from 'vitest';
import { otherVersions, type VersionedMachine } from './other-versions.ts';

const machine = (version: string, role: 'control plane' | 'worker', bootstrapped = true): VersionedMachine => ({
  version,
  controlPlane: role === 'control plane',
  bootstrapped,
});
const oldControlPlane = machine('v1.9.10', 'control plane');
const oldWorker = machine('v1.9.10', 'worker');
const joining = machine('v1.10.3', 'control plane', false);
const joined = machine('v1.10.3', 'control plane');
const newWorker = machine('v1.10.3', 'worker');

test('in an upgrade each machine gets the images of the other version when kube-proxy of it can come, and no earlier', () => {
  const nothing = { now: [], soon: false };
  expect(otherVersions(oldWorker, [oldControlPlane, oldWorker]), 'nothing goes on').toEqual(nothing);
  const begun = [oldControlPlane, joining, oldWorker];
  expect(otherVersions(joining, begun), 'it starts with the old kube-proxy').toEqual({ now: ['v1.9.10'], soon: false });
  expect(otherVersions(oldWorker, begun), 'the join needs the core').toEqual({ now: [], soon: true });
  expect(otherVersions(oldControlPlane, begun), 'it is replaced before kube-proxy moves').toEqual(nothing);
  const led = [oldControlPlane, joined, oldWorker];
  expect(otherVersions(oldWorker, led)).toEqual({ now: ['v1.10.3'], soon: false });
  expect(otherVersions(oldControlPlane, led)).toEqual(nothing);
  expect(otherVersions(newWorker, [joined, oldWorker, newWorker]), 'kube-proxy has moved').toEqual(nothing);
});
