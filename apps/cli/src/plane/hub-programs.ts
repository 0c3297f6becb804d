import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanePaths } from './paths.ts';

/** Programs that the hub runs beside itself, by the names it looks for: the embedded registry, which it starts within seconds, and helm, with which it renders charts for plans. */
export type HubProgram = 'registry' | 'helm';

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
