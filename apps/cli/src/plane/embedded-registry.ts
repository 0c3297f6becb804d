import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanePaths } from './paths.ts';

/** Lays the program of the embedded registry where the hub looks for it; the hub starts it within seconds. */
export async function layRegistryProgram(paths: Pick<PlanePaths, 'home'>, program: string): Promise<void> {
  const folder = join(paths.home, 'bin');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // Whole or not at all, also where one is there already.
  const draft = join(folder, `.registry-${process.pid}`);
  await rm(draft, { force: true });
  await symlink(program, draft);
  await rename(draft, join(folder, 'registry'));
}
