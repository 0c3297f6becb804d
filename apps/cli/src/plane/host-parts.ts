import { mkdir } from 'node:fs/promises';
import { silentLogger, type Logger } from '@slipway/kit';
import { createToolchain, type ForgeToolchain, machineArtifacts, toolchainEnvironment } from '@slipway/forge';
import { createHost, ensureNodeRoot, type Host, hostInstance, type HostInstance } from '@slipway/machines';
import type { PlanePaths } from './paths.ts';

/** The toolchain of this checkout with this instance's cache. */
export function openToolchain(root: string, paths: PlanePaths, env: NodeJS.ProcessEnv, logger: Logger = silentLogger): ForgeToolchain {
  return createToolchain({ repoRoot: root, logger, ...toolchainEnvironment(env), cacheDir: paths.cache });
}

/** The local machines of this instance. Makes only its directory; machines and networks are made by calls. */
export async function openHost(
  root: string,
  paths: PlanePaths,
  env: NodeJS.ProcessEnv,
  options: { onProgress?: (detail: string) => void; signal?: AbortSignal } = {},
): Promise<Host> {
  await mkdir(paths.home, { recursive: true, mode: 0o755 });
  const instance = await hostInstance(paths.home, paths.cache);
  const toolchain = openToolchain(root, paths, env);
  const artifacts = {
    ...machineArtifacts(toolchain, options.signal ? { signal: options.signal } : {}),
    nodeRoot: () => ensureNodeRoot({ cache: paths.cache, logger: silentLogger, ...options }),
  };
  return createHost(instance, artifacts, silentLogger);
}

/** `10.88.7.1`: the host on the machines' bridge, where the hub listens for agents inside them. */
export const bridgeAddress = (instance: HostInstance): string => instance.subnet.replace(/\.\d+\/\d+$/, '.1');
