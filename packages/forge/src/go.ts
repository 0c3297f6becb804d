import { access, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, run, SlipwayError, type RunOptions } from '@slipway/kit';
import { changesOf, type GoRecipe } from './piece.ts';
import { applyChanges, parseChanges } from './source-changes.ts';

export interface GoHost {
  readonly command: string;
  /** `1.26.8` */
  readonly version: string;
}

export interface GoContext {
  /** Directory of the wrapper modules. */
  readonly distro: string;
  readonly env: NodeJS.ProcessEnv;
  readonly scratch: string;
  readonly onProgress?: (detail: string, fraction?: number) => void;
  readonly signal?: AbortSignal | undefined;
}

const CANDIDATES = ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'];

/** Finds Go on PATH or where its installer puts it. Throws a `Host` error that says what to do when it is not there. */
export async function findGo(env: NodeJS.ProcessEnv, candidates: readonly string[] = CANDIDATES): Promise<GoHost> {
  for (const command of candidates) {
    try {
      const { stdout } = await run(command, ['env', 'GOVERSION'], { env: { ...env, GOTOOLCHAIN: 'local', GOWORK: 'off' }, cwd: '/' });
      return { command, version: stdout.trim().replace(/^go/, '') };
    } catch (error) {
      if (!(error instanceof SlipwayError && error.code === 'Host')) throw error;
    }
  }
  throw new SlipwayError('Host', 'Go is not installed, and the Kubernetes toolchain is built from Go modules on this host.', {
    hint: `Install Go 1.26 or newer (on PATH or in /usr/local/go), or give a content bundle with SLIPWAY_BUNDLE.`,
  });
}

const numbersOf = (version: string): number[] => version.split('.').map((part) => Number.parseInt(part, 10) || 0);

/** Negative when `a` is older than `b`; versions as `1.26.8`. */
export function compareGoVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let at = 0; at < 3; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Refuses, naming both versions, when this Go cannot build the module. */
export async function checkGo(host: GoHost, distro: string, module: string): Promise<void> {
  const text = await readFile(join(distro, module, 'go.mod'), 'utf8');
  const needed = /^go (\S+)$/m.exec(text)?.[1] ?? '1.26.0';
  if (compareGoVersions(host.version, needed) >= 0) return;
  throw new SlipwayError('Host', `Go ${host.version} (${host.command}) is too old: ${module} needs Go ${needed} or newer.`, {
    hint: 'Install a newer Go (on PATH or in /usr/local/go), or give a content bundle with SLIPWAY_BUNDLE.',
  });
}

/** Everything on the command line that decides what comes out; part of the cache key. */
export const goFlags = (recipe: GoRecipe): string[] => [
  '-buildvcs=false',
  '-trimpath',
  '-ldflags',
  ['-s -w', ...(recipe.set ?? []).map((value) => `-X ${value}`)].join(' '),
];

export const goEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  CGO_ENABLED: '0',
  GOTOOLCHAIN: 'local',
  GOFLAGS: '-mod=readonly',
  GOWORK: 'off',
});

/** Builds each program of the recipe into `into`. Interrupted builds go on where they were: Go keeps what it compiled. */
export async function buildGo(host: GoHost, recipe: GoRecipe, into: string, context: GoContext): Promise<void> {
  const cwd = join(context.distro, recipe.module);
  const options: RunOptions = { cwd, env: goEnvironment(context.env), ...(context.signal && { signal: context.signal }) };
  const modfile = changesOf(recipe) ? [`-modfile=${await patchedModule(host, recipe, options, context)}`] : [];
  for (const program of recipe.programs) {
    const total = await countPackages(host, [...modfile, '-trimpath', program.package], options, context);
    let compiled = 0;
    const onLine = (line: string, stream: 'stdout' | 'stderr') => {
      if (stream !== 'stderr') return;
      if (line.startsWith('go: ')) return context.onProgress?.(line.slice(4));
      // Anything but a package's path is a compiler's complaint; it comes with the error.
      if (!/^[\w.~/-]+$/.test(line)) return;
      compiled += 1;
      context.onProgress?.(`compiling ${line} (${compiled} of at most ${total} packages)`, Math.min(0.98, compiled / total));
    };
    context.onProgress?.(`compiling ${program.package === '.' ? recipe.module : program.package}`);
    const partial = join(into, `.${program.output}.partial`);
    await run(host.command, ['build', '-v', ...modfile, ...goFlags(recipe), '-o', partial, program.package], {
      ...options,
      onLine,
      as: `go build ${program.package}`,
    });
    await rename(partial, join(into, program.output));
  }
}

async function countPackages(host: GoHost, args: string[], options: RunOptions, context: GoContext): Promise<number> {
  const onLine = (line: string, stream: 'stdout' | 'stderr') => {
    if (stream === 'stderr' && line.startsWith('go: ')) context.onProgress?.(line.slice(4));
  };
  const { stdout } = await run(host.command, ['list', '-deps', '-f', '{{.ImportPath}}', ...args], { ...options, onLine });
  return Math.max(1, stdout.trim().split('\n').length);
}

/** Directory of a module's source in Go's module cache, downloaded if need be (Go verifies it against go.sum). */
export async function moduleDirectory(host: GoHost, module: string, options: RunOptions): Promise<string> {
  const { stdout } = await run(host.command, ['mod', 'download', '-json', module], options);
  const dir: unknown = (JSON.parse(stdout) as { Dir?: unknown }).Dir;
  if (typeof dir !== 'string') throw new SlipwayError('Internal', `Go did not say where it keeps ${module}.`);
  await access(dir);
  return dir;
}

/**
 * A copy of the module with the reviewed changes made, and a go.mod that uses it. Go refuses overlays of files in its module cache, and Cluster API's main
 * packages import internal ones, so a copy of the whole module is the only way.
 */
async function patchedModule(host: GoHost, recipe: GoRecipe, options: RunOptions, context: GoContext): Promise<string> {
  const { module } = recipe;
  const changes = changesOf(recipe);
  if (!changes) throw new SlipwayError('Internal', `${module} has no list of changes.`);
  const source = await moduleDirectory(host, changes.of, options);
  const copy = join(context.scratch, 'source');
  await rm(context.scratch, { recursive: true, force: true });
  await mkdir(context.scratch, { recursive: true });
  // Files of the module cache are read-only; the copy must not be.
  await run('cp', ['-R', '--no-preserve=mode,ownership', source, copy], context.signal ? { signal: context.signal } : {});
  await applyChanges(copy, parseChanges(await readFile(join(context.distro, module, changes.file), 'utf8')));
  const modfile = join(context.scratch, 'patched.mod');
  const text = await readFile(join(context.distro, module, 'go.mod'), 'utf8');
  await writeFile(modfile, `${text}\nreplace ${changes.of} => ${copy}\n`);
  await cp(join(context.distro, module, 'go.sum'), join(context.scratch, 'patched.sum'));
  return modfile;
}

/** The words of a failed build that matter: Go's own, without the command line. */
export const goFailure = (piece: string, error: unknown): SlipwayError =>
  error instanceof SlipwayError && error.code !== 'Internal'
    ? error
    : new SlipwayError('Unavailable', `${piece} could not be built from its Go module: ${messageOf(error)}`, { cause: error });
