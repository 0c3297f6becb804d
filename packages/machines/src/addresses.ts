import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import { namesIn, readText } from './trees.ts';

export interface Cidr {
  /** The network address as a number. */
  readonly network: number;
  readonly prefix: number;
}

/** @throws SlipwayError('Invalid') for anything but an IPv4 CIDR. */
export function parseCidr(text: string): Cidr {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text);
  const prefix = Number(match?.[2]);
  if (!match?.[1] || prefix > 32) throw new SlipwayError('Invalid', `"${text}" is not an IPv4 network such as 10.200.0.0/16.`);
  return { network: (toNumber(match[1]) & mask(prefix)) >>> 0, prefix };
}

const mask = (prefix: number): number => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

const toText = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

export function cidrContains(cidr: string, address: number | string): boolean {
  const { network, prefix } = parseCidr(cidr);
  const value = typeof address === 'string' ? toNumber(address) : address;
  return (value & mask(prefix)) >>> 0 === network;
}

/** The n-th subnet of length `prefix` in `cidr`: `subnetAt('10.200.0.0/16', 24, 7)` is `10.200.7.0/24`. */
export function subnetAt(cidr: string, prefix: number, index: number): string {
  return `${toText(parseCidr(cidr).network + index * 2 ** (32 - prefix))}/${prefix}`;
}

/** The n-th address of a network: `addressAt('10.88.7.0/24', 1)` is `10.88.7.1`. */
export const addressAt = (cidr: string, index: number): string => toText(parseCidr(cidr).network + index);

/** How many /24s a network holds; less than one is refused. */
function countSubnets(cidr: string): number {
  const { prefix } = parseCidr(cidr);
  if (prefix > 24) throw new SlipwayError('Invalid', `The pod network ${cidr} is smaller than the /24 that each machine needs.`);
  return 2 ** (24 - prefix);
}

/**
 * The /24 of `podCidr` for a machine: the one its address' last octet points to, or the next that no other member of the cluster has.
 *
 * @throws SlipwayError('Host') when all are taken.
 */
export function pickPodSubnet(podCidr: string, address: string, taken: readonly string[]): string {
  const count = countSubnets(podCidr);
  const first = Number(address.split('.')[3]);
  for (let step = 0; step < count; step++) {
    const subnet = subnetAt(podCidr, 24, (first + step) % count);
    if (!taken.includes(subnet)) return subnet;
  }
  throw new SlipwayError('Host', `The pod network ${podCidr} has room for ${count} machines and all are taken.`, {
    hint: 'Give the cluster a larger pod network.',
  });
}

/** Who has which last octet: one file per address, made with link(2), so that two processes never take the same one. */
export interface AddressBook {
  /** The address of `owner`, the same every time until it is released. */
  claim(owner: string, range: 'machines' | 'services'): Promise<string>;
  release(owner: string): Promise<void>;
}

const ranges = { machines: [10, 199], services: [200, 254] } as const;

export function createAddressBook(directory: string, subnet: string): AddressBook {
  const owners = async () =>
    new Map(
      await Promise.all(
        (await namesIn(directory))
          .filter((name) => /^\d+$/.test(name))
          .map(async (name) => [Number(name), await readText(join(directory, name))] as const),
      ),
    );
  const take = async (octet: number, owner: string): Promise<boolean> => {
    const temporary = join(directory, `.${process.pid}.${randomBytes(4).toString('hex')}`);
    await writeFile(temporary, owner);
    try {
      await link(temporary, join(directory, String(octet)));
      await writeFile(join(directory, '.last'), String(octet));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  };
  return {
    async claim(owner, range) {
      await mkdir(directory, { recursive: true });
      const [from, to] = ranges[range];
      const taken = await owners();
      for (const [octet, who] of taken) if (who === owner) return addressAt(subnet, octet);
      // Round robin: an address given back a moment ago may still be in someone's ARP cache or connection table.
      const last = Number((await readText(join(directory, '.last'))) ?? from - 1);
      const size = to - from + 1;
      const first = last >= from && last < to ? last + 1 : from;
      for (let step = 0; step < size; step++) {
        const octet = from + ((first - from + step) % size);
        if (!taken.has(octet) && (await take(octet, owner))) return addressAt(subnet, octet);
      }
      throw new SlipwayError('Host', `All ${size} addresses for ${range} in ${subnet} are taken.`, {
        hint: 'Remove machines that are no longer used.',
      });
    },
    async release(owner) {
      for (const [octet, who] of await owners()) if (who === owner) await rm(join(directory, String(octet)), { force: true });
    },
  };
}
