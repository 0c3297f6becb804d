import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomSuffix, sha256Hex, SlipwayError } from '@slipway/kit';
import type { BlobStore } from './ports.ts';

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** Blobs as files `<dir>/sha256/<hex>`: written whole or not at all, and verified whenever they are read, so that a bad disk is an error and not a wrong chart. */
export function createFileBlobStore(dir: string): BlobStore {
  const folder = join(dir, 'sha256');
  const read = async (hex: string): Promise<Buffer | undefined> => {
    const data = await readFile(join(folder, hex)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (data !== undefined && sha256Hex(data) !== hex) {
      throw new SlipwayError('Internal', `The stored chart sha256:${hex} is damaged.`, {
        hint: `Remove ${join(folder, hex)}; it is fetched again when it is needed.`,
      });
    }
    return data;
  };
  return {
    put: async (data) => {
      const hex = sha256Hex(data);
      // A damaged file is replaced by what we hold.
      if ((await read(hex).catch(() => undefined)) === undefined) await writeWhole(folder, hex, data);
      return `sha256:${hex}`;
    },
    get: async (digest) => {
      const hex = DIGEST.exec(digest)?.[1];
      return hex === undefined ? undefined : read(hex);
    },
  };
}

async function writeWhole(folder: string, hex: string, data: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${hex}.${randomSuffix(8)}`);
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(folder, hex));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
