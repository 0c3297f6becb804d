import { messageOf, sha256Hex, SlipwayError } from '@slipway/kit';
import { parse } from 'yaml';
import { CHART_LIMITS, packChart } from '../chart-archive.ts';
import { readPack } from '../read-pack.ts';
import { chartFields } from './chart-fields.ts';
import type { FileTree, TreeFile } from './file-tree.ts';
import { type Catalogue, CATALOGUE_LIMITS, hintOfVersions, type ListedVersion, type RegistrySource } from './source.ts';
import { catalogueAnnotations, newestFirst, type PackMetadata, packMetadataSchema } from '@slipway/model';

/** How deep below the root a pack may lie: `<name>`, `charts/<name>`, `charts/<name>/<version>`. */
const DEPTH = 4;
const CANDIDATES = 5000;
/** Files beside a chart that are no part of it. */
const NOT_PACKED = new Set(['.DS_Store', '.helmignore']);

interface Candidate {
  /** Folder, or file of an archive. */
  readonly path: string;
  readonly name: string;
  readonly listed: ListedVersion;
}

export interface TreeSourceInput {
  readonly from: string;
  /** The files as they are now, for as long as they are used. */
  readonly withTree: <T>(use: (tree: FileTree, revision?: string) => Promise<T>) => Promise<T>;
}

/** Chart folders and chart archives in a tree of files: what comes with the hub, a folder, a git repository. */
export function treeSource({ from, withTree }: TreeSourceInput): RegistrySource {
  return {
    from,
    catalogue: (known) =>
      withTree(async (tree, revision) => (revision !== undefined && revision === known.revision ? undefined : catalogueOf(tree, revision))),
    fetch: (ref) =>
      withTree(async (tree) => {
        const named = (await candidatesOf(tree)).candidates.filter(({ name }) => name === ref.name);
        const found = named.find(({ listed }) => listed.version === ref.version);
        if (found !== undefined) return { archive: await archiveOf(tree, found) };
        if (named.length === 0) throw new SlipwayError('NotFound', `The ${from} has no chart "${ref.name}".`);
        throw new SlipwayError('NotFound', `The ${from} has no version ${ref.version} of chart "${ref.name}".`, {
          hint: hintOfVersions(named.map(({ listed }) => listed.version)),
        });
      }),
  };
}

async function catalogueOf(tree: FileTree, revision: string | undefined): Promise<Catalogue> {
  const { candidates, remarks } = await candidatesOf(tree);
  const packs = new Map<string, ListedVersion[]>();
  for (const candidate of candidates) {
    const { name } = candidate;
    const versions = packs.get(name) ?? [];
    if (versions.some(({ version }) => version === candidate.listed.version)) continue;
    try {
      packs.set(name, [...versions, await withDigest(tree, candidate)]);
    } catch (error) {
      remarks.push(`${candidate.path}: ${messageOf(error)}`);
    }
  }
  return {
    packs: [...packs]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, CATALOGUE_LIMITS.packs)
      .map(([name, versions]) => ({ name, versions: sorted(versions) })),
    remarks,
    revision,
  };
}

/** What it would be as an archive: so that a change of a version is noticed. */
async function withDigest(tree: FileTree, candidate: Candidate): Promise<ListedVersion> {
  const { listed } = candidate;
  if (listed.digest !== undefined) return listed;
  return { ...listed, digest: `sha256:${sha256Hex(await archiveOf(tree, candidate))}` };
}

const sorted = (versions: readonly ListedVersion[]): ListedVersion[] => {
  const order = newestFirst(versions.map(({ version }) => version));
  return versions.toSorted((a, b) => order.indexOf(a.version) - order.indexOf(b.version)).slice(0, CATALOGUE_LIMITS.versions);
};

