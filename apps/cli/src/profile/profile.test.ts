import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterValues } from '@slipway/model';
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
          chart: { registry: builtin, name: metrics-server, version: 3.13.0 }
          valuesYaml: |
            # one is enough
            replicas: 1
            args:
              - --host={{ .var.host }}
        - { name: old, type: addon, manifests: ['{ apiVersion: v1, kind: ConfigMap, metadata: { name: old }, data: { p: "{{ .var.password }}" } }'] }
    - version: 1.1.0
      variables:
        - { name: host, type: string, default: shop, maxLength: 20 }
        - { name: password, type: secret, required: true }
      layers:
        - name: metrics
          type: addon
          chart: { registry: builtin, name: metrics-server, version: 3.13.0 }
          presets: []
          priority: 5
          valuesYaml: |
            # one is enough
            replicas: 2 # since May
            args:
              - --host={{ .var.host }}
              - --more
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
    hub = await startCliHub();
    for (const [name, text] of [
      ['profile.yaml', profile],
      ['cluster.yaml', cluster],
    ] as const) {
      const applied = await hub.slipway(['apply', '-f', await file(name, text)]);
      expect(applied.code, applied.talk).toBe(0);
    }
  }, 120_000);
  afterAll(() => hub?.stop());

  test('what the layers of a cluster are told, as it is and as it would be', async () => {
    const now = await run('values', 'dev', 'metrics');
    expect(now.code, now.talk).toBe(0);
    expect(now.out).toContain('replicas: 3 # override of the cluster');
    expect(now.out).toContain('# profile, .var.host\nargs:\n  - --host=shop\n');
    const moved = await run('values', 'dev', '--profile', '1.1.0', '-o', 'json');
    const values = JSON.parse(moved.out) as ClusterValues;
    expect([values.profile, values.layers.map(({ name }) => name)]).toEqual(['shop@1.1.0', ['kubernetes', 'new', 'metrics']]);
    const other = await run('values', 'next', '-f', await file('next.yaml', cluster.replace('name: dev', 'name: next')), '-o', 'yaml');
    expect(other.out).toContain('cluster: next');
    const wrong = await run('values', 'dev', 'nope');
    expect([wrong.code, wrong.talk]).toEqual([1, expect.stringContaining('there is no layer "nope"')]);
    expect((await run('values', 'missing')).code).toBe(4);
    expect((await run('values', 'dev', '--profile', '1.1.0', '-f', 'x.yaml')).code).toBe(2);
  }, 120_000);

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
  }, 120_000);
});
