import { describe, expect, it } from 'vitest';
import { type IdentityProviderSpec, identityProviderSpecSchema } from './identity-provider.ts';
import { type Claims, mappedTeams, nameForUser, type Person, readPerson } from './person.ts';

const spec = (given: object = {}): IdentityProviderSpec =>
  identityProviderSpecSchema.parse({ oidc: { issuer: 'https://login.example.com', clientId: 'slipway' }, ...given });
const ada: Claims = { sub: 's-1', preferred_username: 'ada', name: 'Ada', email: 'ada@example.com', email_verified: true };
const person = (from: IdentityProviderSpec, claims: Claims): Person => {
  const reading = readPerson(from, claims);
  if ('refused' in reading) throw new Error(reading.refused);
  return reading.person;
};
const refusal = (from: IdentityProviderSpec, claims: Claims): string => {
  const reading = readPerson(from, claims);
  return 'refused' in reading ? reading.refused : 'let in';
};

describe('whom a provider says somebody is', () => {
  it('is read from the claims that the provider’s object names', () => {
    expect(person(spec(), ada)).toEqual({ subject: 's-1', username: 'ada', displayName: 'Ada', email: 'ada@example.com', groups: [] });
    const own = spec({
      oidc: { issuer: 'https://x.example', clientId: 'c', claims: { username: 'upn', groups: 'https://x.example/roles' } },
    });
    expect(
      person({ ...own, teams: [{ group: 'ops', team: 'ops' }] }, { ...ada, upn: 'ada.l', 'https://x.example/roles': ['ops', 'all'] }),
    ).toMatchObject({
      username: 'ada.l',
      groups: ['ops'],
    });
  });

  it.each([[{}], [{ sub: '' }], [{ sub: ' ' }], [{ sub: 7 }], [{ sub: ['s-1'] }], [{ sub: 'x'.repeat(256) }]])(
    'nobody without a subject: %o',
    (claims) => expect(refusal(spec(), { ...ada, sub: undefined, ...claims })).toContain('"sub"'),
  );

  it('a subject is taken to the letter', () => {
    for (const sub of ['s-1 ', ' s-1', 'S-1', 's-1\n']) expect(person(spec(), { ...ada, sub }).subject).toBe(sub);
  });

  it('an e-mail address that is not verified is none: neither kept nor let in by its domain', () => {
    const mail = spec({ allow: { emailDomains: ['example.com'] } });
    expect(refusal(mail, ada)).toBe('let in');
    expect(refusal(mail, { ...ada, email: 'ada@Example.COM' })).toBe('let in');
    for (const verified of [false, undefined, 'no', 1, ['true'], {}]) {
      expect(refusal(mail, { ...ada, email_verified: verified })).toContain('verified');
      expect(person(spec(), { ...ada, email_verified: verified }).email).toBe('');
    }
    for (const email of ['ada@evil.example', 'ada@example.com.evil.example', 'ada@sub.example.com', 'x@example.com@evil.example'])
      expect(refusal(mail, { ...ada, email }), email).toContain('domain');
  });

  it('claims that are asked for must hold, all of them', () => {
    const strict = spec({
      allow: {
        claims: [
          { claim: 'tid', values: ['t1', 't2'] },
          { claim: 'groups', values: ['staff'] },
        ],
      },
    });
    expect(refusal(strict, { ...ada, tid: 't2', groups: ['x', 'staff'] })).toBe('let in');
    for (const claims of [
      {},
      { tid: 't2' },
      { groups: ['staff'] },
      { tid: 't3', groups: ['staff'] },
      { tid: { t1: 1 }, groups: 'staff' },
      { tid: null, groups: [] },
    ])
      expect(refusal(strict, { ...ada, ...claims }), JSON.stringify(claims)).toContain('claim');
  });

  it('groups that no mapping names are forgotten, odd ones are none', () => {
    const mapped = spec({
      teams: [
        { group: 'ops', team: 'ops' },
        { group: 'ops', team: 'all' },
        { group: '7', team: 'seven' },
      ],
    });
    expect(person(mapped, { ...ada, groups: ['ops', 'ops', 'secret', 7, null, { ops: 1 }, ['ops']] }).groups).toEqual(['7', 'ops']);
    expect(person(mapped, { ...ada, groups: 'ops' }).groups).toEqual(['ops']);
    expect(person(mapped, { ...ada, groups: { ops: true } }).groups).toEqual([]);
    expect(mappedTeams(mapped, ['ops'])).toEqual(['ops', 'all']);
    expect(mappedTeams(spec(), ['ops'])).toEqual([]);
  });
});

it.each([
  ['ada', 'ada'],
  ['Ada.Lovelace@example.com', 'ada-lovelace'],
  ['CORP\\ada', 'corp-ada'],
  ['__x__', 'x'],
  ['ada:system', 'ada-system'],
  ['Žofie', 'zofie'],
  ['../..', ''],
  ['', ''],
  ['李', ''],
  [`${'a'.repeat(49)}-bcd`, 'a'.repeat(49)],
])('somebody called %j becomes a user named %j', (username, name) => expect(nameForUser(username)).toBe(name));