async function candidatesOf(tree: FileTree): Promise<{ candidates: Candidate[]; remarks: string[] }> {
  const files = tree.files.filter(
    ({ path, kind }) => kind === 'file' && /(^|\/)(Chart|slipway)\.yaml$/.test(path) && depthOf(path) <= DEPTH,
  );
  const chartFolders = new Set(files.filter(({ path }) => path.endsWith('Chart.yaml')).map(({ path }) => folderOf(path)));
  // Beside a Chart.yaml, a slipway.yaml only adds to it.
  const charts = files.filter(({ path }) => path.endsWith('Chart.yaml') || !chartFolders.has(folderOf(path)));
  const folders = new Set(charts.map(({ path }) => folderOf(path)));
  // A chart's own `charts/` are parts of it.
  const outer = charts.filter(({ path }) => !parentsOf(folderOf(path)).some((parent) => folders.has(parent)));
  const archives = tree.files.filter(
    ({ path, kind, size }) =>
      kind === 'file' &&
      path.endsWith('.tgz') &&
      size <= CHART_LIMITS.archive &&
      depthOf(path) <= DEPTH &&
      !parentsOf(path).some((parent) => folders.has(parent)),
  );
  if (outer.length + archives.length > CANDIDATES) throw new SlipwayError('TooLarge', `There are more than ${CANDIDATES} charts.`);
  const candidates: Candidate[] = [];
  const remarks: string[] = [];
  for (const file of [...outer, ...archives].toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    try {
      candidates.push(await candidateOf(tree, file));
    } catch (error) {
      remarks.push(`${file.path}: ${messageOf(error)}`);
    }
  }
  return { candidates, remarks };
}

const depthOf = (path: string): number => path.split('/').length - 1;
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
/** The folders above, the root (`''`) last. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return path === '' ? [] : [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ''];
}

async function candidateOf(tree: FileTree, file: TreeFile): Promise<Candidate> {
  const [data = Buffer.alloc(0)] = await tree.read([file]);
  if (file.path.endsWith('.tgz')) {
    const { name, version, digest, description, metadata } = await readPack(data);
    return {
      path: file.path,
      name,
      listed: { version, digest, description, ...annotationsOf(metadata) },
    };
  }
  if (data.length > 1024 * 1024) throw new SlipwayError('Invalid', 'it is larger than a Chart.yaml can be.');
  const chart = parse(data.toString('utf8'), { maxAliasCount: 100 }) as { name?: unknown; version?: unknown; layer?: unknown } | null;
  const [name, version] = [chart?.name, chart?.version].map((value) => (typeof value === 'number' ? String(value) : value));
  if (typeof name !== 'string' || typeof version !== 'string') throw new SlipwayError('Invalid', 'it has no name or no version.');
  // Of a pack of manifests; what is not as it should be is told when it is read.
  const own = file.path.endsWith('slipway.yaml') ? packMetadataSchema.safeParse(chart).data : undefined;
  return { path: folderOf(file.path), name, listed: { ...chartFields(chart), ...annotationsOf(own), version } };
}

function annotationsOf(metadata: PackMetadata | undefined): Pick<ListedVersion, 'annotations'> {
  const annotations = catalogueAnnotations(metadata ?? {});
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}

async function archiveOf(tree: FileTree, { path, name }: Candidate): Promise<Buffer> {
  const archive = tree.files.find((file) => file.path === path);
  if (archive !== undefined) return (await tree.read([archive]))[0] ?? Buffer.alloc(0);
  const prefix = path === '' ? '' : `${path}/`;
  const files = tree.files.filter(
    (file) => file.path.startsWith(prefix) && !NOT_PACKED.has(file.path.slice(file.path.lastIndexOf('/') + 1)),
  );
  const bad = files.find(({ kind, size }) => kind !== 'file' || size > CHART_LIMITS.file);
  if (bad !== undefined)
    throw new SlipwayError('Invalid', `The chart folder holds something that is not a plain file of reasonable size: ${bad.path}`);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > CHART_LIMITS.archive)
    throw new SlipwayError('TooLarge', `The chart in ${path} is larger than ${CHART_LIMITS.archive} bytes.`);
  const contents = await tree.read(files);
  return packChart(
    name,
    files.map((file, index) => ({ name: file.path.slice(prefix.length), data: contents[index] ?? Buffer.alloc(0) })),
  );
}
