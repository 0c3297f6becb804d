import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import { z } from 'zod';

const where = {
  /** Below the module's root. */
  file: z.string(),
  from: z.string().min(1),
  to: z.string(),
  /** How often `from` must stand in the file. */
  occurrences: z.number().int().positive().default(1),
  why: z.string(),
};
const changeSchema = z.strictObject({ ...where, what: z.string() });
/** A waiting time is named by its constant. */
const waitSchema = z.strictObject({ ...where, constant: z.string() }).transform(({ constant, ...rest }) => ({ ...rest, what: constant }));
const module = { module: z.string(), version: z.string() };
const changeListSchema = z.union([
  z.strictObject({ ...module, changes: z.array(changeSchema).min(1) }),
  z.strictObject({ ...module, waits: z.array(waitSchema).min(1) }).transform(({ waits, ...rest }) => ({ ...rest, changes: waits })),
]);

export type ChangeList = z.infer<typeof changeListSchema>;

/** The reviewed list of changes to a module's source, from its file. */
export const parseChanges = (text: string): ChangeList => changeListSchema.parse(JSON.parse(text));

/**
 * Makes the changes in a copy of the module's source at `root`. Refuses when a line is not there exactly as often as the list says: the source
 * has changed and the list must be reviewed again.
 */
export async function applyChanges(root: string, list: ChangeList): Promise<void> {
  for (const change of list.changes) {
    const path = join(root, change.file);
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw refused(list, change.file, `${change.what}: the file is not there`, cause);
    });
    const parts = text.split(change.from);
    if (parts.length - 1 !== change.occurrences) {
      throw refused(
        list,
        change.file,
        `${change.what}: "${change.from}" stands there ${parts.length - 1} times, not ${change.occurrences}`,
      );
    }
    await writeFile(path, parts.join(change.to));
  }
}

const refused = (list: ChangeList, file: string, what: string, cause?: unknown) =>
  new SlipwayError('Conflict', `The list of changes to ${list.module} ${list.version} does not fit its source: ${file}: ${what}.`, {
    hint: 'Review the list against the new source.',
    retryable: false,
    ...(cause !== undefined && { cause }),
  });
