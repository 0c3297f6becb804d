import { SlipwayError } from '@slipway/kit';

/**
 * A strategic merge patch as the merge patch it amounts to, for kinds whose maps merge by key and that have no lists but those of metadata. kubectl sends it for
 * kinds that are built into it. A directive that would need more is refused with words rather than half understood.
 */
export function mergeOfStrategic(patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) {
    throw new SlipwayError('BadRequest', 'A strategic merge patch is an object: the fields to set, and null for the fields to remove.');
  }
  return withoutDirectives(patch as Record<string, unknown>, '');
}

function withoutDirectives(patch: Record<string, unknown>, path: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(patch)) {
    // They speak of the order of lists and of unions: neither is here.
    if (key.startsWith('$setElementOrder/') || key === '$retainKeys') continue;
    if (key.startsWith('$')) {
      throw new SlipwayError('BadRequest', `The directive ${key} at "${path}" is not supported here.`, {
        hint: 'Use a merge patch (--type=merge), a JSON patch (--type=json) or server-side apply.',
      });
    }
    const below = path === '' ? key : `${path}.${key}`;
    result[key] =
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? withoutDirectives(value as Record<string, unknown>, below)
        : value;
  }
  return result;
}
