import { SlipwayError } from '@slipway/kit';
import type { ApiObject, Kind } from '@slipway/model';
import jsonpatch, { type Operation } from 'fast-json-patch';
import { checkDepth, MAX_BODY } from './body.ts';

export type PatchType = 'application/json-patch+json' | 'application/merge-patch+json' | 'application/apply-patch+yaml';

/** What a JSON patch or merge patch makes of the stored object. */
export function patched(kind: Kind, old: ApiObject, change: { type: PatchType; body: unknown }): unknown {
  const document = structuredClone(old) as unknown;
  if (change.type === 'application/merge-patch+json') {
    if (change.body === null || typeof change.body !== 'object' || Array.isArray(change.body)) {
      throw new SlipwayError('BadRequest', 'A merge patch is an object: the fields to set, and null for the fields to remove.');
    }
    return mergePatch(document, change.body);
  }
  if (!Array.isArray(change.body)) throw new SlipwayError('BadRequest', 'A JSON patch is a list of operations.');
  if (change.body.length > 10_000) throw new SlipwayError('TooLarge', 'A JSON patch may have 10000 operations.');
  try {
    // A copy, because later operations write into the values of earlier ones, and a patch may be tried again.
    const operations = structuredClone(change.body) as Operation[];
    const made = jsonpatch.applyPatch(document, operations, boundedCopies(), true).newDocument as unknown;
    checkDepth(made);
    return made;
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    const { name, index } = error as { name?: string; index?: number };
    const why = ((error as Error).message.split('\n')[0] ?? '').trim();
    throw new SlipwayError(
      'Invalid',
      `${kind.kind} "${old.metadata.name}": the patch cannot be applied: ${why}${index === undefined ? '' : ` (operation ${index})`}`,
      {
        causes: [{ field: `[${index ?? 0}]`, reason: 'FieldValueInvalid', message: name ?? 'the operation cannot be applied' }],
      },
    );
  }
}

/** Checks each operation as the library does, and that copies of copies do not grow a small patch into a huge object. */
function boundedCopies(): typeof jsonpatch.validator {
  let copied = 0;
  return (operation, index, document, existing) => {
    jsonpatch.validator(operation, index, document, existing);
    if (operation.op !== 'copy') return;
    copied += JSON.stringify(jsonpatch.getValueByPointer(document, operation.from) ?? null).length;
    if (copied > MAX_BODY) throw new SlipwayError('TooLarge', `The patch copies more than ${MAX_BODY} bytes (operation ${index}).`);
  };
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const base = target !== null && typeof target === 'object' && !Array.isArray(target) ? { ...(target as Record<string, unknown>) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete base[key];
    else base[key] = mergePatch(base[key], value);
  }
  return base;
}
