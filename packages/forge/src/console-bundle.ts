import { createHash } from 'node:crypto';
import { glob, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** What a build follows from. */
const INPUTS = ['apps/console/src', 'packages/{ui,api,kit,model}/src'];
/** Builds that are kept: a hub that was started before an update finds its files still. */
const KEPT = 3;
const zip = promisify(gzip);

/**
 * The console's static files in `<cacheDir>/console/<digest of their sources>`, made when they are not there, which takes a second or two.
 *
 * @example const { path, made } = await ensureConsole({ repoRoot, cacheDir: '/var/cache/slipway' });
 */
export async function ensureConsole(where: {
  readonly repoRoot: string;
  readonly cacheDir: string;
}): Promise<{ path: string; made: boolean }> {
  const builds = join(where.cacheDir, 'console');
  const path = join(builds, await sourceDigest(where.repoRoot));
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  if (there) return { path, made: false };
  await mkdir(builds, { recursive: true });
  const aside = await mkdtemp(join(builds, '.making-'));
  try {
    await buildConsole(where.repoRoot, aside);
    await rename(aside, path).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else made the same meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  await forgetOld(builds);
  return { path, made: true };
}

/** What the console ships of others, which its settings show. */
const NOTICES = 'THIRD_PARTY_NOTICES.md';

/** Makes the files in a directory: `index.html`, and `assets/` with names that hold the hash of their content, each also packed. */
export async function buildConsole(repoRoot: string, directory: string): Promise<void> {
  const { build } = await import('esbuild');
  const common = {
    absWorkingDir: repoRoot,
    bundle: true,
    minify: true,
    target: 'es2024',
    platform: 'browser',
    outdir: join(directory, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    // Their texts are in THIRD_PARTY_NOTICES.md, which the settings show.
    legalComments: 'none',
    loader: { '.woff2': 'file', '.md': 'copy' },
    assetNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'silent',
  } as const;
  const [app, theme] = await Promise.all([
    build({ ...common, entryPoints: ['apps/console/src/main.tsx', NOTICES], format: 'esm', splitting: true }),
    // Before the first paint, so that nobody who chose a theme sees the other one flash.
    build({ ...common, entryPoints: ['apps/console/src/first-paint.ts'], format: 'iife' }),
  ]);
  const outputs = { ...app.metafile.outputs, ...theme.metafile.outputs };
  const assetOf = (entry: string, extension: string): string => {
    const found = Object.entries(outputs).find(([file, { entryPoint, cssBundle }]) =>
      extension === '.css' ? outputs[file]?.entryPoint === entry && cssBundle : entryPoint === entry && file.endsWith(extension),
    );
    const file = extension === '.css' ? found?.[1].cssBundle : found?.[0];
    return `assets/${file?.split('/').at(-1) ?? ''}`;
  };
  const fontOf = (start: string): string =>
    `assets/${
      Object.keys(outputs)
        .map((file) => file.split('/').at(-1) ?? '')
        .find((name) => name.startsWith(start)) ?? ''
    }`;
  const template = await readFile(join(repoRoot, 'apps/console/index.html'), 'utf8');
  const filled = template
    .replace('%first-paint%', assetOf('apps/console/src/first-paint.ts', '.js'))
    .replace('%notices%', assetOf(NOTICES, '.md'))
    .replace('%main.css%', assetOf('apps/console/src/main.tsx', '.css'))
    .replace('%main%', assetOf('apps/console/src/main.tsx', '.js'))
    .replace('%font%', fontOf('inter-latin-wght-normal'));
  await writeFile(join(directory, 'index.html'), filled);
  for (const name of await readdir(join(directory, 'assets'))) {
    // Packed already.
    if (name.endsWith('.woff2')) continue;
    const file = join(directory, 'assets', name);
    await writeFile(`${file}.gz`, await zip(await readFile(file), { level: 9 }));
  }
}

async function sourceDigest(repoRoot: string): Promise<string> {
  const hash = createHash('sha256');
  // Its dependencies, and what makes it.
  const files = [join('packages/forge/src/console-bundle.ts'), 'package-lock.json'];
  for (const input of INPUTS) for await (const file of glob(`${input}/**/*.{ts,tsx,css,json,svg}`, { cwd: repoRoot })) files.push(file);
  files.push(
    'apps/console/index.html',
    'THIRD_PARTY_NOTICES.md',
    ...['ui', 'api', 'kit', 'model'].map((name) => `packages/${name}/package.json`),
  );
  for (const file of files.filter((name) => !name.endsWith('.test.ts')).toSorted())
    hash
      .update(file)
      .update('\0')
      .update(await readFile(join(repoRoot, file)));
  return hash.digest('hex').slice(0, 24);
}

async function forgetOld(builds: string): Promise<void> {
  const names = (await readdir(builds)).filter((name) => !name.startsWith('.'));
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(builds, name))).mtimeMs })));
  for (const { name } of aged.toSorted((a, b) => b.at - a.at).slice(KEPT)) await rm(join(builds, name), { recursive: true, force: true });
}
