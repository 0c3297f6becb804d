import { createHash } from 'node:crypto';
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, run, SlipwayError, type Logger } from '@slipway/kit';
import { ociArchitecture } from './oci-layout.ts';
import type { Piece, ReleaseFile } from './piece.ts';

export interface ReleaseOptions {
  /** Base of a mirror; without it only pieces whose project publishes them are tried, and only if it answers. */
  readonly base?: string | undefined;
  readonly logger: Logger;
  /** How long a server may take to answer at all; no internet must not cost more than this, once per host. */
  readonly probeMs?: number;
  /** How long one file may take. */
  readonly downloadMs?: number;
}

export interface Releases {
  /** Fetches the piece's file, checks it and leaves its outputs in `into`. Undefined when there is none to be had here. Throws when what came is not what its checksum says. */
  fetch(piece: Piece, into: string, scratch: string, signal?: AbortSignal): Promise<{ readonly from: string } | undefined>;
}

interface Location {
  readonly url: string;
  readonly checksum: string;
  readonly unpack: ReleaseFile['unpack'];
}

/** Official releases over HTTP, each with a published SHA-256. */
export function createReleases({ base, logger, probeMs = 1500, downloadMs = 15 * 60_000 }: ReleaseOptions): Releases {
  const reachable = new Map<string, Promise<boolean>>();

  const isReachable = (url: string): Promise<boolean> => {
    const { origin } = new URL(url);
    let answer = reachable.get(origin);
    if (!answer) {
      answer = fetch(origin, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(probeMs) }).then(
        () => true,
        (error: unknown) => {
          logger.info({ origin, error: messageOf(error) }, 'no releases from this server: it does not answer');
          return false;
        },
      );
      reachable.set(origin, answer);
    }
    return answer;
  };

  return {
    async fetch(piece, into, scratch, signal) {
      const location = locate(piece, base);
      if (!location || !(await isReachable(location.url))) return undefined;
      const limit = AbortSignal.any([AbortSignal.timeout(downloadMs), ...(signal ? [signal] : [])]);
      try {
        const wanted = await fetchChecksum(location.checksum, limit);
        if (wanted === undefined) return undefined;
        await mkdir(scratch, { recursive: true });
        const file = join(scratch, 'download');
        await downloadVerified(location.url, wanted, file, limit);
        await place(piece, location, file, into, signal);
        return { from: location.url };
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof SlipwayError && error.code === 'Invalid') throw error;
        // A server that breaks off is like one that is not there; a wrong checksum is not.
        logger.warn({ piece: piece.name, url: location.url, error: messageOf(error) }, 'release could not be fetched');
        return undefined;
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

function locate(piece: Piece, base: string | undefined): Location | undefined {
  const { release } = piece;
  if (!release) return undefined;
  const fill = (template: string) => fillTemplate(template, piece.version);
  const unpack = release.unpack?.map(({ member, output }) => ({ member: fill(member), output }));
  if (base !== undefined) {
    const url = `${base.replace(/\/+$/, '')}/${fill(release.path)}`;
    // A mirror keeps single programs as they are and archives as their projects publish them.
    return { url, checksum: `${url}.sha256`, unpack: /\.(tgz|tar\.gz)$/.test(url) ? unpack : undefined };
  }
  return release.upstream && { url: fill(release.upstream.url), checksum: fill(release.upstream.checksum), unpack };
}

const fillTemplate = (template: string, version: string): string =>
  template.replaceAll('{version}', version).replaceAll('{bare}', version.replace(/^v/, '')).replaceAll('{arch}', ociArchitecture());

/** The digest in a `.sha256` file: alone, or followed by a file name. */
async function fetchChecksum(url: string, signal: AbortSignal): Promise<string | undefined> {
  const response = await fetch(url, { signal });
  if (response.status === 404 || response.status === 403) return undefined;
  if (!response.ok) throw new SlipwayError('Unavailable', `${url}: HTTP ${response.status}`);
  const digest = /^[0-9a-f]{64}\b/i.exec((await response.text()).trim())?.[0];
  if (digest === undefined) throw new SlipwayError('Invalid', `${url} holds no SHA-256.`);
  return digest.toLowerCase();
}

async function downloadVerified(url: string, wanted: string, file: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new SlipwayError('Unavailable', `${url}: HTTP ${response.status}`);
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  let size = 0;
  try {
    for await (const chunk of response.body) {
      hash.update(chunk);
      size += chunk.length;
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
  const actual = hash.digest('hex');
  if (actual === wanted) return;
  throw new SlipwayError(
    'Invalid',
    `${url} (${size} bytes) has SHA-256 ${actual}, but its checksum file says ${wanted}; it was not used.`,
    {
      hint: 'The server holds a damaged or replaced file. Without SLIPWAY_RELEASES the piece is built from its Go module instead.',
    },
  );
}

async function place(piece: Piece, location: Location, file: string, into: string, signal: AbortSignal | undefined): Promise<void> {
  const { recipe } = piece;
  if (location.unpack) {
    const options = signal ? { signal } : {};
    for (const { member, output } of location.unpack) {
      const scratch = `${file}.d`;
      await mkdir(scratch, { recursive: true });
      await run('tar', ['-xzf', file, '-C', scratch, '--no-same-owner', member], options);
      await put(join(scratch, member), join(into, output));
    }
    return;
  }
  const output = recipe.type === 'go' ? recipe.programs[0]?.output : undefined;
  if (output === undefined) throw new SlipwayError('Internal', `${piece.name} has a release but no single file.`);
  await put(file, join(into, output));
}

async function put(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  await chmod(to, 0o755);
}
