import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureConsole } from '@slipway/forge';

const ROOT = join(import.meta.dirname, '../..');

export interface DemoHub {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly token: string;
  readonly ca: string;
  readonly pid: number;
  /** From the beginning of the program to its first answer. */
  readonly seconds: number;
  stop(): Promise<void>;
}

/** The demo in a process of its own, as users start it; what moves in it is what the bench changes. */
export async function startDemoHub(clusters: number): Promise<DemoHub> {
  const cacheDir = join(tmpdir(), 'slipway-console-bench');
  await mkdir(cacheDir, { recursive: true });
  const { path } = await ensureConsole({ repoRoot: ROOT, cacheDir });
  const args = ['--json', '--port', '0', '--weather', '0', '--clusters', String(clusters)];
  const child = spawn(process.execPath, [join(ROOT, 'apps/hub/src/demo/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SLIPWAY_CONSOLE: path },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"url"')) continue;
    const told = JSON.parse(line) as Omit<DemoHub, 'stop'>;
    return {
      ...told,
      stop: () =>
        new Promise((resolve) => {
          child.once('exit', () => resolve());
          child.kill('SIGTERM');
        }),
    };
  }
  throw new Error('the demo ended before it was ready');
}
