import { UsageError } from '../exit.ts';
import { UNIT_MS } from '../output/duration.ts';

/** `30m`, `12h`, `90d` in milliseconds. */
export function lifetimeMs(text: string): number {
  const match = /^(\d{1,5})([mhd])$/.exec(text);
  if (!match) throw new UsageError(`"${text}" is not a lifetime`, 'Write it like 30m, 12h or 90d.');
  return Number(match[1]) * (UNIT_MS[match[2] as string] as number);
}
