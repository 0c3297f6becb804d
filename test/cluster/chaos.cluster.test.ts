import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { sleep, waitFor } from '@slipway/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstance, type Instance } from '@slipway/testkit';

const exec = promisify(execFile);
const PROGRAMS = ['containerd', 'kube-apiserver', 'kubelet', 'etcd'];
const KILLS = Number(process.env['SLIPWAY_CHAOS_KILLS'] ?? 50);
const seed = Number(process.env['SLIPWAY_CHAOS_SEED'] ?? Date.now() % 1_000_000);

/** mulberry32: small, seedable, good enough to choose victims and moments. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const cluster = (version: string) => `apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: storm, namespace: default}
spec:
  profile: {name: starter, version: ${version}}
---
apiVersion: slipway.dev/v1
kind: MachinePool
metadata: {name: storm-workers, namespace: default}
spec: {cluster: storm, replicas: 1}
`;

describe(`kill -9 at ${KILLS} random points (seed ${seed}; repeat with SLIPWAY_CHAOS_SEED=${seed})`, () => {
  let instance: Instance;
  const random = randomFrom(seed);
  let kills = 0;
  const log: string[] = [];

  beforeAll(async () => {
    console.log(`chaos seed: ${seed}`);
    instance = await createInstance({ name: 'chaos', port: 7561 });
    await instance.slipway(['up', '--no-cluster'], { timeoutMs: 1_800_000 });
  }, 1_900_000);
  afterAll(async () => {
    console.log(log.join('\n'));
    await instance.dispose();
  });

  /** Everything of this instance that may be killed now: a name and the pids, read from what the product itself reports. */
  async function victims(): Promise<{ name: string; pid: number }[]> {
    const status = JSON.parse((await instance.slipway(['status', '-o', 'json'], { allow: [0, 1] })).stdout);
    const found: { name: string; pid: number }[] = status.processes
      .filter((process: any) => process.pid)
      .map((process: any) => ({ name: process.name, pid: process.pid }));
    for (const machine of status.machines) {
      if (machine.state !== 'Running' || !machine.pid) continue;
      // A single control plane has no majority to lose: its init is killed only in the three-node test.
      if (machine.name.startsWith('storm-') && machine.labels.role === 'worker')
        found.push({ name: `machine ${machine.name}`, pid: machine.pid });
      for (const [program, pid] of await inside(machine.pid)) found.push({ name: `${program} in ${machine.name}`, pid });
    }
    return found;
  }

  /** Host pids of what runs in a machine and may be killed, pods included: found through the machine's control group. */
  async function inside(init: number): Promise<[string, number][]> {
    const machineOf = async (pid: number) =>
      /\/slipway-[^/\n]+\/[^/\n]+/.exec(await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''))?.[0];
    const machine = await machineOf(init);
    if (machine === undefined) return [];
    const { stdout } = await exec('ps', ['-eo', 'pid=,comm=,args=']);
    const programs = stdout.split('\n').flatMap((line): [string, number][] => {
      const [, pid = '', comm = '', args = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      const program = PROGRAMS.includes(comm) ? comm : args.includes(' /app/agent.mjs') ? 'agent' : undefined;
      return program === undefined ? [] : [[program, Number(pid)]];
    });
    const machines = await Promise.all(programs.map(([, pid]) => machineOf(pid)));
    return programs.filter((_, index) => machines[index] === machine);
  }

  async function storm(during: string, count: number, finished: () => Promise<boolean>) {
    for (let i = 0; i < count && kills < KILLS; i++) {
      await sleep(500 + random() * 5_500);
      const candidates = await victims();
      const victim = candidates[Math.floor(random() * candidates.length)];
      if (!victim) continue;
      try {
        process.kill(victim.pid, 'SIGKILL');
      } catch {
        continue;
      }
      kills++;
      log.push(`${kills}. during ${during}: ${victim.name} (pid ${victim.pid})`);
      // The supervisor itself may have been the victim: "running again converges".
      if (victim.name === 'plane' || random() < 0.1) await instance.slipway(['up', '--no-cluster'], { timeoutMs: 300_000 });
      if (i >= 4 && (await finished().catch(() => false))) return;
    }
  }

  async function settledAt(version: string) {
    await instance.slipway(['up', '--no-cluster'], { timeoutMs: 300_000 });
    const object = await instance.settled('storm', 600_000);
    expect(object.status.kubernetesVersion).toBe(version);
    const machines = JSON.parse((await instance.slipway(['machine', 'list', '-o', 'json'])).stdout).filter((machine: any) =>
      machine.name.startsWith('storm-'),
    );
    expect(machines.length, `machines of storm: ${machines.map((machine: any) => machine.name).join(', ')}`).toBe(2);
    await waitFor(async () => JSON.parse((await instance.kubectl('storm', ['get', 'nodes', '-o', 'json'])).stdout).items.length === 2, {
      what: 'exactly two nodes',
      timeoutMs: 120_000,
      intervalMs: 2000,
    });
  }

  it('converges after every kill: nothing lost, nothing left behind, nothing made twice', async () => {
    while (kills < KILLS) {
      await instance.slipway(['apply', '-f', await instance.write('storm.yaml', cluster('1.0.0'))]);
      await storm('create', 8, async () => (await instance.get('cluster', 'storm')).status?.phase === 'Running');
      await settledAt('v1.35.4');
      await instance.slipway(['upgrade', 'cluster', 'storm', '--profile', 'starter@1.1.0', '--yes']);
      await storm('upgrade', 12, async () => (await instance.get('cluster', 'storm')).status?.kubernetesVersion === 'v1.36.3');
      await settledAt('v1.36.3');
      await instance.slipway(['delete', 'cluster', 'storm', '--yes']);
      await storm('delete', 3, async () => false);
      await instance.slipway(['up', '--no-cluster'], { timeoutMs: 300_000 });
      await waitFor(async () => (await instance.slipway(['get', 'cluster', 'storm'], { allow: [0, 4] })).code === 4, {
        what: 'storm to be gone',
        timeoutMs: 300_000,
        intervalMs: 1000,
      });
      const left = JSON.parse((await instance.slipway(['machine', 'list', '-o', 'json'])).stdout).filter((machine: any) =>
        machine.name.startsWith('storm'),
      );
      expect(left).toEqual([]);
    }
    expect(kills).toBe(KILLS);
  }, 3_600_000);
});
