import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run, silentLogger } from '@slipway/kit';
import { parseAllDocuments } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterApiImages, gatewayPieces, KUBERNETES, kubernetesImageTags } from './catalogue.ts';
import { createToolchain } from './create-toolchain.ts';
import { toolchainEnvironment } from './environment.ts';
import { machineArtifacts } from './machine-artifacts.ts';
import type { Artifact } from './toolchain.ts';

// The real toolchain, from the cache that `slipway up` fills: what is missing there is built here, which can take a quarter of an hour.
const repoRoot = resolve(import.meta.dirname, '../../..');
const toolchain = createToolchain({ repoRoot, logger: silentLogger, ...toolchainEnvironment(process.env) });
const pieces = [
  ...KUBERNETES.flatMap(({ version }) => toolchain.forKubernetes(version)),
  ...gatewayPieces('tuned'),
  ...gatewayPieces('stock'),
  'helm',
];

let artifacts: ReadonlyMap<string, Artifact>;
let dir: string;
beforeAll(async () => {
  artifacts = await toolchain.ensure(pieces);
  dir = await mkdtemp(join(tmpdir(), 'slipway-toolchain-'));
}, 1_800_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

const pathOf = (name: string): string => artifacts.get(name)?.path ?? expect.unreachable(`no ${name}`);

describe.each(KUBERNETES)('Kubernetes $version', ({ version, minor }) => {
  /** A program of the multi-call binary, called by its own name. */
  const program = async (name: string): Promise<string> => {
    const path = join(dir, `${name}-${minor}`, name);
    await run('mkdir', ['-p', join(path, '..')]);
    await symlink(await machineArtifacts(toolchain).kubernetesBinary(version), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return path;
  };

  it('says its version in every program', async () => {
    for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet']) {
      expect((await run(await program(name), ['--version'])).stdout.trim()).toBe(`Kubernetes ${version}`);
    }
    expect((await run(await program('kubeadm'), ['version', '-o', 'short'])).stdout.trim()).toBe(version);
    expect((await run(await program('kubectl'), ['version', '--client'])).stdout).toContain(`Client Version: ${version}`);
  });

  it('has exactly the images that kubeadm lists, given our tags of etcd and CoreDNS', async () => {
    const { etcd, coredns } = kubernetesImageTags(version);
    const config = join(dir, `${minor}.yaml`);
    await writeFile(
      config,
      `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: ${version}\netcd: {local: {imageTag: "${etcd}"}}\ndns: {imageTag: "${coredns}"}\n`,
    );
    const { stdout } = await run(await program('kubeadm'), ['config', 'images', 'list', '--config', config]);
    const names = new Set((await machineArtifacts(toolchain).images(version)).flatMap((image) => image.names));
    const wanted = stdout.trim().split('\n');
    expect(wanted).toHaveLength(7);
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });
});

it('has images whose every blob is intact', async () => {
  for (const [name, { path, kind }] of artifacts) {
    if (kind !== 'oci-layout') continue;
    const { stdout } = await run('sh', [
      '-c',
      'cd "$1/blobs/sha256" && for f in *; do echo "$f  $f"; done | sha256sum --check --quiet && echo intact',
      'sh',
      path,
    ]);
    expect(stdout.trim(), name).toBe('intact');
  }
});

it('renders Cluster API with its own images, certificates to replace, and no variable left', async () => {
  const text = await readFile(pathOf('cluster-api-components'), 'utf8');
  expect(text).not.toMatch(/\$\{/);
  const kinds = parseAllDocuments(text).map((document) => document.get('kind') as string);
  const count = (kind: string) => kinds.filter((item) => item === kind).length;
  expect({
    Deployment: count('Deployment'),
    Certificate: count('Certificate'),
    Issuer: count('Issuer'),
    Namespace: count('Namespace'),
  }).toEqual({
    Deployment: 3,
    Certificate: 3,
    Issuer: 3,
    Namespace: 3,
  });
  expect(count('CustomResourceDefinition')).toBeGreaterThanOrEqual(15);
  for (const image of Object.values(clusterApiImages('stock'))) expect(text).toContain(`image: ${image}`);
});

it('has other managers in the tuned images than in the stock ones, under other names', async () => {
  const [stock, tuned] = [artifacts.get('image/cluster-api'), artifacts.get('image/cluster-api-tuned')];
  expect(stock?.names).toEqual(Object.values(clusterApiImages('stock')));
  expect(tuned?.names).toEqual(Object.values(clusterApiImages('tuned')));
  expect(stock?.digest).not.toBe(tuned?.digest);
});

it.each(['local-path-storage', 'metrics-server'])('the pack %s passes helm lint and renders for both versions', async (pack) => {
  const chart = join(repoRoot, 'packs', pack);
  expect((await run(pathOf('helm'), ['lint', '--strict', chart])).stdout).toContain('0 chart(s) failed');
  for (const { version } of KUBERNETES) {
    const { stdout } = await run(pathOf('helm'), ['template', 'x', chart, '--namespace', 'somewhere', '--kube-version', version]);
    const documents = parseAllDocuments(stdout);
    expect(documents.flatMap((document) => document.errors)).toEqual([]);
    expect(documents.map((document) => document.get('kind'))).toContain('Deployment');
    expect(stdout).not.toContain('imagePullPolicy: Always');
  }
});

it('refuses values of a pack that are out of range, with the path of the value', async () => {
  const chart = join(repoRoot, 'packs/metrics-server');
  await expect(run(pathOf('helm'), ['template', 'x', chart, '--set', 'metricResolution=5s'])).rejects.toThrow(
    /metricResolution.*does not match/,
  );
});
