/** Toolchain options as the environment sets them: SLIPWAY_CACHE, SLIPWAY_BUNDLE, SLIPWAY_RELEASES. */
export function toolchainEnvironment(env: NodeJS.ProcessEnv): { cacheDir: string; bundles: string[]; releases?: string } {
  const releases = env['SLIPWAY_RELEASES'];
  return {
    cacheDir: env['SLIPWAY_CACHE'] ?? '/var/cache/slipway',
    bundles: (env['SLIPWAY_BUNDLE'] ?? '').split(':').filter((path) => path !== ''),
    ...(releases && { releases }),
  };
}
