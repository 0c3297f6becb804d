import { glob, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, TEST_CATALOGUE, clusterPieces, gatewayPieces, KUBERNETES } from './catalogue.ts';
import { requirementsOf, type Piece } from './piece.ts';

const repoRoot = resolve(import.meta.dirname, '../../..');
const distro = join(repoRoot, 'distro');
const byName = new Map(CATALOGUE.map((piece) => [piece.name, piece]));

/** Everything a piece is made from, itself included. */
function closure(name: string, seen = new Set<string>()): Set<string> {
  const piece = byName.get(name);
  if (!piece) throw new Error(`${name} is not in the catalogue`);
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const required of requirementsOf(piece)) closure(required, seen);
  return seen;
}

/** Version of the module that holds a package, as the wrapper's go.mod pins it. */
async function pinnedVersion(module: string, importPath: string): Promise<string | undefined> {
  const text = await readFile(join(distro, module, 'go.mod'), 'utf8');
  const lines = [...text.matchAll(/^\s*(?:require )?([a-z][\w./-]+) (v\S+)/gm)];
  const holding = lines.filter(([, path = '']) => importPath === path || importPath.startsWith(`${path}/`));
  return holding.toSorted((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0))[0]?.[2];
}

const imageNames = (piece: Piece): readonly string[] =>
  piece.recipe.type === 'image' ? piece.recipe.images.flatMap((image) => image.names) : [];

describe('catalogue', () => {
  it('names every piece once and only requires pieces that exist', () => {
    expect(byName.size).toBe(CATALOGUE.length);
    for (const piece of CATALOGUE) expect(closure(piece.name).size).toBeGreaterThan(0);
  });

  it('builds each wrapper module of distro/ and no other', async () => {
    const used = new Set(TEST_CATALOGUE.flatMap(({ recipe }) => ('module' in recipe ? [recipe.module] : [])));
    const modules: string[] = [];
    for await (const file of glob('*/go.mod', { cwd: distro })) modules.push(dirname(file));
    expect([...used].toSorted()).toEqual(modules.toSorted());
  });

  it('states the version that the wrapper module pins', async () => {
    const main: Record<string, string> = {
      distribution: 'github.com/distribution/distribution/v3',
      etcd: 'go.etcd.io/etcd/server/v3',
      'kubernetes-1.35': 'k8s.io/kubernetes',
      'kubernetes-1.36': 'k8s.io/kubernetes',
    };
    for (const { name, version, recipe } of CATALOGUE) {
      if (recipe.type !== 'go' || recipe.module === 'pause') continue;
      for (const program of recipe.programs) {
        const importPath = program.package === '.' ? (main[recipe.module] ?? '') : program.package;
        expect(await pinnedVersion(recipe.module, importPath), `${name}: ${importPath}`).toBe(version);
      }
    }
  });

  it('gives no image name twice and no moving tags', () => {
    const names = CATALOGUE.flatMap(imageNames);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9.-]+\.[a-z]+\/[a-z0-9/-]+:v?\d[\w.-]*$/);
  });

  it.each(KUBERNETES)('has every image kubeadm $version asks for, given the tags', (entry) => {
    const names = new Set(clusterPieces(entry).flatMap((name) => imageNames(byName.get(name) as Piece)));
    const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];
    const wanted = [
      ...programs.map((name) => `registry.k8s.io/${name}:${entry.version}`),
      `registry.k8s.io/etcd:${entry.etcd}`,
      `registry.k8s.io/coredns/coredns:${entry.coredns}`,
      `registry.k8s.io/pause:${entry.pause}`,
    ];
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  it('needs only one Kubernetes version for a cluster and for the gateway', () => {
    const needed = new Set([...clusterPieces(KUBERNETES[0]), ...gatewayPieces()].flatMap((name) => [...closure(name)]));
    expect([...needed].filter((name) => name.includes('1.36'))).toEqual([]);
    expect(needed.has('cluster-api-core')).toBe(false);
  });

  it('makes what the first cluster waits for longest first', () => {
    expect(CATALOGUE[0]?.name).toBe(`kubernetes-${KUBERNETES[0].minor}`);
  });
});

describe('packs', () => {
  it('use images that the toolchain makes', async () => {
    const names = new Set(CATALOGUE.flatMap(imageNames));
    const { parse } = await import('yaml');
    for (const pack of ['local-path-storage', 'metrics-server']) {
      const values = parse(await readFile(join(repoRoot, 'packs', pack, 'values.yaml'), 'utf8')) as {
        image: { repository: string; tag: string };
        helper?: { image: { repository: string; tag: string } };
      };
      for (const image of [values.image, ...(values.helper ? [values.helper.image] : [])])
        expect(names).toContain(`${image.repository}:${image.tag}`);
    }
  });
});
