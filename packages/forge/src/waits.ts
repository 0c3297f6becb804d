import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import { z } from 'zod';

const waitSchema = z.strictObject({
  /** Below the module's root. */
  file: z.string(),
  constant: z.string(),
  from: z.string().min(1),
  to: z.string(),
  /** How often `from` must stand in the file. */
  occurrences: z.number().int().positive().default(1),
  why: z.string(),
});
const waitListSchema = z.strictObject({ module: z.string(), version: z.string(), waits: z.array(waitSchema).min(1) });

export type WaitList = z.infer<typeof waitListSchema>;

/** The reviewed list of waiting times, from its file. */
export const parseWaits = (text: string): WaitList => waitListSchema.parse(JSON.parse(text));

/**
 * Changes the waiting times in a copy of the module's source at `root`. Refuses when a line is not there exactly as often as the list says: the source
 * has changed and the list must be reviewed again.
 */
export async function applyWaits(root: string, list: WaitList): Promise<void> {
  for (const wait of list.waits) {
    const path = join(root, wait.file);
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw refused(list, wait.file, `${wait.constant}: the file is not there`, cause);
    });
    const parts = text.split(wait.from);
    if (parts.length - 1 !== wait.occurrences) {
      throw refused(list, wait.file, `${wait.constant}: "${wait.from}" stands there ${parts.length - 1} times, not ${wait.occurrences}`);
    }
    await writeFile(path, parts.join(wait.to));
  }
}

const refused = (list: WaitList, file: string, what: string, cause?: unknown) =>
  new SlipwayError('Conflict', `The list of waiting times for ${list.module} ${list.version} does not fit its source: ${file}: ${what}.`, {
    hint: 'Review the list against the new source. The stock build is not affected.',
    retryable: false,
    ...(cause !== undefined && { cause }),
  });
