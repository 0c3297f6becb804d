import { lstat, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebian } from './debian.ts';
import { listFiles } from './files.ts';
import type { LayerSource } from './piece.ts';
import { writeTar, type TarEntry } from './tar.ts';

export interface LayerContext {
  /** Path of a piece that is there. */
  readonly pathOf: (piece: string) => string;
  readonly nodeBinary: string;
  /** Scratch space beside the result. */
  readonly scratch: string;
  readonly aptState: string;
  readonly signal?: AbortSignal | undefined;
}

/** Writes `layer.tar` from its sources. @returns facts for the entry: versions of the Debian packages in it. */
export async function makeLayer(sources: readonly LayerSource[], into: string, context: LayerContext): Promise<Record<string, string>> {
  const notes: Record<string, string> = {};
  const entries: TarEntry[] = [];
  for (const [at, source] of sources.entries())
    entries.push(...(await entriesOf(source, join(context.scratch, `source-${at}`), { ...context, notes })));
  await writeTar(join(into, 'layer.tar'), entries);
  await rm(context.scratch, { recursive: true, force: true });
  return notes;
}

type SourceContext = LayerContext & { readonly notes: Record<string, string> };

async function entriesOf(source: LayerSource, scratch: string, context: SourceContext): Promise<TarEntry[]> {
  switch (source.from) {
    case 'piece':
      return [{ type: 'file', path: source.path, mode: 0o755, source: context.pathOf(source.piece) }];
    case 'node':
      return [{ type: 'file', path: source.path, mode: 0o755, source: context.nodeBinary }];
    case 'link':
      return [{ type: 'link', path: source.path, to: source.to, mode: 0o777 }];
    case 'directory':
      return [{ type: 'directory', path: source.path, mode: source.mode ?? 0o755, ...(source.uid !== undefined && { uid: source.uid }) }];
    case 'text':
      return [{ type: 'file', path: source.path, mode: 0o644, source: Buffer.from(source.content) }];
    case 'debian':
      return debianEntries(
        source.packages,
        (source.only ?? ['']).map((pattern) => new RegExp(pattern)),
        scratch,
        context,
      );
    case 'ca-bundle':
      return [{ type: 'file', path: source.path, mode: 0o644, source: await caBundle(scratch, context) }];
  }
}

async function unpack(packages: readonly string[], root: string, context: SourceContext): Promise<void> {
  const versions = await unpackDebian(packages, root, { stateDir: context.aptState, signal: context.signal });
  for (const [name, version] of Object.entries(versions)) context.notes[`debian/${name}`] = version;
}

async function debianEntries(
  packages: readonly string[],
  only: readonly RegExp[],
  root: string,
  context: SourceContext,
): Promise<TarEntry[]> {
  await unpack(packages, root, context);
  const entries: TarEntry[] = [];
  for (const path of await listFiles(root)) {
    if (!only.some((pattern) => pattern.test(path))) continue;
    const full = join(root, path);
    const stat = await lstat(full);
    if (stat.isSymbolicLink()) entries.push({ type: 'link', path, to: await readlink(full), mode: 0o777 });
    else entries.push({ type: 'file', path, source: full, mode: stat.mode & 0o7777 });
  }
  return entries;
}

/** What update-ca-certificates would write. */
async function caBundle(root: string, context: SourceContext): Promise<string> {
  await unpack(['ca-certificates'], root, context);
  const dir = join(root, 'usr/share/ca-certificates/mozilla');
  const names = (await readdir(dir)).filter((name) => name.endsWith('.crt')).toSorted();
  const certificates = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  const file = join(root, 'bundle.pem');
  await writeFile(file, certificates.map((text) => `${text.trim()}\n`).join(''));
  return file;
}
