import { join } from 'node:path';
import { canonicalJson, messageOf, sha256Hex, SlipwayError, type Logger } from '@slipway/kit';
import { openBundle, type Bundle, type BundleArtefact } from './bundle.ts';
import { createCache, type Source, type StoredEntry } from './cache.ts';
import { CATALOGUE, clusterPieces, KUBERNETES, kubernetesEntry } from './catalogue.ts';
import { failureSummary, hostFailure, PrerequisiteError } from './failures.ts';
import { treeDigest, recordFiles } from './files.ts';
import { createMakers, fileDigest, resultPath, type Inputs, type Made } from './makers.ts';
import { requirementsOf, type Piece } from './piece.ts';
import { createReleases } from './releases.ts';
import { createSlots } from './slots.ts';
import type { Artifact, Progress, Toolchain } from './toolchain.ts';

export interface ToolchainOptions {
  /** The checkout: `distro/`, `apps/`, `node_modules/node`. */
  readonly repoRoot: string;
  /** `SLIPWAY_CACHE`; shared between processes and instances. */
  readonly cacheDir: string;
  readonly logger: Logger;
  /** Content bundles (directories or `.tar.zst`), the first that has a piece wins. */
  readonly bundles?: readonly string[];
  /** Base URL of a mirror of releases (`SLIPWAY_RELEASES`). */
  readonly releases?: string;
  /** Environment of compilers; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  readonly catalogue?: readonly Piece[];
  /** Pieces made at the same time. */
  readonly parallel?: number;
}

export type EnsureOptions = NonNullable<Parameters<Toolchain['ensure']>[1]>;

/** The toolchain with what only forge's own parts need: entries as they lie in the cache. */
export interface ForgeToolchain extends Toolchain {
  /** The named pieces as they are stored, made if need be: what content bundles are written from. */
  entries(names: readonly string[], options?: EnsureOptions): Promise<StoredEntry[]>;
}

/**
 * The toolchain of this checkout: looks in the cache, then in content bundles, then for releases, then builds from Go modules.
 *
 * @example const toolchain = createToolchain({ repoRoot, cacheDir: '/var/cache/slipway', logger }); await toolchain.ensure(toolchain.forKubernetes('v1.35.4'));
 */
