import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@slipway/kit';
import type { ClusterValues } from '@slipway/model';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliHub, startCliHub } from '../testing/cli-hub.ts';

const profile = `apiVersion: slipway.dev/v1
kind: ClusterProfile
metadata: { name: shop }
spec:
  versions:
    - version: 1.0.0
      variables:
        - { name: host, type: string, default: shop }
        - { name: password, type: secret, required: true }
      layers: &layers
        - { name: kubernetes, type: kubernetes, builtin: { name: kubernetes, version: 1.35.4 } }
        - name: metrics
          type: addon
          chart: { registry: builtin, name: metrics-server, version: 1.0.0 }
          valuesYaml: |
            # one is enough
            replicas: 1
            resources:
              host: {{ .var.host }}
        - { name: old, type: addon, manifests: ['{ apiVersion: v1, kind: ConfigMap, metadata: { name: old }, data: { p: "{{ .var.password }}" } }'] }
    - version: 1.1.0
      variables:
        - { name: host, type: string, default: shop, maxLength: 20 }
        - { name: password, type: secret, required: true }
      layers:
        - name: metrics
          type: addon
          chart: { registry: builtin, name: metrics-server, version: 1.0.0 }
          presets: []
          priority: 5
          valuesYaml: |
            # one is enough
            replicas: 2 # since May
            resources:
              host: {{ .var.host }}
              more: true
        - { name: kubernetes, type: kubernetes, builtin: { name: kubernetes, version: 1.35.4 } }
        - { name: new, type: addon, manifests: ['{ apiVersion: v1, kind: ConfigMap, metadata: { name: new } }'] }
`;
const cluster = `apiVersion: slipway.dev/v1
kind: Cluster
metadata: { name: dev }
spec:
  profile: { name: shop, version: 1.0.0 }
  secretVariables: { password: CANARY-of-dev }
  overrides: { metrics: { values: { replicas: 3 } } }
`;

