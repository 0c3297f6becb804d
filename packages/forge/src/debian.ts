import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, run, SlipwayError } from '@slipway/kit';

export interface DebianOptions {
  /** Directory for package lists of our own, used when the host's are missing or out of date. */
  readonly stateDir: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads Debian packages from the host's own apt sources (apt checks signatures and digests) and unpacks them into `root`. No maintainer script
 * runs. The host's apt state is not changed.
 *
 * @returns the version of each package.
 */
export async function unpackDebian(packages: readonly string[], root: string, options: DebianOptions): Promise<Record<string, string>> {
  const downloads = `${root}.debs`;
  await mkdir(downloads, { recursive: true });
  await mkdir(root, { recursive: true });
  await download(packages, downloads, options);
  const versions: Record<string, string> = {};
  for (const file of (await readdir(downloads)).filter((name) => name.endsWith('.deb')).toSorted()) {
    const path = join(downloads, file);
    const signal = options.signal ? { signal: options.signal } : {};
    await run('dpkg-deb', ['--extract', path, root], signal);
    const { stdout } = await run('dpkg-deb', ['--show', '--showformat', '${Package} ${Version}', path], signal);
    const [name, version] = stdout.split(' ');
    if (name && version) versions[name] = version;
  }
  return versions;
}

async function download(packages: readonly string[], cwd: string, { stateDir, signal }: DebianOptions): Promise<void> {
  // "_apt" may not write where we download to; as root apt would only warn about it.
  const common = ['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=3'];
  const options = { cwd, ...(signal && { signal }) };
  try {
    await run('apt-get', [...common, 'download', ...packages], options);
    return;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SlipwayError && error.code === 'Host') {
      throw new SlipwayError('Host', `Debian packages (${packages.join(', ')}) are needed for images, and apt-get is not installed here.`, {
        hint: 'Use a Debian 12 host, or give a content bundle with SLIPWAY_BUNDLE.',
        cause: error,
      });
    }
  }
  // The host's lists are missing or name versions that are gone: look again with lists of our own.
  const own = [...common, '-o', `Dir::State::lists=${join(stateDir, 'lists')}`, '-o', `Dir::Cache=${join(stateDir, 'cache')}`];
  await mkdir(join(stateDir, 'lists', 'partial'), { recursive: true });
  await mkdir(join(stateDir, 'cache', 'archives', 'partial'), { recursive: true });
  try {
    await run('apt-get', [...own, 'update'], options);
    await run('apt-get', [...own, 'download', ...packages], options);
  } catch (error) {
    signal?.throwIfAborted();
    throw new SlipwayError('Host', `The Debian packages ${packages.join(', ')} could not be downloaded: ${messageOf(error)}`, {
      hint: 'Check that "apt-get update" works on this host, or give a content bundle with SLIPWAY_BUNDLE.',
      cause: error,
    });
  }
}
