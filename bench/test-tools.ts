import { join } from 'node:path';
import { createIo } from '../apps/cli/src/output/io.ts';
import { prepareTestTools } from '../apps/cli/src/testing/test-tools.ts';

/** Makes or finds the programs that a bench runs beside Slipway, as `./slipway test` does, and leaves their directory where they are looked for. */
export async function useTestTools(): Promise<void> {
  const { env, stdin, stdout, stderr } = process;
  const io = createIo({ stdin, stdout, stderr, env, noInput: true });
  const root = join(import.meta.dirname, '..');
  env['SLIPWAY_TEST_TOOLS'] = await prepareTestTools({
    io,
    env,
    self: './slipway',
    root,
    debug: false,
    signal: AbortSignal.timeout(3_600_000),
  });
}
