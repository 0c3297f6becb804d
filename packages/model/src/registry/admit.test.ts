import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MASK } from '../meta/mask.ts';
import type { ApiObject } from '../meta/object.ts';
import { admitRegistry } from './admit.ts';
import { registrySpecSchema, type RegistrySpec } from './registry.ts';

const object = (spec: unknown): ApiObject<RegistrySpec> => ({
  apiVersion: 'slipway.dev/v1',
  kind: 'Registry',
  metadata: { name: 'r', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: registrySpecSchema.parse(spec),
});
const reads = { get: () => Promise.resolve(undefined), list: () => Promise.resolve([]), everywhere: () => Promise.resolve([]) };

/** What admission says of it; empty when nothing. */
const causesOf = (spec: unknown, old?: unknown): Promise<string> =>
  admitRegistry({ object: object(spec), reads, tenant: 'default', ...(old === undefined ? {} : { old: object(old) }) }).then(
    () => '',
    (error: Error) => error.message,
  );

const pem = (type: 'ed25519' | 'rsa' | 'P-256' | 'P-384', half: 'publicKey' | 'privateKey' = 'publicKey'): string => {
  const pair =
    type === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: type });
  return pair[half].export({ type: half === 'publicKey' ? 'spki' : 'pkcs8', format: 'pem' }).toString();
};
const oci = { type: 'oci', url: 'oci://registry.example.org/charts' };
const helm = { type: 'helm', url: 'https://charts.example.org' };
const git = { type: 'git', url: 'https://git.example.org/x.git' };
const signedBy = (key: string, policy = 'require') => ({ ...oci, verify: { policy, keys: [{ name: 'k', key }] } });

it.each([
  [oci, ''],
  [{ ...oci, mirrors: ['oci://u:p@mirror.example.org'] }, 'spec.mirrors[0]: must not hold a user name'],
  [{ ...helm, proxy: 'http://u:p@proxy.example.org:3128' }, 'spec.proxy: must not hold a user name'],
  [{ ...helm, proxy: 'socks5://proxy.example.org:1080' }, 'spec.proxy: must be http://'],
  [{ ...helm, ca: 'x' }, 'spec.ca: must be one or more certificates'],
  [{ ...helm, url: 'http://charts.example.org', credentials: { type: 'token', token: 't' } }, 'spec.plainHttp: must be true'],
  [git, ''],
  [{ ...git, url: 'https://u:p@git.example.org/x.git' }, 'must not hold a user name'],
  [{ ...git, url: 'ext::sh -c id' }, 'must be a URL with a host'],
  [{ ...git, url: 'git://git.example.org/x.git' }, 'must begin with https:// or ssh://'],
  [{ ...git, url: 'file:///etc' }, 'must be a URL with a host'],
  [{ ...git, url: 'ssh://git@git.example.org/x.git', credentials: { type: 'ssh', privateKey: 'k', knownHosts: 'h' } }, ''],
  [
    { ...git, url: 'ssh://git:p@git.example.org/x.git', credentials: { type: 'ssh', privateKey: 'k', knownHosts: 'h' } },
    'must not hold a user name',
  ],
  [{ ...git, credentials: { type: 'ssh', privateKey: 'k', knownHosts: 'h' } }, 'spec.credentials.type: must be "basic" or "token"'],
  [{ ...oci, verify: { policy: 'require' } }, 'spec.verify.keys: must hold a key'],
  [{ ...helm, webhook: { secret: 'short' } }, 'spec.webhook.secret: must have at least 16 characters'],
  [{ ...helm, webhook: { secret: MASK } }, ''],
  [signedBy(pem('P-256')), ''],
  [signedBy(pem('ed25519'), 'warn'), ''],
  [signedBy('x'), 'must be a public key in PEM'],
  [signedBy(pem('rsa')), 'must be a public key in PEM'],
  [signedBy(pem('P-384')), 'must be a public key in PEM'],
  [signedBy(pem('ed25519', 'privateKey')), 'must be a public key in PEM'],
])('a registry %j', async (spec, expected) => {
  const causes = await causesOf(spec);
  if (expected === '') expect(causes).toBe('');
  else expect(causes).toContain(expected);
});

it.each([
  { ...git, ref: '--upload-pack=id' },
  { ...git, ref: 'a..b' },
  { ...git, path: '../..' },
  { ...git, path: '/etc' },
  { type: 'folder', path: 'relative' },
  { type: 'folder', path: '/srv/../etc' },
  { ...helm, credentials: { type: 'ssh', privateKey: 'k', knownHosts: 'h' } },
  { ...helm, unknown: true },
])('its schema refuses %j', (spec) => {
  expect(registrySpecSchema.safeParse(spec).success).toBe(false);
});

it('what is stored by older versions is valid, and gets its defaults', () => {
  expect(registrySpecSchema.parse({ type: 'builtin' })).toEqual({ type: 'builtin' });
  expect(registrySpecSchema.parse(helm)).toMatchObject({
    credentials: { type: 'none' },
    sync: { intervalMinutes: 60, paused: false },
    mirrors: [],
  });
  expect(registrySpecSchema.parse({ ...oci, plainHttp: false })).toMatchObject({
    plainHttp: false,
    pullThrough: false,
    verify: { policy: 'off', keys: [] },
  });
});

describe('the credentials of a registry', () => {
  const at = (more: object): object => ({
    ...helm,
    url: 'https://charts.example.org/a',
    credentials: { type: 'basic', username: 'u', password: MASK },
    ...more,
  });
  const refused = 'spec.credentials.password: must be written again';
  it.each([
    ['another path', { url: 'https://charts.example.org/b' }, ''],
    ['another user', { credentials: { type: 'basic', username: 'v', password: MASK } }, ''],
    ['another host', { url: 'https://evil.example.org/a' }, refused],
    ['another port', { url: 'https://charts.example.org:444/a' }, refused],
    ['a proxy', { proxy: 'http://proxy.example.org:3128' }, refused],
    ['who else gets them', { passCredentials: true }, refused],
    ['no TLS', { url: 'http://charts.example.org/a', plainHttp: true }, refused],
    [
      'another host, with the password',
      { url: 'https://evil.example.org', credentials: { type: 'basic', username: 'u', password: 'p' } },
      '',
    ],
  ])('are not sent elsewhere by a change of %s', async (_what, change, expected) => {
    const causes = await causesOf(at(change), at({}));
    if (expected === '') expect(causes).toBe('');
    else expect(causes).toContain(expected);
  });
});
