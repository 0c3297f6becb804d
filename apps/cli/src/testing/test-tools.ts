import { mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, silentLogger, SlipwayError } from '@slipway/kit';
import type { CliDeps } from '../command.ts';
import { createTimeline } from '../output/timeline.ts';
import { createToolchain, EMBEDDED_REGISTRY, TEST_CATALOGUE, toolchainEnvironment, unpackDebian } from '@slipway/forge';
import { installPackages } from '@slipway/machines';
import { ensureHostPackages, packagesLacking, requireRoot } from '../plane/host-checks.ts';
import { planePaths } from '../plane/paths.ts';
import { createToolchainProgress } from '../plane/toolchain-progress.ts';
import { preparePythonTools } from './python-tools.ts';

/** Names under which tests look for programs, and the pieces of the toolchain that they are. */
const TOOLS = {
  hyperkube: 'kubernetes-1.35',
  etcd: 'etcd',
  helm: 'helm',
  registry: EMBEDDED_REGISTRY,
  'test-clients': 'test-clients',
  'test-argocd': 'test-argocd',
  'test-tofu': 'test-tofu',
  'test-terraform-provider': 'test-terraform-provider',
  'test-cosign': 'test-cosign',
} as const;

/** A directory with the programs that tests run: SLIPWAY_TEST_TOOLS if set, else links into the toolchain, which is made when it is not there. */
export async function prepareTestTools(deps: CliDeps): Promise<string> {
  const given = deps.env['SLIPWAY_TEST_TOOLS'];
  if (given) return given;
  const paths = planePaths(deps.env);
  const from = { repoRoot: deps.root, cacheDir: paths.cache, catalogue: TEST_CATALOGUE };
  const toolchain = createToolchain({ ...toolchainEnvironment(deps.env), logger: silentLogger, ...from });
  const names = Object.values(TOOLS);
  const timeline = createTimeline(deps.io);
  const step = timeline.step('programs that tests need');
  try {
    const artifacts = await toolchain.ensure(names, {
      onProgress: createToolchainProgress(names.length, (detail) => step.update(detail)),
      signal: deps.signal,
    });
    const directory = join(paths.cache, 'test-tools');
    await mkdir(directory, { recursive: true });
    for (const [tool, piece] of Object.entries(TOOLS)) {
      const artifact = artifacts.get(piece);
      if (!artifact) throw new SlipwayError('Internal', `The toolchain did not give ${piece}.`);
      await link(artifact.path, join(directory, tool));
    }
    await prepareRsyslog(directory, (detail) => step.update(detail), deps.signal);
    await prepareClients((detail) => step.update(detail), deps.signal);
    await prepareSchemathesis(deps, directory, (detail) => step.update(detail));
    step.done(directory);
    return directory;
  } catch (error) {
    step.fail(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    timeline.close();
  }
}

/** Debian's syslog daemon with its TLS module and libraries: what receives the audit in production. */
const RSYSLOG = ['rsyslog', 'rsyslog-openssl', 'libestr0', 'libfastjson4', 'liblognorm5'];

/** Unpacked and not installed: an installed one would become the host's own. Without it the test that needs it fails, and no other. */
async function prepareRsyslog(directory: string, say: (detail: string) => void, signal: AbortSignal): Promise<void> {
  const root = join(directory, 'rsyslog');
  if ((await stat(join(root, 'usr/sbin/rsyslogd')).catch(() => undefined)) !== undefined) return;
  say(`unpacking the Debian packages ${RSYSLOG.join(', ')}`);
  const aside = await mkdtemp(join(directory, 'unpacking-'));
  try {
    await unpackDebian(RSYSLOG, join(aside, 'root'), { stateDir: join(aside, 'state'), signal });
    await rm(root, { recursive: true, force: true });
    await rename(join(aside, 'root'), root);
  } catch (error) {
    signal.throwIfAborted();
    say(`rsyslog is not here: ${messageOf(error)}`);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Debian's programs that tests use as somebody would who works with the hub: by name on the PATH, and their packages. */
const CLIENTS: Readonly<Record<string, string>> = { git: 'git', skopeo: 'skopeo' };

/** The browser of the console's tests. */
const BROWSER: Readonly<Record<string, string>> = { chromium: 'chromium' };

/** Installs the browser when it is not there. */
export async function prepareBrowser(deps: CliDeps): Promise<void> {
  const timeline = createTimeline(deps.io);
  const step = timeline.step('browser');
  await prepareClients((detail) => step.update(detail), deps.signal, BROWSER);
  step.done('chromium');
  timeline.close();
}

/** Without one of them, and without root, the test that needs it fails and says which, and no other. */
async function prepareClients(say: (detail: string) => void, signal: AbortSignal, wanted = CLIENTS): Promise<void> {
  const missing = await packagesLacking(wanted);
  if (missing.length === 0 || process.getuid?.() !== 0) return;
  say(`installing the Debian packages ${missing.join(', ')}`);
  try {
    await installPackages(missing, { onProgress: say, signal });
  } catch (error) {
    signal.throwIfAborted();
    say(`${missing.join(', ')}: ${messageOf(error)}`);
  }
}

/** Without it the test that needs it fails with these words, and no other. */
async function prepareSchemathesis(deps: CliDeps, directory: string, say: (detail: string) => void): Promise<void> {
  const missing = join(directory, 'schemathesis.missing');
  try {
    const programs = await preparePythonTools(deps, { cache: planePaths(deps.env).cache, onProgress: say });
    await link(join(programs, 'schemathesis'), join(directory, 'schemathesis'));
    await rm(missing, { force: true });
  } catch (error) {
    deps.signal.throwIfAborted();
    await rm(join(directory, 'schemathesis'), { force: true });
    await writeFile(missing, `${messageOf(error)} ${error instanceof SlipwayError ? (error.hint ?? '') : ''}`);
    say(`schemathesis is not here: ${messageOf(error)}`);
  }
}

async function link(target: string, at: string): Promise<void> {
  await rm(at, { force: true });
  await symlink(target, at);
}

/** Makes this host able to run local machines, for tests that make some. */
export async function prepareTestHost(deps: CliDeps): Promise<void> {
  requireRoot(`${deps.self} test`);
  const timeline = createTimeline(deps.io);
  const step = timeline.step('host');
  try {
    step.done(await ensureHostPackages((detail) => step.update(detail), deps.signal));
  } catch (error) {
    step.fail(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    timeline.close();
  }
}
