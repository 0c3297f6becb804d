import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { preparePythonTools } from './python-tools.ts';

/** A python3 that makes environments whose pip writes down what it is asked, and fails while the file `broken` is there. */
const PYTHON = `#!/bin/sh
here=$(dirname "$0")/..
case "$1" in
  -c) echo cpython-311 x86_64 3.11.2 ;;
  -m) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; printf '#!/bin/sh\\n' > "$3/bin/schemathesis" ;;
esac
`;
const PIP = `#!/bin/sh
echo "$@" >> "$PIP_LOG"
[ ! -e "$PIP_BROKEN" ] || { echo 'no such package index' >&2; exit 1; }
`;

describe('programs of Python for tests', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const said: string[] = [];
  const prepare = () =>
    preparePythonTools(
      { env, root: folder, signal: new AbortController().signal },
      { cache: join(folder, 'cache'), onProgress: (detail) => void said.push(detail) },
    );
  const installs = async () => (await readFile(join(folder, 'pip.log'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-python-'));
    await mkdir(join(folder, 'bin'));
    await mkdir(join(folder, 'test/python'), { recursive: true });
    await writeFile(join(folder, 'test/python/requirements.txt'), 'schemathesis==1 --hash=sha256:00\n');
    // The environment's own python is the one that runs pip.
    await writeFile(join(folder, 'bin/pip-python'), PIP);
    await writeFile(join(folder, 'bin/python3'), PYTHON.replace('cp "$0"', `cp "${join(folder, 'bin/pip-python')}"`));
    for (const name of ['python3', 'pip-python']) await chmod(join(folder, 'bin', name), 0o755);
    env = {
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      PIP_LOG: join(folder, 'pip.log'),
      PIP_BROKEN: join(folder, 'broken'),
    };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are installed once, by checksum, and anew when the pins change', async () => {
    const bin = await prepare();
    await readFile(join(bin, 'schemathesis'));
    expect(await prepare()).toBe(bin);
    expect(await installs()).toEqual([
      expect.stringMatching(/^-m pip install .*--require-hashes --no-deps --only-binary :all:.* -r .*requirements\.txt$/),
    ]);
    await writeFile(join(folder, 'test/python/requirements.txt'), 'schemathesis==2 --hash=sha256:01\n');
    expect(await prepare()).not.toBe(bin);
    expect(await installs()).toHaveLength(2);
  });

  it('that were left half made are made anew, and a failure says what to do', async () => {
    await writeFile(join(folder, 'broken'), '');
    await expect(prepare()).rejects.toMatchObject({
      code: 'Host',
      message: expect.stringContaining('no such package index'),
      hint: expect.stringContaining('pip download'),
    });
    await rm(join(folder, 'broken'));
    await readFile(join(await prepare(), 'schemathesis'));
    expect(await installs()).toHaveLength(2);
  });

  it('two that ask at once wait for one installation', async () => {
    const [one, other] = await Promise.all([prepare(), prepare()]);
    expect(one).toBe(other);
    expect(await installs()).toHaveLength(1);
  });
});
