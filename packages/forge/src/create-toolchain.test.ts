import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rename, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, SlipwayError } from '@slipway/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFiles } from './files.ts';
import type { Piece } from './piece.ts';
import { makeCheckout, recordProgress, TINY, type Checkout } from './toolchain-fixture.ts';
import type { Artifact } from './toolchain.ts';

let checkout: Checkout;
beforeEach(async () => {
  checkout = await makeCheckout();
});
afterEach(() => checkout.remove());

async function one(name: string, toolchain = checkout.toolchain()): Promise<Artifact> {
  const artifact = (await toolchain.ensure([name])).get(name);
  if (!artifact) throw new Error(`no ${name}`);
  return artifact;
}

/** What ensure refuses with. */
const refusal = (names: readonly string[], toolchain = checkout.toolchain()) =>
  toolchain.ensure(names).then(
    () => expect.unreachable('ensure should have failed'),
    (error: unknown) => error as SlipwayError,
  );

describe('building from Go modules', () => {
  it('makes a binary, then finds it without building', async () => {
    const toolchain = checkout.toolchain();
    expect(await toolchain.find('tiny')).toBeUndefined();
    const artifact = await one('tiny', toolchain);
    expect((await run(artifact.path, [])).stderr).toBe('one');
    const progress = recordProgress();
    await checkout.toolchain({ env: { PATH: '/nowhere' } }).ensure(['tiny'], progress);
    expect(progress.states('tiny')).toEqual(['cached']);
    expect(await checkout.toolchain().find('tiny')).toEqual(artifact);
  });

  it('makes another entry when the source changes, and keeps the first', async () => {
    const first = await one('tiny');
    await checkout.write('distro/tiny/main.go', 'package main\n\nfunc main() { print("two") }\n');
    const second = await one('tiny');
    expect((await run(second.path, [])).stderr).toBe('two');
    expect((await run(first.path, [])).stderr).toBe('one');
  });

  it('says which piece failed and why, names what is missing because of it, and still makes the others', async () => {
    const other: Piece = {
      ...(TINY[0] as Piece),
      name: 'other',
      recipe: { type: 'go', module: 'other', programs: [{ package: '.', output: 'other' }] },
    };
    await checkout.write('distro/other/go.mod', 'module slipway.dev/distro/other\n\ngo 1.21\n');
    await checkout.write('distro/other/main.go', 'package main\n\nfunc main() {}\n');
    await checkout.write('distro/tiny/main.go', 'package main\n\nfunc main() { undefinedWord() }\n');
    const toolchain = checkout.toolchain({ catalogue: [...TINY, other] });
    const error = await refusal(['image/tiny', 'other'], toolchain);
    expect(error.message).toContain('1 of 2 pieces');
    expect(error.message).toContain('tiny could not be built from its Go module');
    expect(error.message).toContain('undefined: undefinedWord');
    expect(error.message).toContain('Therefore missing too: image/tiny');
    expect(await toolchain.find('other')).toBeDefined();
  });

  it('says that Go is too old as a need of the host', async () => {
    await checkout.write('distro/tiny/go.mod', 'module slipway.dev/distro/tiny\n\ngo 9.99.0\n');
    const old = await refusal(['tiny']);
    expect(old.code).toBe('Host');
    expect(old.message).toMatch(/Go \d+\.\d+(\.\d+)? \(.*\) is too old: tiny needs Go 9\.99\.0/);
    expect(old.hint).toContain('Install a newer Go');
  });

  it('says that modules could not be downloaded, as a need of the host', async () => {
    await checkout.write('distro/tiny/go.mod', 'module slipway.dev/distro/tiny\n\ngo 1.21\n\nrequire example.invalid/absent v1.0.0\n');
    const sum = 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
    await checkout.write('distro/tiny/go.sum', `example.invalid/absent v1.0.0 ${sum}\nexample.invalid/absent v1.0.0/go.mod ${sum}\n`);
    await checkout.write('distro/tiny/main.go', 'package main\n\nimport _ "example.invalid/absent"\n\nfunc main() {}\n');
    // Nothing listens on port 1.
    const error = await refusal(['tiny'], checkout.toolchain({ env: { ...process.env, GOPROXY: 'http://127.0.0.1:1' } }));
    expect(error.code).toBe('Host');
    expect(error.message).toContain('tiny: Go modules could not be downloaded');
    expect(error.hint).toContain('GOPROXY');
  });

  it('says that its cache cannot be written, as a need of the host', async () => {
    const error = await refusal(['tiny'], checkout.toolchain({ cacheDir: '/dev/null/slipway' }));
    expect(error).toMatchObject({ code: 'Host', message: expect.stringContaining('/dev/null/slipway') as string });
  });

  it('knows no piece that is not in the catalogue', async () => {
    expect((await refusal(['nonsense'])).code).toBe('NotFound');
  });
});

