import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '@slipway/api';
import { waitFor } from '@slipway/kit';
import { clusterProfileKinds, projectKind, registryKind } from '@slipway/model';
import { freePorts } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the hub as a process', () => {
  let home: string;
  let port: number;
  let log = '';
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'slipway-hub-'));
    [port] = (await freePorts(1)) as [number];
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  });

  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [MAIN, ...args, '--home', home], { env: { ...process.env, DATABASE_URL: '' } });
    children.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (args[0] === 'serve') log += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
    return { child, ended };
  };
  const clientFor = async (token: string): Promise<ApiClient> =>
    createApiClient({ server: `https://127.0.0.1:${port}`, ca: await readFile(join(home, 'hub/pki/ca.crt'), 'utf8'), token });
  const ready = async () => {
    const client = await clientFor('');
    await waitFor(async () => (await client.text('/readyz')) === 'ok', { what: 'the hub', timeoutMs: 60_000, intervalMs: 100 });
    client.close();
  };
  const serve = () => start('serve', '--listen', '127.0.0.1', '--port', String(port));

  it(
    'makes its admin once, starts, keeps a second one out, resets the token while it runs, survives kill -9, stops on SIGTERM',
    { timeout: 240_000 },
    async () => {
      const first = await start('bootstrap-admin').ended;
      expect(first.code, first.stderr).toBe(0);
      const { token } = JSON.parse(first.stdout) as { token: string };
      expect((await start('bootstrap-admin').ended).code).toBe(5);
      for (const file of ['hub/pki/ca.key', 'hub/pki/ca.crt']) expect((await stat(join(home, file))).mode & 0o777).toBe(0o600);

      const running = serve();
      await ready();
      let client = await clientFor(token);
      expect((await client.list(clusterProfileKinds.at('tenant'))).items.map((profile) => profile.metadata.name)).toContain('starter');
      expect((await client.find({ kind: projectKind, name: 'default' }))?.metadata.name).toBe('default');
      expect((await stat(join(home, 'run/hub.sock'))).mode & 0o777).toBe(0o600);

      const second = await start('serve', '--listen', '127.0.0.1', '--port', String(port + 1)).ended;
      expect([second.code, second.stderr]).toEqual([10, expect.stringContaining('is running already')]);

      const reset = await start('bootstrap-admin', '--reset').ended;
      const { token: newer } = JSON.parse(reset.stdout) as { token: string };
      await expect(client.list(projectKind)).rejects.toMatchObject({ code: 'Unauthorized' });
      client.close();
      client = await clientFor(newer);

      // Every write that was answered must be there after a crash at any moment.
      const answered: string[] = [];
      const writing = (async () => {
        for (let n = 0; ; n++) {
          const made = await client.create(registryKind, { kind: 'Registry', metadata: { name: `r${n}` }, spec: { type: 'builtin' } });
          answered.push(`${made.metadata.name}@${made.metadata.resourceVersion}`);
        }
      })().catch((error: unknown) => error);
      await waitFor(() => answered.length >= 50, { what: 'some writes', timeoutMs: 60_000, intervalMs: 5 });
      running.child.kill('SIGKILL');
      expect(await writing).toMatchObject({ code: 'Unavailable' });
      client.close();

      const again = serve();
      await ready();
      client = await clientFor(newer);
      const stored = (await client.list(registryKind)).items.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);
      expect(stored).toEqual(expect.arrayContaining(answered));
      const newest = await client.create(registryKind, { kind: 'Registry', metadata: { name: 'after' }, spec: { type: 'builtin' } });
      expect(Number(newest.metadata.resourceVersion)).toBeGreaterThan(Math.max(...answered.map((text) => Number(text.split('@')[1]))));

      // An open watch must not keep it from stopping; it ends as if its time were up.
      const seen: string[] = [];
      const watched = (async () => {
        for await (const event of client.watch(registryKind, newest.metadata.resourceVersion))
          if (event.type === 'ADDED') seen.push(event.object.metadata.name);
        return 'ended';
      })().catch((error: unknown) => error);
      await client.create(registryKind, { kind: 'Registry', metadata: { name: 'watched' }, spec: { type: 'builtin' } });
      await waitFor(() => seen.includes('watched'), { what: 'the watch', timeoutMs: 20_000, intervalMs: 20 });
      again.child.kill('SIGTERM');
      expect((await again.ended).code).toBe(0);
      expect(await watched).toBe('ended');
      client.close();
      for (const secret of [token, newer, token.slice(17), newer.slice(17)])
        expect(log.includes(secret), 'no token in the log').toBe(false);
      expect(log).toContain('"status":201');
    },
  );

  it('says what a port that is taken needs', { timeout: 60_000 }, async () => {
    const { createServer } = await import('node:net');
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address() as { port: number };
    const refused = await start('serve', '--listen', `127.0.0.1:${address.port}`).ended;
    taken.close();
    expect([refused.code, refused.stderr]).toEqual([10, expect.stringContaining(`Port ${address.port} on 127.0.0.1 is taken`)]);
  });
});
