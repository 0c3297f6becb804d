import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitFor } from './async.ts';
import { processStat, startTicks } from './process-stat.ts';

test('a process is told by when it started, whatever its name; one that is gone is not there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-stat-'));
  // Spaces and brackets in the name move the fields for who counts from the first one.
  const program = join(directory, 'a) R 1 (b');
  await copyFile('/bin/sleep', program);
  const child = spawn(program, ['30'], { detached: true, stdio: 'ignore' });
  const pid = child.pid!;
  const stat = await waitFor(() => processStat(pid), { what: 'the process', timeoutMs: 5000, intervalMs: 5 });
  expect(stat.session).toBe(String(pid));
  expect(Number(stat.ticks)).toBeGreaterThan(0);
  expect(await startTicks(pid)).toBe(stat.ticks);
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  expect(await processStat(pid)).toBeUndefined();
  await rm(directory, { recursive: true });
});

test('a zombie is no process', async () => {
  const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  await waitFor(async () => (await processStat(Number(said))) === undefined, { what: 'the end', timeoutMs: 5000, intervalMs: 5 });
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
});