describe('cache', () => {
  it('rebuilds a damaged entry, even when size and time look the same', async () => {
    const artifact = await one('tiny');
    const before = await stat(artifact.path);
    const good = await readFile(artifact.path);
    const bad = Buffer.from(good);
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 0xff;
    // Another file under the same name with the same size and time: the inode tells.
    await writeFile(`${artifact.path}.new`, bad, { mode: 0o755 });
    await utimes(`${artifact.path}.new`, before.atime, before.mtime);
    await rename(`${artifact.path}.new`, artifact.path);
    expect(await checkout.toolchain().find('tiny')).toBeUndefined();
    const again = await one('tiny');
    // Not toEqual: comparing megabytes element by element takes seconds.
    expect(good.equals(await readFile(again.path))).toBe(true);
  });

  it('notices a truncated, a missing and a no longer executable file', async () => {
    for (const damage of [
      (path: string) => truncate(path, 10),
      (path: string) => rename(path, `${path}.gone`),
      (path: string) => chmod(path, 0o644),
    ]) {
      const { path } = await one('tiny');
      await damage(path);
      expect(await checkout.toolchain().find('tiny')).toBeUndefined();
      expect((await run((await one('tiny')).path, [])).stderr).toBe('one');
    }
  });

  it('accepts an entry whose times changed but whose content did not', async () => {
    const artifact = await one('tiny');
    await utimes(artifact.path, 1, 1);
    expect(await checkout.toolchain().find('tiny')).toEqual(artifact);
  });

  it('an interrupted build leaves no entry and no rubbish, and the next one succeeds', async () => {
    const interrupt = new AbortController();
    const toolchain = checkout.toolchain();
    const interrupted = toolchain.ensure(['tiny'], {
      signal: interrupt.signal,
      onProgress: ({ detail }) => {
        if (detail.startsWith('compiling')) interrupt.abort(new SlipwayError('Internal', 'stopped by the test'));
      },
    });
    await expect(interrupted).rejects.toThrow('stopped by the test');
    expect(await toolchain.find('tiny')).toBeUndefined();
    await one('tiny', toolchain);
    const left = (await listFiles(join(checkout.cacheDir, 'toolchain'))).filter((path) => path.startsWith('.staging/'));
    expect(left).toEqual([]);
  });

  it('a process that was killed while it held the lock does not stop the next one', async () => {
    const script = `
      import { withProcessLock } from ${JSON.stringify(join(import.meta.dirname, 'process-lock.ts'))};
      await withProcessLock(${JSON.stringify(join(checkout.cacheDir, 'toolchain/.locks/tiny'))}, () => { process.stdout.write('held'); return new Promise((done) => setTimeout(done, 60_000)); });`;
    const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    const progress = recordProgress();
    const made = checkout.toolchain().ensure(['tiny'], {
      onProgress: (item) => {
        progress.onProgress(item);
        if (item.detail === 'another process is making it') holder.kill('SIGKILL');
      },
    });
    expect((await made).size).toBe(1);
    expect(progress.states('tiny')).toEqual(['waiting', 'running', 'done']);
  });

  it('two at once make a piece once', async () => {
    const [first, second] = [recordProgress(), recordProgress()];
    const [a, b] = await Promise.all([
      checkout.toolchain().ensure(['image/tiny'], first),
      checkout.toolchain().ensure(['image/tiny'], second),
    ]);
    expect(a.get('image/tiny')).toEqual(b.get('image/tiny'));
    expect([...first.states('tiny'), ...second.states('tiny')].filter((state) => state === 'running')).toHaveLength(1);
  });
});

describe('images', () => {
  it('have the same bytes wherever they are made', async () => {
    const image = await one('image/tiny');
    const elsewhere = await makeCheckout();
    try {
      expect((await one('image/tiny', elsewhere.toolchain())).digest).toBe(image.digest);
    } finally {
      await elsewhere.remove();
    }
  });

  it('share layers and carry every name', async () => {
    const image = await one('image/tiny');
    expect(image.names).toEqual(['slipway.dev/tiny:v1.0.0', 'slipway.dev/alias:v1.0.0', 'slipway.dev/alias:v1']);
    const index = JSON.parse(await readFile(join(image.path, 'index.json'), 'utf8')) as {
      manifests: { annotations: Record<string, string> }[];
    };
    expect(index.manifests.map(({ annotations }) => annotations['io.containerd.image.name'])).toEqual(image.names);
    // One layer, two configs, two manifests.
    expect((await listFiles(join(image.path, 'blobs/sha256'))).length).toBe(5);
  });
});
