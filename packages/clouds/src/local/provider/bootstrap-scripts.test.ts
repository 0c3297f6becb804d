import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, waitFor } from '@slipway/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Bootstrap, type BootstrapState, createBootstrap } from './bootstrap.ts';
import type { BootstrapData, BootstrapFile } from './cloud-config.ts';

/** A machine that is a shell of this host: the scripts really run, in directories of the test. */
let root = '';
let bootstrap: Bootstrap;
/** What the next delivery gets to hear: all of it, or as much as came through before the line went dead. */
let cut: (script: string) => string;
const owner = `${process.getuid?.()}:${process.getgid?.()}`;
const inRoot = (name: string) => join(root, name);
const textOf = (name: string) => readFile(inRoot(name), 'utf8').catch(() => undefined);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-bootstrap-'));
  cut = (script) => script;
  bootstrap = createBootstrap(
    {
      exec: (_machine, [command = '', ...args], options = {}) =>
        run(command, args, {
          allow: Array.from({ length: 256 }, (_, code) => code),
          ...(options.stdin === undefined ? {} : { stdin: cut(String(options.stdin)) }),
        }),
    },
    { dir: inRoot('var/lib/bootstrap'), sentinel: inRoot('run/success'), log: inRoot('log') },
  );
});
afterEach(async () => {
  const pid = Number(await textOf('var/lib/bootstrap/pid'));
  if (pid > 1) kill(pid);
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

/** The commands' whole session, as when a machine's power is cut. */
function kill(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Over already.
  }
}

const file = (name: string, content: string, more: Partial<BootstrapFile> = {}): BootstrapFile => ({
  path: inRoot(name),
  content: Buffer.from(content),
  mode: 0o640,
  owner,
  append: false,
  ...more,
});
const dataOf = (commands: readonly string[], files: readonly BootstrapFile[] = []): BootstrapData => ({ files, commands });
const succeed = () => `echo done > ${inRoot('run/success')}`;
const until = async (state: BootstrapState['state']): Promise<BootstrapState> =>
  waitFor(async () => (await bootstrap.state('m')).state === state && bootstrap.state('m'), {
    what: `the state ${state}`,
    timeoutMs: 15_000,
    intervalMs: 20,
  });

test('files arrive with content, mode and owner; commands run in order, detached; success is what the sentinel says', async () => {
  const secret = `${'a private key \n'.repeat(200)}'"$(true)`;
  await writeFile(inRoot('hosts'), 'was here\n');
  expect(await bootstrap.state('m')).toEqual({ state: 'none', detail: '' });
  await bootstrap.deliver(
    'm',
    dataOf(
      [`echo one >> ${inRoot('order')}`, `until [ -e ${inRoot('go')} ]; do sleep 0.02; done`, `echo two >> ${inRoot('order')}`, succeed()],
      [file("pki/it's.key", secret, { mode: 0o600 }), file('hosts', 'added\n', { append: true }), file('empty', '')],
    ),
  );
  expect(await textOf("pki/it's.key")).toBe(secret);
  expect((await stat(inRoot("pki/it's.key"))).mode & 0o777).toBe(0o600);
  expect((await stat(inRoot('pki'))).mode & 0o777).toBe(0o755);
  expect(await textOf('hosts')).toBe('was here\nadded\n');
  expect(await textOf('empty')).toBe('');
  await until('running');
  await waitFor(async () => (await textOf('order')) === 'one\n', { what: 'the first command', timeoutMs: 5000, intervalMs: 10 });
  await writeFile(inRoot('go'), '');
  await until('succeeded');
  expect(await textOf('order')).toBe('one\ntwo\n');
});

test('commands that end without the sentinel have failed, whatever their exit code, with the end of their log and no tokens', async () => {
  await bootstrap.deliver('m', dataOf(['echo "error: join with abcdef.0123456789abcdef refused" >&2', 'true']));
  expect(await until('failed')).toEqual({ state: 'failed', detail: 'error: join with *** refused' });
});

test('a delivery that was cut off anywhere has started nothing and can be repeated; a second whole one starts nothing twice', async () => {
  await writeFile(inRoot('hosts'), 'was here\n');
  const data = dataOf(
    [`echo run >> ${inRoot('runs')}`, succeed()],
    [file('hosts', 'added\n', { append: true }), file('big', 'x'.repeat(400))],
  );
  let lines = 0;
  // As long as the line that takes the lock is missing: it is the fourth from the end.
  for (let kept = 0; kept === 0 || kept <= lines - 4; kept += 2) {
    cut = (script) => {
      lines = script.split('\n').length;
      return script.split('\n').slice(0, kept).join('\n');
    };
    await bootstrap.deliver('m', data).catch(() => undefined);
    expect((await bootstrap.state('m')).state, `after ${kept} of ${lines} lines`).toBe('none');
  }
  expect(lines).toBeGreaterThan(20);
  cut = (script) => script;
  await Promise.all([1, 2, 3].map(() => bootstrap.deliver('m', data)));
  await until('succeeded');
  await bootstrap.deliver('m', data);
  expect(await textOf('runs')).toBe('run\n');
  expect(await textOf('hosts')).toBe('was here\nadded\n');
  expect(await textOf('big')).toBe('x'.repeat(400));
});

test('one that was killed reads as interrupted, also when its pid is another process by now', async () => {
  await bootstrap.deliver('m', dataOf(['sleep 20']));
  await until('running');
  kill(Number(await textOf('var/lib/bootstrap/pid')));
  await until('interrupted');
  await writeFile(inRoot('var/lib/bootstrap/pid'), `${process.pid}\n`);
  expect((await bootstrap.state('m')).state).toBe('interrupted');
  await rm(inRoot('var/lib/bootstrap/pid'));
});

test('between the lock and the pid it counts as running for ten seconds, then as interrupted', async () => {
  const started = inRoot('var/lib/bootstrap/started');
  await mkdir(started, { recursive: true });
  expect((await bootstrap.state('m')).state).toBe('running');
  const before = Date.now() / 1000 - 11;
  await utimes(started, before, before);
  expect((await bootstrap.state('m')).state).toBe('interrupted');
});

test('a file that cannot be written is said by its name and not by its content', async () => {
  await writeFile(inRoot('in-the-way'), '');
  const delivery = bootstrap.deliver('m', dataOf([succeed()], [file('in-the-way/key', 'SECRET')]));
  await expect(delivery).rejects.toThrow(/could not be put into machine m: .*in-the-way/);
  await expect(delivery).rejects.not.toThrow(/SECRET|U0VDUkVU/);
  expect((await bootstrap.state('m')).state).toBe('none');
});
