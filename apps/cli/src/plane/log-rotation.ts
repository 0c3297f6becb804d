import { copyFile, readdir, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_BYTES = 10 * 2 ** 20;
const KEPT = 2;

/** Cuts log files that grew too long. The writers hold them open for appending, so the file is copied and truncated, not moved. */
export async function rotateLogs(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!name.endsWith('.log')) continue;
    const path = join(directory, name);
    const info = await stat(path).catch(() => undefined);
    if (!info || info.size < MAX_BYTES) continue;
    for (let index = KEPT; index > 1; index--) await rename(`${path}.${index - 1}`, `${path}.${index}`).catch(() => undefined);
    await copyFile(path, `${path}.1`);
    await truncate(path);
  }
}
