import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const specSchema = z.object({
  name: z.string(),
  command: z.string(),
  args: z.array(z.string()),
  /** Added to the supervisor's own environment. */
  env: z.record(z.string(), z.string()).default({}),
  /** Directories whose change restarts it (`slipway dev`). */
  watch: z.array(z.string()).default([]),
});
export type ProcessSpec = z.infer<typeof specSchema>;

const fileSchema = z.object({
  port: z.number().int(),
  listen: z.array(z.string()),
  processes: z.array(specSchema),
});
/** What the supervisor keeps running, in order; the file is its only input, so a restarted supervisor does the same. */
export type PlaneFile = z.infer<typeof fileSchema>;

export async function readPlaneFile(path: string): Promise<PlaneFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : fileSchema.parse(JSON.parse(text));
}

export async function writePlaneFile(path: string, file: PlaneFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}.tmp`, JSON.stringify(file, null, 2), { mode: 0o600 });
  await rename(`${path}.${process.pid}.tmp`, path);
}
