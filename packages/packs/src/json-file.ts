import { isDeeper } from '@slipway/model';
import { refused } from './archive/refused.ts';

const SIZE = 2 * 1024 * 1024;
const DEPTH = 200;

/** JSON of somebody else's, as large and as deep as can be worked with. `what` is "its values.schema.json". */
export function readJson(data: Buffer, what: string): unknown {
  if (data.length > SIZE) throw refused(`${what} is larger than ${SIZE} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    throw refused(`${what} is not JSON`);
  }
  if (isDeeper(value, DEPTH)) throw refused(`${what} is nested deeper than ${DEPTH} levels`);
  return value;
}
