import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sleep, waitFor } from '@slipway/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { destroyCgroup } from './cgroups.ts';
import type { HostInstance, Machine } from './driver.ts';
import { hostNames } from './names.ts';
import { mountsBelow, unmountBelow } from './mounts.ts';
import { hostSnapshot } from './snapshot.ts';
import { createTestHost, testCache, tinyImage, type TestHost } from './test-host.ts';

const root = process.getuid?.() === 0;

/** Lines of the host's state that carry an instance's name or home. */
async function tracesOf({ id, home }: HostInstance): Promise<Record<string, readonly string[]>> {
  const { switches: _switches, ...lists } = await hostSnapshot();
  return Object.fromEntries(
    Object.entries(lists).map(([kind, lines]) => [kind, lines.filter((line) => line.includes(id) || line.includes(home))]),
  );
}

describe.skipIf(!root)('local machines', () => {
  let test: TestHost;
  const sh = async (machine: string, script: string) => test.host.machines.exec(machine, ['sh', '-c', script], { timeoutMs: 30_000 });
  const peerRoutes = async (machine: string) => (await sh(machine, 'ip route show proto 198')).stdout;

  beforeAll(async () => {
    test = await createTestHost();
  });
  afterAll(async () => {
    await test.host.purge();
  });

  it('are made once, with containerd answering, and found again by labels and by another process', async () => {
    const spec = { name: 'm1', labels: { role: 'worker' }, cpu: 0.5, memoryMiB: 256, podCidr: '10.210.0.0/16', peerGroup: 'g' };
    const machine = await test.host.machines.create(spec);
    expect(machine).toMatchObject({ name: 'm1', state: 'Running', podSubnet: expect.stringMatching(/^10\.210\.\d+\.0\/24$/) });
    expect((await sh('m1', 'ctr version')).code).toBe(0);
    expect((await test.host.machines.create(spec)).pid).toBe(machine.pid);
    const again = await test.reopen();
    expect((await again.machines.list({ role: 'worker' })).map((one) => one.pid)).toEqual([machine.pid]);
    expect(await again.machines.list({ role: 'other' })).toEqual([]);
  });

  it('end a command whose time is up with all it started, those that will not listen included, and leave daemons alone', async () => {
    const mark = (seconds: number) => `3${seconds}.${process.pid}`;
    const running = async (seconds: number) => (await sh('m1', `pgrep -f '^sleep ${mark(seconds)}' | wc -l`)).stdout.trim();
    const script = `setsid sleep ${mark(1)} >/dev/null 2>&1 & sleep ${mark(2)} & (trap '' TERM; sleep ${mark(3)}) & trap '' TERM; echo up; wait`;
    const started = performance.now();
    const lines: string[] = [];
    const options = { timeoutMs: 1000, onLine: (line: string) => lines.push(line) };
    await expect(test.host.machines.exec('m1', ['sh', '-c', script], options)).rejects.toMatchObject({ code: 'Timeout' });
    expect(lines).toEqual(['up']);
    expect(performance.now() - started).toBeGreaterThan(5900);
    expect(await Promise.all([1, 2, 3].map(running))).toEqual(['1', '0', '0']);
    await sh('m1', `pkill -f '^sleep ${mark(1)}'`);
    // One that listens is not waited for.
    const stop = new AbortController();
    const polite = test.host.machines.exec('m1', ['sh', '-c', 'sleep 40; true'], { signal: stop.signal });
    await waitFor(async () => (await sh('m1', "pgrep -f '^sleep 40'")).code === 0, {
      what: 'the sleep',
      timeoutMs: 10_000,
      intervalMs: 50,
    });
    const asked = performance.now();
    stop.abort(new Error('not wanted'));
    await expect(polite).rejects.toThrow('not wanted');
    expect(performance.now() - asked).toBeLessThan(3000);
    expect((await sh('m1', "pgrep -f '^sleep 40'")).code).toBe(1);
    const bundle = hostNames(test.instance).containerDirectory('m1');
    expect((await readdir(bundle)).filter((name) => name.startsWith('exec-'))).toEqual([]);
  });

  it('find each other by name and have routes to the pods of their group', async () => {
    const second = await test.host.machines.create({ name: 'm2', labels: {}, podCidr: '10.210.0.0/16', peerGroup: 'g' });
    const first = (await test.host.machines.get('m1')) as Machine;
    expect((await sh('m1', 'getent ahostsv4 m2 | head -1')).stdout).toContain(second.address);
    expect((await sh('m2', 'getent ahostsv4 m1.slipway.internal | head -1')).stdout).toContain(first.address);
    expect((await sh('m1', 'getent hosts slipway-hub')).stdout).toContain(hostNames(test.instance).hostAddress);
    expect((await sh('m1', 'ip route')).stdout).toContain(`${second.podSubnet} via ${second.address}`);
    expect((await sh('m2', 'ip route')).stdout).toContain(`${first.podSubnet} via ${first.address}`);
  });

  it('lose the routes to a peer that is removed, also when several go at once', async () => {
    const more = await Promise.all(
      ['p1', 'p2', 'p3'].map((name) => test.host.machines.create({ name, labels: {}, podCidr: '10.210.0.0/16', peerGroup: 'g' })),
    );
    for (const machine of more) expect(await peerRoutes('m1')).toContain(`${machine.podSubnet} via ${machine.address}`);
    await Promise.all(more.map((machine) => test.host.machines.remove(machine.name)));
    expect((await peerRoutes('m1')).trim().split('\n')).toHaveLength(1);
    for (const machine of more) expect((await sh('m2', `getent ahostsv4 ${machine.name}`)).code).not.toBe(0);
  });

  it('get no more memory than they were given', async () => {
    const result = await sh('m1', 'head -c 400m /dev/zero | tail >/dev/null; echo "${?}"');
    expect(result.stdout.trim()).toBe('137');
    expect((await sh('m2', 'head -c 400m /dev/zero | tail >/dev/null; echo "${?}"')).stdout.trim()).toBe('0');
    expect((await test.host.machines.get('m1'))?.state).toBe('Running');
  });

  it('get no more processor time than they were given', async () => {
    const { stdout } = await test.host.machines.exec('m1', ['bash', '-c', 'timeout 2 sh -c "while :; do :; done"; times']);
    const [, seconds] = /(?:.*\n)?0m([\d.]+)s/.exec(stdout.trim().split('\n').at(-1) ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(0.1);
    expect(Number(seconds)).toBeLessThan(1.3);
  });

  it('take files through themselves: a link inside never leads to a file of the host', async () => {
    const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 256));
    await sh('m1', `mkdir -p ${test.scratch} && ln -sfn ${test.scratch} /through`);
    await test.host.machines.writeFile('m1', '/through/file', content, 0o640);
    expect(await test.host.machines.readFile('m1', '/through/file')).toEqual(content);
    expect((await sh('m1', 'stat -c %a /through/file')).stdout.trim()).toBe('640');
    await expect(access(join(test.scratch, 'file'))).rejects.toThrow();
    await expect(test.host.machines.readFile('m1', '/not-there')).rejects.toThrow(/could not be read/);
  });

  it('leave the switches of the host alone', async () => {
    const before = await readFile('/proc/sys/kernel/panic', 'utf8');
    await sh('m1', 'echo 10 > /proc/sys/kernel/panic');
    expect(await readFile('/proc/sys/kernel/panic', 'utf8')).toBe(before);
    expect((await sh('m1', 'cat /proc/sys/kernel/panic')).stdout.trim()).toBe('10');
  });

  it('keep disk and address over stop and start', async () => {
    const before = (await test.host.machines.get('m1')) as Machine;
    await test.host.machines.writeFile('m1', '/var/kept', 'kept');
    await test.host.machines.stop('m1');
    expect((await test.host.machines.get('m1'))?.state).toBe('Stopped');
    expect(await test.host.machines.console('m1')).toContain('stopped');
    await expect(test.host.machines.exec('m1', ['true'])).rejects.toThrow(/does not run/);
    const after = await test.host.machines.start('m1');
    expect(after.address).toBe(before.address);
    expect(after.pid).not.toBe(before.pid);
    expect((await test.host.machines.readFile('m1', '/var/kept')).toString()).toBe('kept');
    expect((await sh('m1', 'ip route')).stdout).toContain(' proto 198');
  });

  it('outlive their keeper, and are stopped and started as ever', async () => {
    const before = await test.host.machines.get('m1');
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const words = ((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) ?? '').split('\0');
      if (words.includes(hostNames(test.instance).runcRoot) && words.includes('m1')) process.kill(Number(pid), 'SIGKILL');
    }
    expect(await test.host.machines.get('m1')).toMatchObject({ state: 'Running', pid: before?.pid });
    expect((await sh('m1', 'ctr version')).code).toBe(0);
    await test.host.machines.stop('m1');
    expect((await test.host.machines.get('m1'))?.state).toBe('Stopped');
    expect((await test.host.machines.start('m1')).state).toBe('Running');
  });

  it('restart containerd when it ends', async () => {
    await sh('m1', 'pkill -9 -x containerd');
    await waitFor(async () => (await sh('m1', 'ctr --connect-timeout 1s version')).code === 0, { what: 'containerd', timeoutMs: 20_000 });
    expect(await test.host.machines.console('m1')).toMatch(/containerd ended with status 137/);
  });

  it('are seen to crash within a second, with status and last words, and start again', async () => {
    const stop = new AbortController();
    const seen: { machine: Machine; at: number }[] = [];
    const watching = test.host.machines.watch((machine) => seen.push({ machine, at: performance.now() }), stop.signal);
    await sleep(600);
    const killed = performance.now();
    const { pid } = (await test.host.machines.get('m1')) ?? {};
    // Never 0: that would be the whole process group of the tests.
    if (pid === undefined) throw new Error('m1 has no process');
    process.kill(pid, 'SIGKILL');
    await waitFor(() => seen.length > 0, { what: 'the crash', timeoutMs: 5000, intervalMs: 10 });
    expect((seen[0]?.at ?? 0) - killed).toBeLessThan(1000);
    expect(seen[0]?.machine).toMatchObject({
      name: 'm1',
      state: 'Crashed',
      reason: expect.stringMatching(/signal 9.*137(.|\n)*containerd is ready/),
    });
    expect((await test.host.machines.start('m1')).state).toBe('Running');
    stop.abort();
    await watching;
  });

  it('start with their images, share them on disk, and take more later, also from a containerd that was just killed', async () => {
    test.images.push(await tinyImage(test.scratch, `slipway.test/one:${test.instance.id}`));
    const images = async (machine: string) =>
      (await sh(machine, 'ctr -n k8s.io images ls -q')).stdout.split('\n').filter((name) => name.startsWith('slipway.test'));
    await test.host.machines.create({ name: 'i1', labels: {}, kubernetesVersion: 'v1.0.0' });
    expect(await images('i1')).toEqual(test.images[0]?.names);
    test.images.push(await tinyImage(test.scratch, `slipway.test/two:${test.instance.id}`));
    await test.host.machines.create({ name: 'i2', labels: {}, kubernetesVersion: 'v1.0.0' });
    const both = test.images.flatMap((image) => image.names).toSorted();
    expect(await images('i2')).toEqual(both);
    await sh('i1', 'pkill -9 -x containerd');
    await test.host.machines.importImages('i1', 'v1.0.0');
    await test.host.machines.importImages('i1', 'v1.0.0');
    expect(await images('i1')).toEqual(both);
    // Unpacked and usable, not only listed; written in one machine, unchanged in the other.
    const mount = 'mkdir -p /mnt/x && ctr -n k8s.io images mount --rw ' + both[0] + ' /mnt/x >/dev/null && ';
    expect((await sh('i1', `${mount} echo changed >> /mnt/x/hello && cat /mnt/x/hello`)).stdout).toMatch(
      /hello from slipway.test\/one(.|\n)*changed/,
    );
    expect((await sh('i2', `${mount} cat /mnt/x/hello`)).stdout).not.toContain('changed');
    await test.host.machines.remove('i1');
    await test.host.machines.remove('i2');
  });

  it('are completed by the next create when one is killed anywhere', async () => {
    const script = `
      const { createHost } = await import(${JSON.stringify(fileURLToPath(new URL('./host.ts', import.meta.url)))});
      const { silentLogger } = await import('@slipway/kit');
      const { ensureNodeRoot } = await import(${JSON.stringify(fileURLToPath(new URL('./node-root.ts', import.meta.url)))});
      const instance = ${JSON.stringify(test.instance)};
      const host = await createHost(instance, { nodeRoot: () => ensureNodeRoot({ cache: ${JSON.stringify(testCache)}, logger: silentLogger }) }, silentLogger);
      console.log('begin');
      await host.machines.create({ name: 'k1', labels: {} });
      console.log('done');`;
    for (const delay of [10, 90, 160, 250]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
        cwd: fileURLToPath(new URL('.', import.meta.url)),
      });
      await once(child.stdout, 'data');
      await sleep(delay);
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    const machine = await test.host.machines.create({ name: 'k1', labels: {} });
    expect(machine.state).toBe('Running');
    expect((await sh('k1', 'ctr version')).code).toBe(0);
    await test.host.machines.remove('k1');
    await test.host.machines.remove('k1');
    const left = await tracesOf(test.instance);
    expect(
      Object.values(left)
        .flat()
        .filter((line) => line.includes('k1')),
    ).toEqual([]);
    expect(await mountsBelow(join(test.instance.home, 'machines', 'k1'))).toEqual([]);
  });

  it('come back with the host: those that ran when it was stopped, and those a reboot ended', async () => {
    await test.host.machines.stop('m2');
    expect(await test.host.stopAll()).toBe(1);
    expect(await test.host.startAll()).toBe(1);
    expect((await test.host.machines.list()).map((machine) => `${machine.name} ${machine.state}`)).toEqual(['m1 Running', 'm2 Stopped']);
    // A reboot: processes, mounts, interfaces and /run are gone, the disk is there.
    const names = hostNames(test.instance);
    await destroyCgroup(names.cgroupRoot);
    await unmountBelow(test.instance.home);
    await promisify(execFile)('sh', [
      '-c',
      `for n in $(ls /run/netns | grep ^${names.netnsPrefix}); do ip netns del $n; done; ip link del ${names.bridge}`,
    ]);
    await rm(names.run, { recursive: true });
    const host = await test.reopen();
    expect((await host.machines.get('m1'))?.state).toBe('Crashed');
    expect(await host.startAll()).toBe(1);
    expect((await host.machines.readFile('m1', '/var/kept')).toString()).toBe('kept');
    expect((await sh('m1', 'getent hosts slipway-hub')).code).toBe(0);
  });

  it('are purged without a trace, half-made ones and state files lost included', async () => {
    await test.host.loadBalancers.ensure('lb', 6443, {});
    const before = await tracesOf(test.instance);
    for (const kind of ['mounts', 'links', 'netns', 'cgroups', 'rules', 'processes']) expect(before[kind], kind).not.toEqual([]);
    await rm(join(test.instance.home, 'machines', 'm1', 'machine.json'));
    await rm(join(test.instance.home, 'load-balancers'), { recursive: true });
    await writeFile(join(test.instance.home, 'instance.json'), 'half');
    await test.host.purge();
    expect(await tracesOf(test.instance)).toEqual({ mounts: [], links: [], netns: [], cgroups: [], rules: [], processes: [] });
    await expect(access(test.instance.home)).rejects.toThrow();
    await expect(access(hostNames(test.instance).run)).rejects.toThrow();
    await test.host.purge();
  });
});
