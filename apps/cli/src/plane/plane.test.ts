import { spawn } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTicks, waitFor } from '@slipway/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordPath, runPlane, stopPlane, supervisorRecord } from './control.ts';
import { hostError, listenerOn, requireDisk, requireFreePort } from './host-checks.ts';
import { takeLock } from './lock.ts';
import { rotateLogs } from './log-rotation.ts';
import { choosePort, planePaths, type PlanePaths } from './paths.ts';
import { endProcess, isRunning, recordOf, runningRecord, writeRecord } from './process-record.ts';
import type { PlaneFile } from './process-specs.ts';

let home: string;
let paths: PlanePaths;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'slipway-plane-'));
  paths = planePaths({ SLIPWAY_HOME: home, SLIPWAY_CACHE: join(home, 'cache') });
});
afterEach(async () => {
  await stopPlane(paths);
  await rm(home, { recursive: true, force: true });
});

/** A service that tells its pid and environment to a file and runs until it is ended. */
const service = (name: 'hub' | 'gateway-agent', value = '1'): PlaneFile['processes'][number] => ({
  name,
  command: process.execPath,
  args: [
    '-e',
    `require('fs').appendFileSync(process.argv[1], process.pid + ' ' + process.env.VALUE + '\\n'); setInterval(() => {}, 1000)`,
    join(home, name),
  ],
  env: { VALUE: value },
  watch: [],
});
const file = (...processes: PlaneFile['processes']): PlaneFile => ({ port: 1, listen: [], processes });
const starts = async (name: string): Promise<string[]> =>
  (await readFile(join(home, name), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean);
const pidOf = async (name: string, count: number): Promise<number> =>
  waitFor(
    async () =>
      (await starts(name)).length >= count && (await runningRecord(recordPath(paths, name)))
        ? Number((await starts(name)).at(-1)?.split(' ')[0])
        : undefined,
    {
      what: `start ${count} of ${name}`,
      timeoutMs: 10_000,
      intervalMs: 20,
    },
  );

describe('the supervisor', () => {
  it('starts what the file says, restarts what is killed, and stops everything', async () => {
    await runPlane(paths, file(service('hub')));
    const first = await pidOf('hub', 1);
    process.kill(first, 'SIGKILL');
    const second = await pidOf('hub', 2);
    expect(second).not.toBe(first);
    expect((await stopPlane(paths)).toSorted()).toEqual(['hub', 'supervisor']);
    expect(await supervisorRecord(paths)).toBeUndefined();
    expect(await startTicks(second)).toBeUndefined();
  });

  it('takes in a changed file without touching what stayed the same', async () => {
    await runPlane(paths, file(service('hub')));
    const hub = await pidOf('hub', 1);
    await runPlane(paths, file(service('hub'), service('gateway-agent', 'a')));
    await pidOf('gateway-agent', 1);
    await runPlane(paths, file(service('hub'), service('gateway-agent', 'b')));
    await pidOf('gateway-agent', 2);
    expect((await starts('gateway-agent')).at(-1)).toMatch(/ b$/);
    expect(await starts('hub')).toHaveLength(1);
    expect(await pidOf('hub', 1)).toBe(hub);
  });

  it('ends what a killed supervisor left behind before it starts its own', async () => {
    await runPlane(paths, file(service('hub')));
    const orphan = await pidOf('hub', 1);
    const supervisor = await supervisorRecord(paths);
    if (supervisor === undefined) throw new Error('there is no supervisor');
    process.kill(supervisor.pid, 'SIGKILL');
    await waitFor(async () => (await supervisorRecord(paths)) === undefined, {
      what: 'the supervisor to die',
      timeoutMs: 5_000,
      intervalMs: 20,
    });
    expect(() => process.kill(orphan, 0)).not.toThrow();
    await runPlane(paths, file(service('hub')));
    const second = await pidOf('hub', 2);
    expect(second).not.toBe(orphan);
    expect(await startTicks(orphan)).toBeUndefined();
  });

  it('restarts on a source change when it is told to watch', async () => {
    await mkdir(join(home, 'src'));
    await runPlane(paths, file({ ...service('hub'), watch: [join(home, 'src')] }));
    await pidOf('hub', 1);
    await writeFile(join(home, 'src', 'notes.md'), 'no source');
    await writeFile(join(home, 'src', 'a.ts'), 'export {};');
    await pidOf('hub', 2);
    expect(await starts('hub')).toHaveLength(2);
  });
});

describe('process records', () => {
  it('never take a reused pid for ours', async () => {
    const child = spawn('sleep', ['60']);
    const record = await recordOf(child.pid ?? 0, 'sleep');
    if (!record) throw new Error('no record');
    expect(await isRunning(record)).toBe(true);
    const reused = { ...record, startTime: String(Number(record.startTime) - 1) };
    await endProcess(reused, 10);
    expect(child.exitCode).toBeNull();
    expect(await isRunning({ ...record, bootId: 'another boot' })).toBe(false);
    await endProcess(record, 5_000);
    expect(await isRunning(record)).toBe(false);
  });

  it('kill what does not listen to SIGTERM', async () => {
    const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const record = await recordOf(child.pid ?? 0, 'stubborn');
    if (!record) throw new Error('no record');
    await endProcess(record, 200);
    expect(await isRunning(record)).toBe(false);
  });

  it('survive a damaged file', async () => {
    await mkdir(paths.run, { recursive: true });
    await writeFile(recordPath(paths, 'hub'), '{"pid":');
    expect(await runningRecord(recordPath(paths, 'hub'))).toBeUndefined();
  });
});

describe('the lock of up and down', () => {
  it('makes the second wait and names the holder', async () => {
    const signal = new AbortController().signal;
    const waited: number[] = [];
    const first = await takeLock(paths.run, 'up', 'slipway up', { signal, onWait: () => undefined });
    const second = takeLock(paths.run, 'up', 'slipway down', { signal, onWait: (holder) => void waited.push(holder.pid) });
    await waitFor(() => waited.length > 0, { what: 'the second to wait', timeoutMs: 5_000, intervalMs: 10 });
    await first.release();
    await (await second).release();
    expect(waited).toEqual([process.pid]);
  });

  it('is taken over from a holder that is gone', async () => {
    await mkdir(paths.run, { recursive: true });
    const gone = { ...(await recordOf(process.pid, 'up')), startTime: '1' };
    await writeFile(join(paths.run, 'up.lock'), JSON.stringify(gone));
    const lock = await takeLock(paths.run, 'up', 'slipway up', {
      signal: new AbortController().signal,
      onWait: () => expect.unreachable(),
    });
    await lock.release();
  });

  it('can be interrupted while it waits', async () => {
    const first = await takeLock(paths.run, 'up', 'slipway up', { signal: new AbortController().signal, onWait: () => undefined });
    const stop = new AbortController();
    await expect(takeLock(paths.run, 'up', 'slipway up', { signal: stop.signal, onWait: () => stop.abort() })).rejects.toThrow();
    await first.release();
  });
});

describe('host checks', () => {
  it('say which program has the port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await listenerOn(port)).toContain(`(pid ${process.pid})`);
    await expect(requireFreePort('127.0.0.1', port)).rejects.toMatchObject({
      code: 'Host',
      message: expect.stringMatching(`Port ${port} is taken by .*pid ${process.pid}`),
    });
    await new Promise((resolve) => server.close(resolve));
    await requireFreePort('127.0.0.1', port);
  });

  it('say how much disk is missing', async () => {
    await requireDisk(join(home, 'not', 'yet', 'there'), 0.001);
    await expect(requireDisk(home, 1_000_000)).rejects.toMatchObject({
      code: 'Host',
      message: expect.stringMatching(/1000000 GiB are needed/),
    });
  });

  it('turn what the system says into words', () => {
    expect(hostError(Object.assign(new Error('write failed'), { code: 'ENOSPC' }), paths)).toMatchObject({
      code: 'Host',
      message: expect.stringMatching(/^The disk is full/),
    });
    const other = new Error('x');
    expect(hostError(other, paths)).toBe(other);
  });

  it('choose ports and refuse nonsense', () => {
    expect(choosePort(undefined, {}, undefined)).toBe(7443);
    expect(choosePort(undefined, {}, 8443)).toBe(8443);
    expect(choosePort(undefined, { SLIPWAY_PORT: '9443' }, 8443)).toBe(9443);
    expect(choosePort('1234', { SLIPWAY_PORT: '9443' }, 8443)).toBe(1234);
    expect(() => choosePort('http', {}, undefined)).toThrow(/not a port/);
    expect(() => planePaths({ SLIPWAY_HOME: '/' })).toThrow(/must not be/);
  });
});

describe('logs', () => {
  it('are cut when they grow too long, without losing the writer', async () => {
    const path = join(home, 'hub.log');
    await writeFile(path, Buffer.alloc(11 * 2 ** 20, 'x'));
    await rotateLogs(home);
    await appendFile(path, 'after');
    expect(await readFile(path, 'utf8')).toBe('after');
    expect((await stat(`${path}.1`)).size).toBe(11 * 2 ** 20);
  });

  it('keeps records readable for others', async () => {
    const record = await recordOf(process.pid, 'x');
    if (!record) throw new Error('no record');
    await writeRecord(join(home, 'run', 'x.json'), record);
    expect((await stat(join(home, 'run', 'x.json'))).mode & 0o777).toBe(0o644);
  });
});
