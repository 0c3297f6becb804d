import { readFile } from 'node:fs/promises';

/** The join token in a file, read anew at every try since the gateway or a person may replace it; undefined while there is none. */
export const joinTokenFrom = (path: string) => async (): Promise<string | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.trim() || undefined;
};
