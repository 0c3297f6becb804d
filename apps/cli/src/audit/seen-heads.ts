import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import { z } from 'zod';

const entrySchema = z.object({ seq: z.number(), hash: z.string(), at: z.string(), keys: z.record(z.string(), z.string()) });
const fileSchema = z.record(z.string(), entrySchema);
export type SeenHead = z.infer<typeof entrySchema>;

/**
 * What the last verification saw, kept on this machine: a hub whose database and keys are all in one hand can show a chain that fits in itself, but not one that
 * fits to this.
 */
export function createSeenHeads(configPath: string) {
  const path = join(dirname(configPath), 'audit-heads.json');
  const read = async (): Promise<Record<string, SeenHead>> => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}';
      throw error;
    });
    try {
      return fileSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new SlipwayError('Invalid', `What earlier verifications saw cannot be read: ${path}.`, {
        hint: 'Look at who changed it. Move it away to begin anew, without what it remembered.',
        cause,
      });
    }
  };
  return {
    path,
    get: async (chain: string): Promise<SeenHead | undefined> => (await read())[chain],
    async put(chain: string, head: SeenHead): Promise<void> {
      const next = { ...(await read()), [chain]: head };
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const draft = `${path}.${process.pid}.tmp`;
      await writeFile(draft, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600 });
      await rename(draft, path);
    },
  };
}
