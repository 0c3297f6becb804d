import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, waitFor } from '@slipway/kit';
import { freePorts, testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const COPIED = ['packages', 'apps', 'openapi', 'packs', 'package.json', 'vitest.config.ts', 'tsconfig.json'];

/** A command of the page and what it prints. */
interface Shown {
  readonly command: string;
  readonly output: string;
}

/** The files that the page writes, and its commands. */
function blocksOf(page: string): { files: [path: string, text: string][]; commands: Shown[] } {
  const blocks = [...page.matchAll(/^```(\S+)(?: (\S+))?\n([^]*?)^```$/gm)].map(([, language, path, text]) => ({
    language,
    path,
    text: text ?? '',
  }));
  const files = blocks.flatMap(({ path, text }): [string, string][] => (path === undefined ? [] : [[path, text]]));
  const shown = blocks
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.split(/^\$ /m).filter((part) => part !== ''));
  return {
    files,
    commands: shown.map((part) => ({ command: part.slice(0, part.indexOf('\n')), output: part.slice(part.indexOf('\n') + 1) })),
  };
}

/** Ages are what they are, and columns as wide as their words. */
const comparable = (text: string): string =>
  text
    .trim()
    .replaceAll(/\b\d+s\b/g, 'AGE')
    .replaceAll(/ +/g, ' ');

describe('docs/add-a-kind.md', { timeout: 300_000 }, () => {
  let copy: string;
  let env: NodeJS.ProcessEnv;
  let hub: ChildProcess | undefined;

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'slipway-add-a-kind-'));
    for (const name of COPIED)
      await cp(join(root, name), join(copy, name), { recursive: true, filter: (path) => !path.includes('/node_modules') });
    await mkdir(join(copy, 'node_modules/@slipway'), { recursive: true });
    for (const name of await readdir(join(root, 'node_modules')))
      if (name !== '@slipway' && !name.startsWith('.cache') && !name.startsWith('.vite'))
        await symlink(join(root, 'node_modules', name), join(copy, 'node_modules', name));
    for (const parent of ['packages', 'apps'])
      for (const name of await readdir(join(copy, parent)))
        await symlink(join(copy, parent, name), join(copy, 'node_modules/@slipway', name));
    await mkdir(join(copy, 'bin'));
    await symlink(testTool('hyperkube'), join(copy, 'bin/kubectl'));
    await writeFile(join(copy, 'slipway'), `#!/bin/sh\nexec ${process.execPath} ${copy}/apps/cli/src/main.ts "$@"\n`, { mode: 0o755 });
    const { CI: _ci, ...inherited } = process.env;
    env = {
      ...inherited,
      PATH: `${join(copy, 'bin')}:${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: copy,
      KUBECONFIG: join(copy, 'kubeconfig'),
      SLIPWAY_HOME: join(copy, 'home'),
      SLIPWAY_CONFIG: join(copy, 'contexts.yaml'),
    };
  }, 120_000);
  afterAll(async () => {
    hub?.kill('SIGTERM');
    if (hub !== undefined && hub.exitCode === null) await new Promise((resolve) => hub?.once('close', resolve));
    await rm(copy, { recursive: true, force: true });
  });

  /** Standard output and errors in one, as a terminal shows them. */
  const terminal = async (command: string): Promise<string> => {
    const { stdout, stderr } = await run('sh', ['-c', command], { cwd: copy, env, allow: [1], timeoutMs: 240_000 });
    return `${stderr}${stdout}`;
  };

  it('is true, word for word', async () => {
    const { files, commands } = blocksOf(await readFile(join(root, 'docs/add-a-kind.md'), 'utf8'));
    const folders = new Set(files.filter(([path]) => path.endsWith('.ts')).map(([path]) => dirname(path)));
    expect([...folders], 'one folder, as the page says').toEqual(['packages/model/src/announcement']);
    for (const [path, text] of files) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), text);
    }
    const [generate, ...others] = commands;
    await terminal(generate?.command ?? '');
    await startHub();
    for (const { command, output } of others) expect(comparable(await terminal(command)), command).toBe(comparable(output));
    expect(others.length).toBeGreaterThan(6);
    for (const path of ['openapi/slipway.dev-v1.json', 'packages/model/src/access/generated/role-matrix.txt'])
      expect(await readFile(join(copy, path), 'utf8'), path).toContain('announcements');
  });

  async function startHub(): Promise<void> {
    const [port = 0] = await freePorts(1);
    const main = join(copy, 'apps/hub/src/main.ts');
    const home = join(copy, 'home');
    hub = spawn(process.execPath, [main, 'serve', '--home', home, '--port', String(port), '--log-level', 'error'], {
      env,
      stdio: 'inherit',
    });
    await waitFor(() => existsSync(join(home, 'run/hub.sock')), { what: 'the hub', timeoutMs: 120_000, intervalMs: 100 });
    const { token } = JSON.parse((await run(process.execPath, [main, 'admin-token', '--home', home], { env })).stdout) as { token: string };
    const server = `https://127.0.0.1:${port}`;
    const ca = await readFile(join(home, 'hub/pki/ca.crt'), 'utf8');
    const context = { name: 'hub', server, certificateAuthority: ca, token, project: 'default' };
    await writeFile(join(copy, 'contexts.yaml'), JSON.stringify({ current: 'hub', contexts: [context] }), { mode: 0o600 });
    const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'hub',
      clusters: [{ name: 'hub', cluster }],
      users: [{ name: 'admin', user: { token } }],
      contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'admin', namespace: 'default' } }],
    };
    await writeFile(join(copy, 'kubeconfig'), JSON.stringify(config), { mode: 0o600 });
  }
});
