import { silentLogger } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import type { MachineDriver } from '@slipway/machines';
import { createFakeClock } from '@slipway/testkit';
import { expect, test } from 'vitest';
import { INFRA_API } from '../names.ts';
import { createVersionPreparation } from './prepare-versions.ts';

const local = (name: string, bootstrapped: string, more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: INFRA_API,
  kind: 'LocalMachine',
  metadata: { name, uid: name, ...more },
  status: { conditions: [{ type: 'BootstrapSucceeded', status: bootstrapped }] },
});

test('a version is prepared once its pieces are there, in a quiet time only, one at a time', async () => {
  const clock = createFakeClock();
  const signal = new AbortController().signal;
  const prepared: string[] = [];
  const verified: string[] = [];
  let fails = true;
  let ready = ['v1.35.4'];
  let objects = [local('dev-cp', 'Unknown')];
  const machines = {
    prepare: async (version: string) => {
      if (version === 'v1.36.3' && fails) throw new Error('disk full');
      prepared.push(version);
    },
  } as unknown as MachineDriver;
  const toolchain = { ensureVersion: async () => undefined, readyVersions: async () => ready };
  const preparation = createVersionPreparation(
    { machines, toolchain, logger: silentLogger, clock, verify: (version) => verified.push(version) },
    () => objects,
  );
  const lookAfter = async (seconds: number) => {
    await clock.advance(seconds * 1000);
    await preparation.look(signal);
  };

  await lookAfter(0);
  await lookAfter(100);
  expect(prepared, 'a machine is under way').toEqual([]);
  objects = [local('dev-cp', 'True')];
  await lookAfter(25);
  objects = [local('dev-cp', 'True'), local('dev-worker', 'True')];
  await lookAfter(25);
  await lookAfter(25);
  expect(prepared, 'another one has come meanwhile').toEqual([]);
  ready = ['v1.35.4', 'v1.36.3'];
  await lookAfter(5);
  expect(prepared).toEqual(['v1.35.4']);
  await lookAfter(5);
  expect(prepared, 'a rest between the two').toEqual(['v1.35.4']);
  await lookAfter(30);
  expect(prepared, 'it failed').toEqual(['v1.35.4']);
  fails = false;
  objects = [local('dev-cp', 'True'), local('dev-worker', 'True', { deletionTimestamp: 'now' })];
  await lookAfter(30);
  expect(prepared, 'one is being removed').toEqual(['v1.35.4']);
  objects = [local('dev-cp', 'True')];
  await lookAfter(0);
  await lookAfter(30);
  expect(prepared).toEqual(['v1.35.4', 'v1.36.3']);
  await lookAfter(300);
  expect(prepared, 'each once').toEqual(['v1.35.4', 'v1.36.3']);
  expect([...new Set(verified)]).toEqual(prepared);
});
