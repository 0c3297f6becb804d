import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withProcessLock } from '@slipway/forge';
import { messageOf, run, SlipwayError } from '@slipway/kit';
import { installPackages } from '@slipway/machines';
import type { CliDeps } from '../command.ts';

const PYTHON_PACKAGES = ['python3', 'python3-venv'];

/** What is made, and where: told while it is made. */
interface Making {
  readonly cache: string;
  readonly onProgress: (detail: string) => void;
}

/**
 * The directory of programs of a virtual environment with what `test/python/requirements.txt` pins, made once for each content of that file and each version of
 * Python. Debian's python3 and python3-venv are installed when they are not there. Throws `Host`, saying what to do, when it cannot be had: tests that need it
 * fail then rather than pass without it.
 */
export async function preparePythonTools(deps: Pick<CliDeps, 'env' | 'root' | 'signal'>, making: Making): Promise<string> {
  const requirements = join(deps.root, 'test/python/requirements.txt');
  const python = await ensurePython(deps, making);
  const key = createHash('sha256')
    .update(python)
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 20);
  // Programs of an environment hold its path, so it is made where it stays; the stamp says that it is whole.
  const directory = join(making.cache, 'python', key);
  const stamp = join(directory, 'slipway-complete');
  const isWhole = () =>
    access(stamp).then(
      () => true,
      () => false,
    );
  if (await isWhole()) return join(directory, 'bin');
  await mkdir(join(making.cache, 'python'), { recursive: true });
  const make = async () => {
    if (await isWhole()) return;
    await rm(directory, { recursive: true, force: true });
    await install(deps, { ...making, requirements, directory });
    await writeFile(`${stamp}.partial`, '');
    await rename(`${stamp}.partial`, stamp);
  };
  await withProcessLock(join(making.cache, 'python', `.${key}.lock`), make, { signal: deps.signal });
  return join(directory, 'bin');
}

async function install(
  { env, signal }: Pick<CliDeps, 'env' | 'signal'>,
  { directory, requirements, onProgress }: Making & { directory: string; requirements: string },
): Promise<void> {
  const options = { env, signal, onLine: (line: string) => onProgress(line.slice(0, 120)) };
  try {
    onProgress('making a virtual environment of Python');
    await run('python3', ['-m', 'venv', directory], options);
    const strict = ['--require-hashes', '--no-deps', '--only-binary', ':all:', '--disable-pip-version-check', '--no-input'];
    await run(join(directory, 'bin/python'), ['-m', 'pip', 'install', '--progress-bar', 'off', ...strict, '-r', requirements], options);
  } catch (error) {
    signal.throwIfAborted();
    throw new SlipwayError('Host', `Programs of Python that tests run could not be installed: ${messageOf(error)}`, {
      cause: error,
      hint: `See that a Python package index is reachable (pip config list says which), then try by hand: python3 -m pip download --require-hashes --no-deps -r ${requirements}`,
    });
  }
}

/** Which Python there is, in words that tell two apart whose environments cannot be shared. */
async function ensurePython({ env, signal }: Pick<CliDeps, 'env' | 'signal'>, { onProgress }: Making): Promise<string> {
  const ask = async () => {
    const { stdout } = await run(
      'python3',
      ['-c', 'import sys, platform, venv, ensurepip; print(sys.implementation.cache_tag, platform.machine(), sys.version)'],
      { env, signal },
    );
    return stdout;
  };
  try {
    return await ask();
  } catch (error) {
    signal.throwIfAborted();
    if (process.getuid?.() !== 0) {
      throw new SlipwayError('Host', 'Python 3 with its module venv is not installed, and only root can install it.', {
        cause: error,
        hint: `apt-get install ${PYTHON_PACKAGES.join(' ')}`,
      });
    }
    onProgress(`installing Debian packages: ${PYTHON_PACKAGES.join(' ')}`);
    await installPackages(PYTHON_PACKAGES, { onProgress, signal });
    return await ask();
  }
}
