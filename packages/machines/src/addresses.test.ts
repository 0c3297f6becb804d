import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressAt, cidrContains, createAddressBook, parseCidr, pickPodSubnet, subnetAt } from './addresses.ts';
import { instanceId, keptSubnet, overlaps, pickSubnet } from './instance.ts';

describe('networks', () => {
  it('computes subnets and addresses', () => {
    expect(subnetAt('10.200.0.0/16', 24, 7)).toBe('10.200.7.0/24');
    expect(addressAt('10.88.7.0/24', 1)).toBe('10.88.7.1');
    expect(cidrContains('10.88.7.0/24', '10.88.7.255')).toBe(true);
    expect(cidrContains('10.88.7.0/24', '10.88.8.0')).toBe(false);
    expect(parseCidr('192.168.200.9/20')).toEqual({ network: 0xc0a8c000, prefix: 20 });
  });

  it('refuses what is no network', () => {
    for (const text of ['10.0.0.0', '10.0.0.0/33', 'fd00::/64', '']) expect(() => parseCidr(text)).toThrow(/not an IPv4 network/);
  });

  it('finds every overlap, whichever is larger', () => {
    expect(overlaps('10.88.7.0/24', '10.0.0.0/8')).toBe(true);
    expect(overlaps('10.88.0.0/16', '10.88.7.0/24')).toBe(true);
    expect(overlaps('10.88.7.0/24', '10.88.8.0/24')).toBe(false);
  });

  it('picks a free subnet for any id, and says when there is none', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 255 }), (home, octets) => {
        const taken = octets.map((octet) => `10.88.${octet}.0/24`);
        const picked = pickSubnet(instanceId(home), taken);
        expect(taken).not.toContain(picked);
        expect(cidrContains('10.88.0.0/16', picked.split('/')[0] ?? '')).toBe(true);
      }),
    );
    expect(() => pickSubnet('abc123', ['10.0.0.0/8'])).toThrow(/taken by another network/);
  });

  it('reads the kept subnet, and takes anything else for none', () => {
    expect(keptSubnet('{"id":"a","subnet":"10.88.7.0/24"}')).toBe('10.88.7.0/24');
    for (const text of [undefined, '', 'half', '{"sub', '{"subnet":7}', '{"subnet":"10.0.0.0/24"}'])
      expect(keptSubnet(text)).toBeUndefined();
  });

  it('makes instance ids that fit into interface names', () => {
    fc.assert(
      fc.property(fc.string(), (home) => {
        expect(instanceId(home)).toMatch(/^[a-z0-9]{6}$/);
      }),
    );
  });

  it('gives each machine of a cluster another pod subnet, in small networks too', () => {
    expect(pickPodSubnet('10.200.0.0/16', '10.88.7.23', [])).toBe('10.200.23.0/24');
    const taken: string[] = [];
    for (let octet = 10; octet < 14; octet++) taken.push(pickPodSubnet('10.200.0.0/22', `10.88.7.${octet}`, taken));
    expect(new Set(taken).size).toBe(4);
    expect(() => pickPodSubnet('10.200.0.0/22', '10.88.7.20', taken)).toThrow(/room for 4 machines/);
    expect(() => pickPodSubnet('10.200.0.0/25', '10.88.7.20', [])).toThrow(/smaller than the \/24/);
  });
});

describe('the address book', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'addresses-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('gives the same address to the same owner and different ones to all others, also when asked at once', async () => {
    const books = [createAddressBook(directory, '10.88.7.0/24'), createAddressBook(directory, '10.88.7.0/24')];
    const claimed = await Promise.all(Array.from({ length: 40 }, (_, index) => books[index % 2]?.claim(`m${index}`, 'machines')));
    expect(new Set(claimed).size).toBe(40);
    expect(await books[1]?.claim('m0', 'machines')).toBe(claimed[0]);
  });

  it('does not give back an address at once', async () => {
    const book = createAddressBook(directory, '10.88.7.0/24');
    const first = await book.claim('a', 'machines');
    await book.release('a');
    expect(await book.claim('b', 'machines')).not.toBe(first);
  });

  it('keeps services and machines apart and says when all are taken', async () => {
    const book = createAddressBook(directory, '10.88.7.0/24');
    for (let octet = 200; octet <= 254; octet++) await writeFile(join(directory, String(octet)), `lb${octet}`);
    await expect(book.claim('one-more', 'services')).rejects.toThrow(/All 55 addresses/);
    expect(Number((await book.claim('m', 'machines')).split('.')[3])).toBeLessThan(200);
  });
});
