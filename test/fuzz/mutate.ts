import type { Random } from './random.ts';

/** Largest input: what is larger is refused before it is looked at. */
const MOST = 256 * 1024;
const BYTES = [0, 1, 0x0a, 0x20, 0x2e, 0x2f, 0x30, 0x39, 0x5c, 0x7f, 0x80, 0xff] as const;

/** Some changes of any kind to some bytes: what a broken disk, a broken program and a person with intent would do. */
export function mutate(bytes: Buffer, random: Random, words: readonly string[], others: readonly Buffer[]): Buffer {
  let mutated = bytes;
  for (let round = 1 + random.below(4); round > 0; round -= 1) mutated = once(mutated, random, { words, others });
  return mutated.length > MOST ? mutated.subarray(0, MOST) : mutated;
}

interface Material {
  readonly words: readonly string[];
  readonly others: readonly Buffer[];
}

function once(bytes: Buffer, random: Random, { words, others }: Material): Buffer {
  const at = random.below(bytes.length + 1);
  const until = Math.min(bytes.length, at + 1 + random.below(random.chance(4) ? 512 : 16));
  const around = (middle: Buffer | string): Buffer => Buffer.concat([bytes.subarray(0, at), Buffer.from(middle), bytes.subarray(until)]);
  switch (random.below(9)) {
    case 0:
      return changed(bytes, at, (byte) => byte ^ (1 << random.below(8)));
    case 1:
      return changed(bytes, at, () => random.pick(BYTES));
    case 2:
      return around('');
    case 3:
      return Buffer.concat([bytes.subarray(0, until), bytes.subarray(at, until), bytes.subarray(until)]);
    case 4:
      return bytes.subarray(0, at);
    case 5:
      return around(words.length === 0 ? '' : random.pick(words));
    case 6:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(words.length === 0 ? '0' : random.pick(words)), bytes.subarray(at)]);
    case 7:
      return around((words.length === 0 ? '[' : random.pick(words)).repeat(1 + random.below(random.chance(20) ? 5000 : 30)));
    default: {
      const other = random.pick(others);
      const from = random.below(other.length);
      return around(other.subarray(from, from + random.below(1024)));
    }
  }
}

function changed(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy[at] = change(copy[at] ?? 0);
  return copy;
}
