import { describe, expect, it } from 'vitest';
import { addressClass, createAddressPolicy } from './address-policy.ts';

describe('the class of an address', () => {
  it.each([
    ['93.184.215.14', 'public'],
    ['2606:4700::1111', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.3.4', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'reserved'],
    ['0.1.2.3', 'reserved'],
    ['::', 'reserved'],
    ['10.0.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['fec0::1', 'private'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['100.64.0.1', 'carrier-grade-nat'],
    ['224.0.0.251', 'multicast'],
    ['255.255.255.255', 'multicast'],
    ['ff02::1', 'multicast'],
    ['192.0.2.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['100::1', 'reserved'],
    ['4000::1', 'reserved'],
  ])('%s is %s', (address, expected) => expect(addressClass(address)).toBe(expected));

  it.each([
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['64:ff9b::808:808', 'public'],
    ['64:ff9b:1::a00:1', 'reserved'],
    ['::ffff:0:127.0.0.1', 'reserved'],
    ['::127.0.0.1', 'loopback'],
    ['::7f00:1', 'reserved'],
    ['2002:7f00:1::', 'reserved'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'reserved'],
  ])('%s, which carries an IPv4 address, is %s', (address, expected) => expect(addressClass(address)).toBe(expected));
});

describe('the policy', () => {
  const refusal = (rules: Parameters<typeof createAddressPolicy>[0], address: string, host = address) =>
    createAddressPolicy(rules).refusal(address, host);

  it('lets to public addresses and nowhere else, when nothing is said', () => {
    expect(refusal({}, '93.184.215.14')).toBeUndefined();
    for (const address of ['127.0.0.1', '10.0.0.1', '169.254.1.1', '100.64.0.1', 'ff02::1', '::ffff:10.0.0.1', '0.0.0.0'])
      expect(refusal({}, address), address).toMatch(/^is /);
  });

  it('lets in what an operator names: a class, a network, an address, a host, the hosts of a domain', () => {
    expect(refusal({ allow: ['private'] }, '10.2.3.4')).toBeUndefined();
    expect(refusal({ allow: ['private'] }, '127.0.0.1')).toBe('is loopback');
    expect(refusal({ allow: ['10.1.0.0/16'] }, '10.1.255.1')).toBeUndefined();
    expect(refusal({ allow: ['10.1.0.0/16'] }, '::ffff:10.1.255.1')).toBeUndefined();
    expect(refusal({ allow: ['10.1.0.0/16'] }, '10.2.0.1')).toBe('is private');
    expect(refusal({ allow: ['fd00:1::/32'] }, 'fd00:1::5')).toBeUndefined();
    expect(refusal({ allow: ['127.0.0.1'] }, '127.0.0.1')).toBeUndefined();
    expect(refusal({ allow: ['Charts.Corp.example.'] }, '10.0.0.1', 'charts.corp.example.')).toBeUndefined();
    expect(refusal({ allow: ['*.corp.example'] }, '10.0.0.1', 'charts.corp.example')).toBeUndefined();
    expect(refusal({ allow: ['*.corp.example'] }, '10.0.0.1', 'evilcorp.example')).toBe('is private');
  });

  it('a denial wins, and an installation may name all it wants to reach', () => {
    expect(refusal({ allow: ['private'], deny: ['10.0.0.0/8'] }, '10.0.0.1')).toMatch(/denied/);
    expect(refusal({ deny: ['*.example'] }, '93.184.215.14', 'a.example')).toMatch(/denied/);
    expect(refusal({ deny: ['public'] }, '93.184.215.14')).toBe('is public');
    expect(refusal({ deny: ['public'], allow: ['charts.example.org'] }, '93.184.215.14', 'charts.example.org')).toBeUndefined();
  });

  it.each([
    '169.254.169.254',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
  ])('the metadata service %s of a cloud is reached only when it is named itself', (address) => {
    const wide = ['public', 'private', 'link-local', 'carrier-grade-nat', 'reserved', '0.0.0.0/0', '::/0', 'metadata.google.internal'];
    expect(refusal({ allow: wide }, address, 'metadata.google.internal')).toBe('is the metadata service of a cloud');
    expect(refusal({ allow: [address] }, address)).toBeUndefined();
  });

  it.each(['10.0.0.0/33', 'http://x', '10.0.0', 'a b', ''])('refuses the rule "%s" instead of ignoring it', (rule) => {
    expect(() => createAddressPolicy({ deny: [rule] })).toThrow(/is not a rule/);
  });
});
