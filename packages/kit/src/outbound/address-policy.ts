import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { SlipwayError } from '../errors.ts';

/** What an address is, in one word of the field. `reserved` is everything that no host on the internet has. */
export const ADDRESS_CLASSES = ['public', 'private', 'loopback', 'link-local', 'carrier-grade-nat', 'multicast', 'reserved'] as const;
export type AddressClass = (typeof ADDRESS_CLASSES)[number];

/** Where clouds hand credentials to whoever asks. Some lie in ranges that are otherwise harmless, one is public. */
const METADATA = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
]);

const CLASS_OF_RANGE: Readonly<Record<string, AddressClass>> = {
  unicast: 'public',
  private: 'private',
  uniqueLocal: 'private',
  deprecatedSiteLocal: 'private',
  loopback: 'loopback',
  linkLocal: 'link-local',
  carrierGradeNat: 'carrier-grade-nat',
  multicast: 'multicast',
  broadcast: 'multicast',
};

type Address = ReturnType<typeof ipaddr.parse>;

/** An IPv6 address that stands for an IPv4 address is judged as that one: `::ffff:10.0.0.1`, `64:ff9b::a00:1` (NAT64). */
function parse(text: string): Address {
  const address = ipaddr.process(text);
  if (address.kind() === 'ipv4') return address;
  const bytes = address.toByteArray();
  return (address as ipaddr.IPv6).range() === 'rfc6052' && bytes[5] === 0 ? ipaddr.fromByteArray(bytes.slice(12)) : address;
}

function classOf(address: Address): AddressClass {
  const known = CLASS_OF_RANGE[address.range()] ?? 'reserved';
  // Of IPv6 only 2000::/3 is given out; what else looks ordinary (`::7f00:1`, old IPv4-compatible) is not.
  if (known === 'public' && address.kind() === 'ipv6' && ((address.toByteArray()[0] ?? 0) & 0xe0) !== 0x20) return 'reserved';
  return known;
}

/** @example addressClass('::ffff:127.0.0.1') // 'loopback' */
export const addressClass = (text: string): AddressClass => classOf(parse(text));

export interface AddressRules {
  /** Classes (`private`), addresses, CIDRs (`10.1.0.0/16`) and host names (`charts.corp.example`, `*.corp.example`). */
  readonly allow?: readonly string[];
  /** The same words; an address or name here wins over everything. */
  readonly deny?: readonly string[];
}

export interface AddressPolicy {
  /** Why this address must not be connected to, or undefined. The host is the name it was found by, or the address itself. */
  refusal(address: string, host: string): string | undefined;
}

interface Rules {
  readonly classes: ReadonlySet<string>;
  readonly covers: (address: Address, host: string) => boolean;
  /** Names this address itself, not a range around it. */
  readonly names: (address: Address) => boolean;
}

/** Public addresses may be connected to, everything else only as the rules say: a CIDR or host name beats a class, `deny` beats `allow`. A cloud's metadata service has to be allowed by its very address. */
export function createAddressPolicy(rules: AddressRules = {}): AddressPolicy {
  const allow = readRules(rules.allow ?? []);
  const deny = readRules(rules.deny ?? []);
  return {
    refusal(text, host) {
      const address = parse(text);
      const name = hostName(host);
      if (deny.covers(address, name)) return 'is denied by the settings of this installation';
      if (isMetadata(address)) return allow.names(address) ? undefined : 'is the metadata service of a cloud';
      if (allow.covers(address, name)) return undefined;
      const kind = classOf(address);
      const allowed = !deny.classes.has(kind) && (kind === 'public' || allow.classes.has(kind));
      return allowed ? undefined : `is ${kind}`;
    },
  };
}

const isMetadata = (address: Address): boolean => METADATA.has(address.toString());

/** As names are compared: lower case, without the dot at the end and the brackets of IPv6. */
export const hostName = (host: string): string =>
  host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[|\]$/g, '');

function readRules(entries: readonly string[]): Rules {
  const classes = new Set<string>();
  const ranges: [Address, number][] = [];
  const hosts = new Set<string>();
  const suffixes: string[] = [];
  for (const entry of entries.map(hostName)) {
    if ((ADDRESS_CLASSES as readonly string[]).includes(entry)) classes.add(entry);
    else if (ipaddr.isValidCIDR(entry)) ranges.push(ipaddr.parseCIDR(entry));
    else if (isIP(entry) !== 0) ranges.push(single(parse(entry)));
    else if (/^\*\.[a-z0-9.-]+$/.test(entry)) suffixes.push(entry.slice(1));
    else if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(entry) && !/^[\d.]+$/.test(entry)) hosts.add(entry);
    else throw wrongRule(entry);
  }
  const within = (address: Address, [range, bits]: [Address, number]): boolean =>
    address.kind() === range.kind() && address.match(range as never, bits);
  return {
    classes,
    covers: (address, host) =>
      ranges.some((range) => within(address, range)) || hosts.has(host) || suffixes.some((suffix) => host.endsWith(suffix)),
    names: (address) => ranges.some(([range, bits]) => bits === bitsOf(range) && range.toString() === address.toString()),
  };
}

const bitsOf = (address: Address): number => (address.kind() === 'ipv4' ? 32 : 128);
const single = (address: Address): [Address, number] => [address, bitsOf(address)];

const wrongRule = (entry: string): SlipwayError =>
  new SlipwayError('Invalid', `"${entry}" is not a rule for outbound addresses.`, {
    hint: `Rules are classes (${ADDRESS_CLASSES.join(', ')}), addresses, CIDRs such as 10.1.0.0/16, and host names such as charts.example.org or *.example.org.`,
  });
