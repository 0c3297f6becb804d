import { readdir, readFile, readlink, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { SlipwayError } from '@slipway/kit';

/** Free space `up` asks for: a toolchain built from sources with its caches takes about 9 GiB, the rest is for machines' disks. */
export const COLD_GIB = 15;
/** With the toolchain there: images, databases and workloads of the first cluster. */
export const WARM_GIB = 3;

export function requireRoot(command: string): void {
  if (process.getuid?.() === 0) return;
  throw new SlipwayError('Host', 'Root is needed: local machines are containers with networks and mounts of their own.', {
    hint: `Run it again as root: sudo ${command}`,
  });
}

/** The nearest directory that exists: what is to be made below it will be on its disk. */
async function existing(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const found = await readdir(at).then(
      () => true,
      () => false,
    );
    if (found || at === dirname(at)) return at;
  }
}

export async function requireDisk(path: string, gib: number): Promise<void> {
  const at = await existing(path);
  const { bavail, bsize, ffree, files } = await statfs(at);
  const free = (bavail * bsize) / 2 ** 30;
  if (free < gib) {
    throw new SlipwayError('Host', `Only ${free.toFixed(1)} GiB are free on the disk of ${path}; ${gib} GiB are needed.`, {
      hint: `Free some space (df -h ${at}), or put it elsewhere with SLIPWAY_HOME and SLIPWAY_CACHE.`,
    });
  }
  if (files > 0 && ffree < 50_000) {
    throw new SlipwayError('Host', `Only ${ffree} inodes are free on the disk of ${path}; 50000 are needed.`, {
      hint: `Remove small files there (df -i ${at}), or put it elsewhere with SLIPWAY_HOME and SLIPWAY_CACHE.`,
    });
  }
}

/** Refuses a port that another program listens on, and says which. */
export async function requireFreePort(address: string, port: number): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EUNKNOWN'));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (code === undefined) return;
  if (code !== 'EADDRINUSE')
    throw new SlipwayError('Host', `Nothing can listen on ${address}:${port} (${code}).`, { hint: 'Choose another port with --port.' });
  const holder = await listenerOn(port);
  throw new SlipwayError('Host', `Port ${port} is taken${holder ? ` by ${holder}` : ' by another program'}.`, {
    hint: `Stop that program, or choose another port: --port ${port + 1000}`,
  });
}

/** `nginx (pid 1234)`: who listens on a TCP port of this network namespace, as far as /proc lets us see. */
export async function listenerOn(port: number): Promise<string | undefined> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      // Field 3 is the state: 0A is LISTEN.
      if (fields[1]?.endsWith(`:${wanted}`) && fields[3] === '0A' && fields[9]) inodes.add(fields[9]);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      return `${(await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a program')).trim()} (pid ${pid})`;
    }
  }
  return undefined;
}

/** What the operating system said when something could not be written, in words a person can act on. */
export function hostError(error: unknown, paths: { readonly home: string; readonly cache: string }): unknown {
  if (error instanceof SlipwayError && error.code === 'Host') return error;
  const text = error instanceof Error ? `${error.message} ${String(Reflect.get(error, 'code') ?? '')}` : String(error);
  if (/ENOSPC|no space left on device/i.test(text)) {
    return new SlipwayError('Host', `The disk is full: ${error instanceof Error ? error.message : text}`, {
      cause: error,
      hint: `Free some space (df -h ${paths.home} ${paths.cache}), then run the same command again: it goes on where it stopped.`,
    });
  }
  if (/EDQUOT/.test(text))
    return new SlipwayError('Host', `The disk quota is used up: ${text}`, {
      cause: error,
      hint: 'Free some space, then run the same command again.',
    });
  if (/EROFS/.test(text))
    return new SlipwayError('Host', `The file system is read-only: ${text}`, {
      cause: error,
      hint: 'Put it elsewhere with SLIPWAY_HOME and SLIPWAY_CACHE.',
    });
  return error;
}

/** What the hub runs for registries in git. */
const HUB_PROGRAMS: Readonly<Record<string, string>> = { git: 'git', ssh: 'openssh-client' };

/** Debian packages of the programs, by name, that are not on the PATH. */
export async function packagesLacking(programs: Readonly<Record<string, string>>): Promise<string[]> {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  const isThere = async (program: string): Promise<boolean> => {
    for (const folder of folders) if (await stat(join(folder, program)).catch(() => undefined)) return true;
    return false;
  };
  const lacking: string[] = [];
  for (const [program, name] of Object.entries(programs)) if (!(await isThere(program))) lacking.push(name);
  return lacking;
}

/** Refuses a kernel that cannot run machines, and installs the Debian packages that they and the hub need; gives what was found or done in words. */
export async function ensureHostPackages(onProgress: (detail: string) => void, signal: AbortSignal): Promise<string> {
  const { checkHost, installPackages } = await import('@slipway/machines');
  const { missingPackages, summary } = await checkHost();
  const missing = [...missingPackages, ...(await packagesLacking(HUB_PROGRAMS))];
  if (missing.length === 0) return summary;
  onProgress(`installing Debian packages: ${missing.join(' ')}`);
  await installPackages(missing, { onProgress, signal });
  return `installed ${missing.join(' ')}`;
}
