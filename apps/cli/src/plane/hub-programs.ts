import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@slipway/kit';
import type { CliDeps } from '../command.ts';
import type { PlanePaths } from './paths.ts';

/** Programs that the hub runs beside itself, by the names it looks for: the embedded registry, which it starts within seconds, and helm, with which it renders charts for plans. */
export type HubProgram = 'registry' | 'helm';

/** A second when its sources changed, else nothing. A hub without it says so on the page, which is no reason to have no hub. */
export async function prepareConsole({ root, io, self }: Pick<CliDeps, 'root' | 'io' | 'self'>, paths: PlanePaths): Promise<void> {
  const { ensureConsole } = await import('@slipway/forge');
  try {
    const { path } = await ensureConsole({ repoRoot: root, cacheDir: paths.cache });
    await layConsole(paths, path);
  } catch (error) {
    io.say(`The console could not be built: ${messageOf(error)} Try again with: ${self} console --build`);
  }
}

/** Lays a build of the console where the hub looks for it. */
export async function layConsole(paths: Pick<PlanePaths, 'home'>, build: string): Promise<void> {
  const draft = join(paths.home, `.console-${process.pid}`);
  await rm(draft, { force: true });
  await symlink(build, draft);
  await rename(draft, join(paths.home, 'console'));
}

/** Lays a program of the toolchain where the hub looks for it. */
export async function layHubProgram(paths: Pick<PlanePaths, 'home'>, name: HubProgram, program: string): Promise<void> {
  const folder = join(paths.home, 'bin');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // Whole or not at all, also where one is there already.
  const draft = join(folder, `.${name}-${process.pid}`);
  await rm(draft, { force: true });
  await symlink(program, draft);
  await rename(draft, join(folder, name));
}
