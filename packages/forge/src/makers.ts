import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256Hex, SlipwayError } from '@slipway/kit';
import type { StoredEntry } from './cache.ts';
import { renderComponents } from './components.ts';
import { sha256File } from './files.ts';
import { buildGo, checkGo, findGo, goEnvironment, goFailure, goFlags, moduleDirectory, type GoHost } from './go.ts';
import { makeLayer } from './layer.ts';
import { writeOciLayout, type OciImage } from './oci-layout.ts';
import { changesOf, type Piece } from './piece.ts';
import { bundleProgram } from './program-bundle.ts';
import { writeTar } from './tar.ts';

interface MakeContext {
  readonly repoRoot: string;
  readonly env: NodeJS.ProcessEnv;
  /** Lists of our own for apt. */
  readonly aptState: string;
  /** Pieces this one requires, made and verified. */
  readonly required: (name: string) => StoredEntry;
  /** Empty directory for the result. */
  readonly into: string;
  readonly scratch: string;
  readonly onProgress: (detail: string, fraction?: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What was made: the file callers want (empty for the directory itself) and its digest, unless it is the plain file's or tree's. */
export interface Made {
  readonly path: string;
  readonly digest?: string;
  readonly names?: readonly string[];
  readonly notes?: Readonly<Record<string, string>>;
}

/** What a piece is made from, besides other pieces. */
export interface Inputs {
  readonly digest: string;
  /** The bundled program that was hashed: it is packed even if its source is edited meanwhile. */
  readonly program?: Buffer;
}

export interface Makers {
  inputs(piece: Piece): Promise<Inputs>;
  make(piece: Piece, inputs: Inputs, context: MakeContext): Promise<Made>;
}

/** The file of a piece that callers want, known before it is made. */
export function resultPath(piece: Piece): string {
  const { recipe } = piece;
  if (recipe.type === 'go') return recipe.programs.length === 1 ? (recipe.programs[0]?.output ?? '') : '';
  return { layer: 'layer.tar', image: '', 'program-image': '', components: `${piece.name}.yaml` }[recipe.type];
}

/** How each type of recipe is hashed and carried out. One object per process: it asks for Go's version once. */
export function createMakers({ repoRoot, env }: { readonly repoRoot: string; readonly env: NodeJS.ProcessEnv }): Makers {
  const distro = join(repoRoot, 'distro');
  let host: Promise<GoHost> | undefined;
  const go = (): Promise<GoHost> => (host ??= findGo(env));

  const sources = async (module: string): Promise<Record<string, string>> => {
    const files = (await readdir(join(distro, module))).filter((name) => /^go\.(mod|sum)$|\.go$/.test(name)).toSorted();
    return Object.fromEntries(await Promise.all(files.map(async (name) => [name, sha256Hex(await readFile(join(distro, module, name)))])));
  };
  // The Go version is not part of the key: a compiler update must not throw away a toolchain that works. It is noted in the entry.
  const recipeInputs = async (piece: Piece, program: string | undefined): Promise<unknown> => {
    const { recipe } = piece;
    switch (recipe.type) {
      case 'go': {
        const changes = changesOf(recipe);
        const waits = changes ? sha256Hex(await readFile(join(distro, recipe.module, changes.file))) : undefined;
        return { recipe, flags: goFlags(recipe), sources: await sources(recipe.module), waits };
      }
      case 'layer':
        return { recipe, node: recipe.files.some((file) => file.from === 'node') ? await nodeVersion(repoRoot) : undefined };
      case 'program-image':
        return { recipe, program };
      case 'components':
        return { recipe, sources: await sources(recipe.module) };
      case 'image':
        return { recipe };
    }
  };
  const made = {
    async go(piece: Piece, context: MakeContext): Promise<Made> {
      const { recipe } = piece;
      if (recipe.type !== 'go') throw wrongRecipe(piece);
      const compiler = await go();
      await checkGo(compiler, distro, recipe.module);
      await buildGo(compiler, recipe, context.into, { distro, ...context }).catch((error: unknown) => {
        context.signal?.throwIfAborted();
        throw goFailure(piece.name, error);
      });
      await rm(context.scratch, { recursive: true, force: true });
      return { path: resultPath(piece), notes: { go: compiler.version } };
    },
    async layer(piece: Piece, context: MakeContext): Promise<Made> {
      const { recipe } = piece;
      if (recipe.type !== 'layer') throw wrongRecipe(piece);
      const pathOf = (name: string) => fileOf(context.required(name));
      const notes = await makeLayer(recipe.files, context.into, {
        ...context,
        pathOf,
        nodeBinary: join(repoRoot, 'node_modules/node/bin/node'),
      });
      return { path: resultPath(piece), notes };
    },
    async image(piece: Piece, context: MakeContext): Promise<Made> {
      const { recipe } = piece;
      if (recipe.type !== 'image') throw wrongRecipe(piece);
      const images = recipe.images.map((image): OciImage => ({
        names: image.names,
        config: image.config,
        layers: image.layers.map((name) => layerOf(context.required(name))),
      }));
      return { path: '', digest: await writeOciLayout(context.into, images), names: recipe.images.flatMap((image) => image.names) };
    },
    async 'program-image'(piece: Piece, context: MakeContext, { program }: Inputs): Promise<Made> {
      const { recipe } = piece;
      if (recipe.type !== 'program-image' || !program) throw wrongRecipe(piece);
      const layers = recipe.layers.map((name) => layerOf(context.required(name)));
      await mkdir(context.scratch, { recursive: true });
      const file = join(context.scratch, 'program.tar');
      const tar = await writeTar(file, [{ type: 'file', path: recipe.path, mode: 0o644, source: program }]);
      const all = [...layers, { file, ...tar }];
      const tag = recipe.tag ?? sha256Hex(canonicalJson([all.map((layer) => layer.sha256), recipe.config])).slice(0, 12);
      const names = [`${recipe.repository}:${tag}`];
      const digest = await writeOciLayout(context.into, [{ names, layers: all, config: recipe.config }]);
      await rm(context.scratch, { recursive: true, force: true });
      return { path: '', digest, names };
    },
    async components(piece: Piece, context: MakeContext): Promise<Made> {
      const { recipe } = piece;
      if (recipe.type !== 'components') throw wrongRecipe(piece);
      const compiler = await go();
      const options = { cwd: join(distro, recipe.module), env: goEnvironment(env), ...(context.signal && { signal: context.signal }) };
      const source = await moduleDirectory(compiler, recipe.of, options);
      await mkdir(context.scratch, { recursive: true });
      const hyperkube = fileOf(context.required(recipe.kubectl));
      const text = await renderComponents({
        source,
        hyperkube,
        parts: recipe.parts,
        images: recipe.images,
        scratch: context.scratch,
        signal: context.signal,
      });
      await writeFile(join(context.into, resultPath(piece)), text);
      await rm(context.scratch, { recursive: true, force: true });
      return { path: resultPath(piece) };
    },
  };

  return {
    async inputs(piece) {
      const program = piece.recipe.type === 'program-image' ? await bundleProgram(repoRoot, piece.recipe.entry) : undefined;
      const digest = sha256Hex(canonicalJson({ arch: process.arch, inputs: await recipeInputs(piece, program?.sha256) }));
      return { digest, ...(program && { program: program.code }) };
    },
    make: (piece, inputs, context) => made[piece.recipe.type](piece, context, inputs),
  };
}

const wrongRecipe = (piece: Piece) => new SlipwayError('Internal', `${piece.name} was given to the wrong maker.`);

async function nodeVersion(repoRoot: string): Promise<string> {
  const text = await readFile(join(repoRoot, 'node_modules/node/package.json'), 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('Host', 'The npm package "node" is not installed in this checkout.', { hint: 'Run: npm ci', cause });
  });
  return (JSON.parse(text) as { version: string }).version;
}

const fileOf = ({ entry, content }: StoredEntry): string => join(content, entry.path);

function layerOf(stored: StoredEntry): OciImage['layers'][number] {
  const file = stored.entry.files.find(({ path }) => path === 'layer.tar');
  if (!file) throw new SlipwayError('Internal', `${stored.entry.name} holds no layer.`);
  return { file: fileOf(stored), sha256: file.sha256, size: file.size };
}

/** Digest of a single made file. */
export const fileDigest = async (path: string): Promise<string> => `sha256:${await sha256File(path)}`;
