import { messageOf, SlipwayError } from '@slipway/kit';

/** A piece that could not be made because another one could not: the other one is the cause to show. */
export class PrerequisiteError extends Error {
  readonly root: { readonly piece: string; readonly error: unknown };

  constructor(piece: string, needed: string, cause: unknown) {
    super(`${piece} needs ${needed}, which failed`, { cause });
    this.root = cause instanceof PrerequisiteError ? cause.root : { piece: needed, error: cause };
  }
}

/**
 * Needs of the host that hide in other words: a full disk, a cache that may not be written, no way to the module proxy. Anything else comes back as it is.
 */
export function hostFailure(error: unknown, cacheDir: string): unknown {
  const said = messageOf(error);
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || /no space left on device/i.test(said)) {
    return new SlipwayError(
      'Host',
      `The disk is full (the toolchain is kept in ${cacheDir}, Go's own caches in "go env GOCACHE GOMODCACHE"): ${said}`,
      {
        hint: 'Free some space (the whole toolchain takes about 3 GB and building it 8 GB more), or set SLIPWAY_CACHE to another disk.',
        cause: error,
      },
    );
  }
  if (['EACCES', 'EROFS', 'EPERM', 'ENOTDIR'].includes(code ?? '')) {
    return new SlipwayError('Host', `The cache of the toolchain in ${cacheDir} cannot be written: ${said}`, {
      hint: 'Run as root, or set SLIPWAY_CACHE to a directory that you may write.',
      cause: error,
    });
  }
  if (/\bdial tcp\b|no such host|proxyconnect|i\/o timeout|TLS handshake timeout|network is unreachable/i.test(said)) {
    return new SlipwayError('Host', `Go modules could not be downloaded: ${said}`, {
      hint: 'Check the network and "go env GOPROXY", or give a content bundle with SLIPWAY_BUNDLE. What was downloaded and compiled is kept.',
      cause: error,
    });
  }
  return error;
}

/** One error for a call: each piece that failed by itself and why, and what is missing because of it. */
export function failureSummary(failures: readonly { readonly name: string; readonly error: unknown }[], total: number): SlipwayError {
  const roots = new Map<string, unknown>();
  for (const { name, error } of failures) {
    const root = error instanceof PrerequisiteError ? error.root : { piece: name, error };
    roots.set(root.piece, root.error);
  }
  const [first] = roots.values();
  const lines = [...roots].map(([name, error]) => `${name}: ${messageOf(error).replace(/\.$/, '')}`);
  const known = first instanceof SlipwayError ? first : undefined;
  const affected = failures.map(({ name }) => name).filter((name) => !roots.has(name));
  const also = affected.length > 0 ? ` Therefore missing too: ${affected.join(', ')}.` : '';
  return new SlipwayError(
    known?.code ?? 'Internal',
    `${failures.length} of ${total} pieces of the toolchain could not be made: ${lines.join('; ')}.${also}`,
    {
      cause: first,
      ...(known?.hint !== undefined && { hint: known.hint }),
    },
  );
}
