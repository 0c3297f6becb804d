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
    const program = name === 'argocd' ? [testTool('test-argocd')] : [testTool('test-clients'), name];
    const { stdout } = await run(program[0] as string, program.slice(1), { env: { ...env, ...more }, timeoutMs: 200_000, onLine });
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
      // It resumed every time; client-go lists anew only when the hub goes away while it is asked for a watch.
      expect(listsBeforeGone).toBeLessThanOrEqual(streaming === 'true' ? 1 : 2);
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

  it('reads /openapi/v2 in protobuf as kubectl, Argo CD and Terraform do: the same as gnostic makes of its JSON', async () => {
    const { same, models, pool, poolPatches, secretPatches } = await command('openapi');
    expect([same, models > 50]).toEqual([true, true]);
    expect(pool).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
    expect(poolPatches).not.toContain('application/strategic-merge-patch+json');
    expect(secretPatches).toContain('application/strategic-merge-patch+json');
  });

  describe('Argo CD, by its own gitops-engine', () => {
    let found: Record<string, any>;
    const told = (...lines: [object: string, what: string][]) =>
      expect.arrayContaining(lines.map(([object, what]) => expect.stringMatching(new RegExp(`^${object} .*${what}$`))));
    beforeAll(async () => {
      found = await command('argocd');
    }, 240_000);

    it('caches everything there is, syncs in waves, and again without a change', () => {
      expect(found['resources']).toBeGreaterThan(20);
      const objects = ['Project/argo', 'ServiceAccount/deployer', 'Registry/argo-charts'];
      expect(found['created']).toEqual(told(...objects.map((name): [string, string] => [name, 'created']), ['Secret/pull', 'created']));
      expect(found['again']).toEqual(told(...objects.map((name): [string, string] => [name, 'unchanged'])));
    });

    it('compares by three-way merge, structured merge and server-side dry run; values of Secrets only the server can compare', () => {
      expect(found['in sync three-way']).toEqual(['Secret/pull']);
      expect(found['in sync structured']).toEqual(['Secret/pull']);
      expect(found['in sync server']).toEqual([]);
    });

    it('finds drift by each of them, repairs it, and leaves others their fields', () => {
      for (const way of ['three-way', 'structured', 'server']) expect(found[`drifted ${way}`], way).toContain('Registry/argo-charts');
      expect(found['drifted server']).toEqual(['Registry/argo-charts']);
      expect(found['repaired']).toEqual(told(['Registry/argo-charts', 'configured'], ['Project/argo', 'unchanged']));
      expect(found['after repair']).toMatchObject({ url: 'https://charts.example.com', labels: { mine: 'yes', team: 'a' } });
    });

    it('goes over to server-side apply and takes its own fields with it', () => {
      expect(found['server-side']).toEqual(told(['Registry/argo-charts', 'serverside-applied'], ['Secret/pull', 'serverside-applied']));
      expect(found['after server-side']).toMatchObject({
        labels: { mine: 'yes', team: 'b' },
        managers: ['argocd-controller Apply', 'editor Update'],
      });
      expect(found['server-side in sync server']).toEqual([]);
    });

    it('prunes what is no longer in Git, and nothing else', () => {
      expect(found['pruned']).toEqual(
        told(['Registry/argo-charts', 'pruned'], ['ServiceAccount/deployer', 'pruned'], ['Secret/pull', 'pruned']),
      );
      expect(found['kept']).toEqual(['Project/argo Synced: project.slipway.dev/argo unchanged']);
    });
  });
});
