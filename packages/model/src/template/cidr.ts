interface Network {
  /** 32 or 128. */
  readonly bits: number;
  readonly prefix: number;
  /** With every bit behind the prefix zero. */
  readonly base: bigint;
}

/** `10.0.0.0/16` or `fd00::/64`; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(text.slice(0, slash < 0 ? 0 : slash));
  const prefix = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN;
  if (address === undefined || !(prefix <= address.bits)) return undefined;
  const host = BigInt(address.bits - prefix);
  return { bits: address.bits, prefix, base: (address.value >> host) << host };
}

function parseAddress(text: string): { bits: number; value: bigint } | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): { bits: number; value: bigint } | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)) return undefined;
  return { bits: 32, value: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
}

function parseV6(text: string): { bits: number; value: bigint } | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => '0'), ...right];
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return { bits: 128, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
}

function formatAddress(value: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  return shortened(groups);
}

/** The longest run of zeros, of two or more, as `::` (RFC 5952). */
function shortened(groups: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.start < 0) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

/** The address with this number in a network; negative ones count from its end. Undefined when there is none. */
export function hostAddress(network: Network, number: number): string | undefined {
  const size = 1n << BigInt(network.bits - network.prefix);
  const index = number < 0 ? size + BigInt(number) : BigInt(number);
  return index < 0n || index >= size ? undefined : formatAddress(network.base + index, network.bits);
}

/** The network with this number among those that are `newBits` narrower. Undefined when there is none. */
export function subnet(network: Network, newBits: number, number: number): string | undefined {
  const prefix = network.prefix + newBits;
  if (newBits < 0 || prefix > network.bits || number < 0 || BigInt(number) >= 1n << BigInt(newBits)) return undefined;
  return `${formatAddress(network.base + (BigInt(number) << BigInt(network.bits - prefix)), network.bits)}/${prefix}`;
}
