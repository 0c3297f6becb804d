import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the console is built to: nobody has to be root to look around. */
export async function demoCache(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const cache = env['SLIPWAY_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'slipway');
  await mkdir(cache, { recursive: true });
  return cache;
}

/** Runs the demo's program in the foreground and gives its exit code. Ctrl-C reaches both, and this one waits until the other has cleared up. */
export async function runDemo(demo: {
  readonly root: string;
  readonly consoleDir: string;
  readonly args: readonly string[];
}): Promise<number> {
  const child = spawn(process.execPath, [join(demo.root, 'apps/hub/src/demo/main.ts'), ...demo.args], {
    stdio: 'inherit',
    env: { ...process.env, SLIPWAY_CONSOLE: demo.consoleDir },
  });
  // The terminal sends it to the whole group.
  const onInt = (): void => undefined;
  const onTerm = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', onInt);
  process.on('SIGTERM', onTerm);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGINT', onInt);
  process.off('SIGTERM', onTerm);
  return code ?? 1;
}
