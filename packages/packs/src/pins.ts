import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomSuffix, sha256Hex } from '@slipway/kit';

/** Which digest a chart reference was resolved to. A reference is resolved once: what its registry says later does not move a cluster. */
export interface PinStore {
  get(key: string): Promise<string | undefined>;
  put(key: string, digest: string): Promise<void>;
}

/** Pins as small files. */
export function createFilePinStore(dir: string): PinStore {
  const path = (key: string) => join(dir, sha256Hex(key));
  return {
    get: async (key) => {
      const text = await readFile(path(key), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      return text?.split('\n')[0];
    },
    put: async (key, digest) => {
      await mkdir(dir, { recursive: true });
      const draft = `${path(key)}.${randomSuffix(8)}`;
      await writeFile(draft, `${digest}\n${key}\n`);
      await rename(draft, path(key));
    },
  };
}
