import { mkdir, open, readdir, readFile, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SlipwayError } from '@slipway/kit';
import type { AuditSinkSpec, ChainedRecord } from '@slipway/model';
import { ALL_TAKEN, exportLine, exportLines, sortable, type SinkTarget } from './target.ts';

type FileSpec = Extract<AuditSinkSpec, { type: 'file' }>;

/**
 * Files of lines, each named by its first record. Users choose no path: it is made of the names of tenant and sink. A line that a crash left half-written is cut off,
 * and what a file holds already is not written again.
 */
export function fileTarget(spec: FileSpec, directory: (tenant: string) => string): SinkTarget {
  /** The number each tenant's newest file ends with, once it was looked at. */
  const ends = new Map<string, number>();
  return {
    async send({ tenant, records }, signal) {
      const folder = directory(tenant);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const files = await filesOf(folder);
        const newest = files.at(-1);
        const last = ends.get(tenant) ?? (newest === undefined ? 0 : await mend(join(folder, newest)));
        ends.delete(tenant);
        const fresh = records.filter(({ seq }) => seq > last);
        signal.throwIfAborted();
        if (fresh.length > 0) await append(folder, newest, fresh, spec);
        ends.set(tenant, fresh.at(-1)?.seq ?? last);
        for (const old of (await filesOf(folder)).slice(0, -spec.maxFiles)) await unlink(join(folder, old));
        return ALL_TAKEN;
      } catch (error) {
        throw new SlipwayError('Unavailable', `The file cannot be written: ${messageOf(error)}`, { cause: error });
      }
    },
  };
}

async function append(folder: string, newest: string | undefined, records: readonly ChainedRecord[], { maxMiB }: FileSpec): Promise<void> {
  const fits = newest !== undefined && (await stat(join(folder, newest))).size < maxMiB * 1024 * 1024;
  const name = fits ? newest : `${sortable(records[0]?.seq ?? 0)}.jsonl`;
  const handle = await open(join(folder, name), 'a', 0o600);
  try {
    await handle.appendFile(exportLines(records));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => /^\d{12,}\.jsonl$/.test(name)).toSorted();

/** Cuts off what is not a whole line; the number of the last record. */
async function mend(path: string): Promise<number> {
  const text = await readFile(path, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) await truncate(path, Buffer.byteLength(text.slice(0, end)));
  const line = text.slice(text.lastIndexOf('\n', end - 2) + 1, end);
  return line === '' ? 0 : (JSON.parse(line) as Parameters<typeof exportLine>[0]).seq;
}