export function createToolchain(options: ToolchainOptions): ForgeToolchain {
  const catalogue = options.catalogue ?? CATALOGUE;
  const byName = new Map(catalogue.map((piece) => [piece.name, piece]));
  const env = options.env ?? process.env;
  const cache = createCache(join(options.cacheDir, 'toolchain'));
  const makers = createMakers({ repoRoot: options.repoRoot, env });
  const releases = createReleases({ base: options.releases, logger: options.logger });
  let bundles: Promise<Bundle[]> | undefined;
  const openBundles = () =>
    (bundles ??= Promise.all((options.bundles ?? []).map((path) => openBundle(path, join(options.cacheDir, 'bundles')))));

  /** The first bundle that has the piece. A program of this checkout is taken only if it was made from the same source: its version does not tell. */
  const offeredBy = async (piece: Piece, key: string): Promise<{ bundle: Bundle; artefact: BundleArtefact } | undefined> => {
    for (const bundle of await openBundles()) {
      const artefact = bundle.find(piece.name, piece.version);
      if (artefact && (piece.recipe.type !== 'program-image' || artefact.key === key)) return { bundle, artefact };
    }
    return undefined;
  };

  const pieceNamed = (name: string): Piece => {
    const piece = byName.get(name);
    if (piece) return piece;
    throw new SlipwayError('NotFound', `The toolchain has no piece "${name}".`, { hint: `It has: ${[...byName.keys()].join(', ')}.` });
  };

  /** Keys and inputs within one call: sources may change between calls, not within one. */
  const createKeys = () => {
    const known = new Map<string, Promise<{ key: string; inputs: Inputs }>>();
    const keyOf = (piece: Piece): Promise<{ key: string; inputs: Inputs }> => {
      let key = known.get(piece.name);
      if (!key) known.set(piece.name, (key = compute(piece)));
      return key;
    };
    const compute = async (piece: Piece) => {
      const inputs = await makers.inputs(piece);
      const requires = await Promise.all(requirementsOf(piece).map(async (name) => [name, (await keyOf(pieceNamed(name))).key]));
      const { name, version, kind } = piece;
      return { inputs, key: sha256Hex(canonicalJson({ format: 1, name, version, kind, inputs: inputs.digest, requires })).slice(0, 24) };
    };
    return keyOf;
  };

  const makeRun = (ensureOptions: EnsureOptions) => {
    const { signal } = ensureOptions;
    const keyOf = createKeys();
    const slots = createSlots(options.parallel ?? 2);
    const started = new Map<string, Promise<StoredEntry>>();

    const reporter = (piece: Piece) => {
      const begun = performance.now();
      return (state: Progress['state'], detail: string, fraction?: number) =>
        ensureOptions.onProgress?.({
          piece: piece.name,
          state,
          detail,
          ...(fraction !== undefined && { fraction }),
          elapsedMs: Math.round(performance.now() - begun),
        });
    };
    type Report = ReturnType<typeof reporter>;

    const obtain = (name: string): Promise<StoredEntry> => {
      let running = started.get(name);
      if (!running) {
        started.set(name, (running = obtainPiece(pieceNamed(name))));
        // Several pieces may wait for this one; the first to be told is not the only one.
        running.catch(() => undefined);
      }
      return running;
    };

    const obtainPiece = async (piece: Piece): Promise<StoredEntry> => {
      const report = reporter(piece);
      try {
        signal?.throwIfAborted();
        const { key, inputs } = await keyOf(piece);
        const found = await cache.lookup(piece.name, key);
        if (found) {
          report('cached', `${piece.version}, verified`, 1);
          return found;
        }
        report('waiting', 'waiting for its turn');
        const stored = await makeOrFetch(piece, key, inputs, report);
        report('done', `${piece.version} from ${sourceWords(stored.entry.source)}`, 1);
        return stored;
      } catch (cause) {
        if (signal?.aborted) throw cause;
        const error = hostFailure(cause, options.cacheDir);
        report('failed', messageOf(error));
        throw error;
      }
    };

    const makeOrFetch = async (piece: Piece, key: string, inputs: Inputs, report: Report): Promise<StoredEntry> => {
      const required = new Map<string, StoredEntry>();
      const build = (staged: string) => buildPiece(piece, inputs, required, staged, report);
      const locked = (work: Parameters<typeof underLock>[3]) => slots(() => underLock(piece, key, report, work));
      const offered = piece.release !== undefined || (await offeredBy(piece, key)) !== undefined;
      const requirements = requirementsOf(piece);
      if (requirements.length > 0) {
        // A piece that can be fetched does not need what it would be made from.
        const fetched = offered && (await locked((staged) => fetchPiece(piece, key, staged, report)));
        if (fetched) return fetched;
        await Promise.all(requirements.map(async (name) => required.set(name, await neededBy(piece, name))));
        return certain(piece, await locked(build));
      }
      return certain(piece, await locked(async (staged) => (offered && (await fetchPiece(piece, key, staged, report))) || build(staged)));
    };

    const neededBy = async (piece: Piece, name: string): Promise<StoredEntry> => {
      try {
        return await obtain(name);
      } catch (error) {
        if (signal?.aborted) throw error;
        throw new PrerequisiteError(piece.name, name, error);
      }
    };

    /** Looks again under the lock (another process may have been quicker), stages, commits. */
    const underLock = (
      piece: Piece,
      key: string,
      report: Report,
      work: (staged: string) => Promise<(Made & { source: Source }) | undefined>,
    ): Promise<StoredEntry | undefined> =>
      cache.locked(
        piece.name,
        async () => {
          const found = await cache.lookup(piece.name, key);
          if (found) return found;
          const staged = await cache.stage(piece.name);
          const made = await work(staged);
          if (!made) return undefined;
          const { name, version, kind } = piece;
          const content = join(staged, 'content');
          const digest =
            made.digest ?? (made.path === '' ? treeDigest(await recordFiles(content)) : await fileDigest(join(content, made.path)));
          const facts = { ...(made.names && { names: [...made.names] }), ...(made.notes && { notes: { ...made.notes } }) };
          return cache.commit(staged, { name, version, kind, key, digest, path: made.path, source: made.source, ...facts });
        },
        { signal, onWait: () => report('waiting', 'another process is making it') },
      );

    const fetchPiece = async (
      piece: Piece,
      key: string,
      staged: string,
      report: Report,
    ): Promise<(Made & { source: Source }) | undefined> => {
      const into = join(staged, 'content');
      const offer = await offeredBy(piece, key);
      if (offer) {
        const { bundle, artefact } = offer;
        report('running', `taking it from the content bundle ${bundle.path}`);
        await bundle.extract(artefact, into);
        const { path, digest, names, notes } = artefact;
        return { path, digest, ...(names && { names }), ...(notes && { notes }), source: { type: 'bundle', from: bundle.path } };
      }
      if (!piece.release) return undefined;
      report('running', 'looking for a release');
      const fetched = await releases.fetch(piece, into, join(staged, 'scratch'), signal);
      return fetched && { path: resultPath(piece), source: { type: 'release', from: fetched.from } };
    };

    const buildPiece = async (piece: Piece, inputs: Inputs, required: ReadonlyMap<string, StoredEntry>, staged: string, report: Report) => {
      report('running', piece.recipe.type === 'go' ? 'resolving its modules' : 'putting it together');
      const made = await makers.make(piece, inputs, {
        repoRoot: options.repoRoot,
        env,
        aptState: join(options.cacheDir, 'apt'),
        into: join(staged, 'content'),
        scratch: join(staged, 'scratch'),
        signal,
        onProgress: (detail, fraction) => report('running', detail, fraction),
        required: (name) => {
          const entry = required.get(name);
          if (!entry) throw new SlipwayError('Internal', `${piece.name} does not say that it needs ${name}.`);
          return entry;
        },
      });
      const source: Source =
        piece.recipe.type === 'go' ? { type: 'go', from: `distro/${piece.recipe.module}` } : { type: 'made', from: piece.recipe.type };
      return { ...made, source };
    };

    return obtain;
  };

  const entries = async (names: readonly string[], ensureOptions: EnsureOptions = {}): Promise<StoredEntry[]> => {
    const order = catalogue.filter((piece) => names.includes(piece.name)).map((piece) => piece.name);
    for (const name of names) pieceNamed(name);
    const obtain = makeRun(ensureOptions);
    const outcomes = await Promise.allSettled(order.map((name) => obtain(name)));
    ensureOptions.signal?.throwIfAborted();
    const failures = outcomes.flatMap((outcome, at) =>
      outcome.status === 'rejected' ? [{ name: order[at] ?? '', error: outcome.reason as unknown }] : [],
    );
    if (failures.length > 0) throw failureSummary(failures, order.length);
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  };

  return {
    pieces: () => catalogue.map((piece) => piece.name),
    kubernetesVersions: () => KUBERNETES.map(({ version }) => version),
    forKubernetes: (version) => clusterPieces(kubernetesEntry(version)),
    entries,
    async ensure(names, ensureOptions) {
      const stored = await entries(names, ensureOptions);
      return new Map(stored.map((entry) => [entry.entry.name, artifactOf(entry)]));
    },
    async find(name) {
      const piece = pieceNamed(name);
      const stored = await cache.lookup(name, (await createKeys()(piece)).key);
      return stored && artifactOf(stored);
    },
  };
}

const artifactOf = ({ entry, content }: StoredEntry): Artifact => ({
  name: entry.name,
  digest: entry.digest,
  kind: entry.kind,
  path: entry.path === '' ? content : join(content, entry.path),
  ...(entry.names && { names: entry.names }),
});

/** Under its lock a piece is either found or made; anything else is a mistake of this file. */
const certain = (piece: Piece, stored: StoredEntry | undefined): StoredEntry => {
  if (!stored) throw new SlipwayError('Internal', `${piece.name} was not made.`);
  return stored;
};

const sourceWords = ({ type, from }: Source): string =>
  ({ bundle: `the bundle ${from}`, release: from, go: 'its Go module', made: 'its parts' })[type];