describe('profiles at the command line', () => {
  let hub: CliHub;
  const run = async (...args: string[]) => {
    const result = await hub.slipway(args);
    expect(`${result.out}${result.talk}`).not.toContain('CANARY');
    return result;
  };
  const file = async (name: string, text: string) => {
    const path = join(hub.folder, name);
    await writeFile(path, text);
    return path;
  };
  beforeAll(async () => {
    hub = await startCliHub({ SLIPWAY_REGISTRY_PROGRAM: testTool('registry') });
    for (const [name, text] of [
      ['profile.yaml', profile],
      ['cluster.yaml', cluster],
    ] as const) {
      const applied = await hub.slipway(['apply', '-f', await file(name, text)]);
      expect(applied.code, applied.talk).toBe(0);
    }
  }, 300_000);
  afterAll(() => hub?.stop());

  test('what the layers of a cluster are told, as it is and as it would be', async () => {
    const now = await run('values', 'dev', 'metrics');
    expect(now.code, now.talk).toBe(0);
    expect(now.out).toContain('replicas: 3 # override of the cluster');
    expect(now.out).toContain('  host: shop # profile, .var.host');
    const moved = await run('values', 'dev', '--profile', '1.1.0', '-o', 'json');
    const values = JSON.parse(moved.out) as ClusterValues;
    expect([values.profile, values.layers.map(({ name }) => name)]).toEqual(['shop@1.1.0', ['kubernetes', 'new', 'metrics']]);
    const other = await run('values', 'next', '-f', await file('next.yaml', cluster.replace('name: dev', 'name: next')), '-o', 'yaml');
    expect(other.out).toContain('cluster: next');
    const wrong = await run('values', 'dev', 'nope');
    expect([wrong.code, wrong.talk]).toEqual([1, expect.stringContaining('there is no layer "nope"')]);
    expect((await run('values', 'missing')).code).toBe(4);
    expect((await run('values', 'dev', '--profile', '1.1.0', '-f', 'x.yaml')).code).toBe(2);
  }, 300_000);

  test('how two versions differ', async () => {
    const differ = await run('profile', 'diff', 'shop@1.0.0', '1.1.0');
    const page = await readFile(join(import.meta.dirname, '../../../../docs/profiles.md'), 'utf8');
    const [, shown] = /\$ \.\/slipway profile diff shop@1\.0\.0 1\.1\.0\n([^`]*)```/.exec(page) ?? [];
    expect([differ.code, differ.out]).toEqual([7, shown]);
    const json = JSON.parse((await run('profile', 'diff', 'shop@1.0.0', 'shop@1.1.0', '-o', 'json')).out) as {
      layers: { moved: string[] };
    };
    expect(json.layers.moved).toHaveLength(1);
    const same = await run('profile', 'diff', 'shop@1.0.0', 'shop@1.0.0');
    expect([same.code, same.out.trim()]).toEqual([0, 'shop@1.0.0 → shop@1.0.0: no differences']);
    expect((await run('profile', 'diff', 'shop@1.0.0', '9.9.9')).code).toBe(2);
  }, 300_000);

  test('a version goes as a file to another tenant, and is refused when it was changed on the way', async () => {
    const path = join(hub.folder, 'shop.yaml');
    const exported = await run('profile', 'export', 'shop@1.0.0', '-o', path);
    expect([exported.code, exported.out.trim()]).toEqual([0, path]);
    expect(exported.talk).toContain('refers to: pack metrics-server 1.0.0 of the registry builtin');
    const text = await readFile(path, 'utf8');
    expect((await run('profile', 'export', 'shop@1.0.0')).out.trim()).toBe(text.trim());
    await hub.slipway([
      'apply',
      '-f',
      await file('tenant.yaml', 'apiVersion: slipway.dev/v1\nkind: Tenant\nmetadata: { name: acme }\nspec: {}\n'),
    ]);
    const taken = await run('profile', 'import', path, '--tenant', 'acme');
    expect([taken.code, taken.out], taken.talk).toEqual([0, expect.stringContaining('profile/shop@1.0.0 imported as a new profile')]);
    expect(taken.talk).toContain('Each cluster gives it the secret variables password.');
    expect((await run('profile', 'import', path, '--tenant', 'acme')).out).toContain('is here already');
    const changed = await file('changed.yaml', text.replace('replicas: 1', 'replicas: 7'));
    const refused = await run('profile', 'import', changed, '--tenant', 'acme', '--name', 'other');
    expect([refused.code, refused.talk]).toEqual([1, expect.stringContaining('was changed after it was exported')]);
    // As kubectl and Flux would: the hub itself looks at the hash.
    const applied = await run('apply', '-f', changed, '--tenant', 'acme');
    expect([applied.code, applied.talk]).toEqual([1, expect.stringContaining('version 1.0.0')]);
    expect((await run('apply', '-f', path, '--tenant', 'acme')).code).toBe(0);
    expect((await run('profile', 'export', 'shop@1.1.0', '-o', join(hub.folder, 'next.yaml'))).code).toBe(0);
    expect((await run('profile', 'import', join(hub.folder, 'next.yaml'), '--tenant', 'acme')).out).toContain('shop@1.1.0 imported');
    const both = await run('get', 'clusterprofiles', 'shop', '--tenant', 'acme');
    expect(both.out).toContain('1.0.0,1.1.0');
  }, 300_000);

  test('a version goes through the registry of the hub', async () => {
    const host = new URL(hub.server).host;
    const place = `oci://${host}/default/shop-profile`;
    await waitFor(async () => (await hub.slipway(['registry', 'sync', 'embedded'])).code === 0, {
      what: 'the embedded registry',
      timeoutMs: 90_000,
      intervalMs: 2000,
    });
    const pushed = await run('profile', 'export', 'shop@1.0.0', '-o', place);
    expect(pushed.code, pushed.talk).toBe(0);
    const [, digest = ''] = /^default\/shop-profile:1\.0\.0 (sha256:[0-9a-f]{64})$/.exec(pushed.out.trim()) ?? [];
    expect((await run('profile', 'export', 'shop@1.0.0', '-o', place)).out.trim()).toContain(digest);
    const other = await run('profile', 'export', 'shop@1.1.0', '-o', `${place}:1.0.0`);
    expect([other.code, other.talk]).toEqual([5, expect.stringContaining('is there with other content')]);
    for (const [name, from] of [
      ['by-tag', `${place}:1.0.0`],
      ['by-digest', `${place}@${digest}`],
    ] as const) {
      const taken = await run('profile', 'import', from, '--name', name);
      expect([taken.code, taken.out], taken.talk).toEqual([0, expect.stringContaining(`profile/${name}@1.0.0 imported as a new profile`)]);
      expect((await run('profile', 'diff', 'shop@1.0.0', `${name}@1.0.0`)).code).toBe(0);
    }
    expect((await run('profile', 'import', place)).code).toBe(2);
    expect((await run('profile', 'import', `${place}:9.9.9`)).code).toBe(4);
  }, 300_000);
});
