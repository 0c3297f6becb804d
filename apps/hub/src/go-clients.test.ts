import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@slipway/kit';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubeconfigOf, startTestHub, type TestHub } from './testing/test-hub.ts';

describe('Go programs against the hub', { timeout: 240_000 }, () => {
  let test: TestHub;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    test = await startTestHub();
    const file = join(test.home, 'kubeconfig');
    await writeFile(file, JSON.stringify(kubeconfigOf(test)), { mode: 0o600 });
    env = { ...process.env, KUBECONFIG: file, HOME: test.home };
  }, 120_000);
  afterAll(() => test?.stop());

  const command = async (
    name: string,
    more: NodeJS.ProcessEnv = {},
    onLine: (line: string) => void = () => undefined,
  ): Promise<Record<string, any>> => {
    const { stdout } = await run(testTool('test-clients'), [name], { env: { ...env, ...more }, timeoutMs: 200_000, onLine });
    return JSON.parse(stdout) as Record<string, any>;
  };

  it('client-go discovers, maps kinds, and uses its typed clients, protobuf bodies included', async () => {
    expect(await command('discovery')).toEqual({
      mapped: 'slipway.dev/v1, Resource=machinepools namespace',
      preferred: expect.arrayContaining(['v1', 'slipway.dev/v1', 'authorization.k8s.io/v1']),
      secretKeys: 1,
      namespaces: 1,
      user: 'admin',
    });
  });

  it.each(['true', 'false'])(
    'a shared informer misses nothing while 32 write, watches break and the hub restarts (streaming lists: %s)',
    async (streaming) => {
      let restarting: Promise<void> | undefined;
      const onLine = (line: string): void => {
        if (line === 'writing') restarting ??= test.restart();
      };
      const { writes, events, watches, gone, listsBeforeGone } = await command(
        'informer',
        { KUBE_FEATURE_WatchListClient: streaming },
        onLine,
      );
      await restarting;
      expect([writes >= 600, events >= writes, watches > 2, gone]).toEqual([true, true, true, 1]);
      // It resumed every time and never had to list anew.
      expect(listsBeforeGone).toBe(streaming === 'true' ? 0 : 1);
    },
  );

  it('Flux applies, finds drift by a dry run, repairs it, leaves others their fields, and deletes', async () => {
    const objects = (action: string) =>
      ['Registry/flux-charts', 'Secret/flux/pull'].map((name) => expect.stringMatching(new RegExp(`${name} ${action}$`)));
    expect(await command('flux')).toEqual({
      project: ['Project/flux created'],
      first: expect.arrayContaining(objects('created')),
      again: expect.arrayContaining(objects('unchanged')),
      diff: 'configured: https://drift.example.com to https://charts.example.com',
      drift: expect.arrayContaining([expect.stringMatching(/Registry\/flux-charts configured$/)]),
      kept: 'yes',
      deleted: expect.arrayContaining(objects('deleted')),
    });
  });
});
