import { argon2Sync } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { createPasswordHasher } from './hashing.ts';
import { refuseWeakPassword } from './strength.ts';

const GOOD = 'violet anchor tundra 7';

describe('passwords are hashed', () => {
  const hasher = createPasswordHasher();

  it('with argon2id as OWASP says, as another implementation computes it', async () => {
    const [one, two] = [await hasher.hash(GOOD), await hasher.hash(GOOD)];
    expect(one).not.toBe(two);
    const [, kind, version, parameters, salt = '', digest] = one.split('$');
    expect([kind, version, parameters]).toEqual(['argon2id', 'v=19', 'm=19456,t=2,p=1']);
    const nonce = Buffer.from(salt, 'base64');
    const theirs = argon2Sync('argon2id', { message: GOOD, nonce, parallelism: 1, tagLength: 32, memory: 19_456, passes: 2 });
    expect(theirs.toString('base64').replace(/=+$/, '')).toBe(digest);
    expect(await hasher.verify(one, GOOD)).toEqual({ ok: true, outdated: false });
    expect(await hasher.verify(one, `${GOOD} `)).toEqual({ ok: false, outdated: false });
    expect(await hasher.verify(undefined, GOOD)).toEqual({ ok: false, outdated: false });
    expect(await hasher.verify('broken', GOOD)).toMatchObject({ ok: false });
  });

  it('the same however a keyboard composes characters', async () => {
    const stored = await hasher.hash('caf\u00e9 tundra violet');
    expect((await hasher.verify(stored, 'cafe\u0301 tundra violet')).ok).toBe(true);
  });

  it('weaker ones of before are known as such', async () => {
    const old = await hash(GOOD, { memoryCost: 8192, timeCost: 1 });
    expect(await hasher.verify(old, GOOD)).toEqual({ ok: true, outdated: true });
  });

  it('two at once, some wait, more are sent away: a flood takes no more memory (brute force)', async () => {
    const small = createPasswordHasher({ parallel: 1, waiting: 2 });
    const flood = await Promise.allSettled(Array.from({ length: 8 }, () => small.verify(undefined, 'x')));
    expect(flood.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 'fulfilled'),
      ...Array.from({ length: 5 }, () => 'rejected'),
    ]);
    expect(flood.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'Unavailable', retryAfter: 2 } });
    // Nobody's place was lost.
    expect(await small.verify(await small.hash('x'), 'x')).toMatchObject({ ok: true });
  });
});

describe('a new password', () => {
  const context = { minLength: 12, user: 'ada.lovelace', tenant: 'acme' };
  it.each([
    ['short', /shorter than 12/],
    ['x'.repeat(129), /longer than 128/],
    ['password1234', /guessed first/],
    ['Password12345!', /guessed first/],
    ['ada.lovelace', /guessed first/],
    ['Ada.Lovelace1', /guessed first/],
    ['acmeacmeacme', /guessed first/],
    ['qwertyuiop123', /guessed first/],
    ['aaaaaaaaaaaaaaaaaaaa', /guessed first/],
    ['slipwayslipway', /guessed first/],
  ])('%s is refused', async (password, why) => {
    await expect(refuseWeakPassword(password, context)).rejects.toThrow(why);
  });

  it('of unrelated words or random characters is taken', async () => {
    for (const good of [GOOD, 'uoRmr3rdpA83m78yG4js', '🐙 anchor 海 tundra', 'x9#'.repeat(2) + 'Lk2$vQ8!pZ'])
      await expect(refuseWeakPassword(good, context), good).resolves.toBeUndefined();
  });
});
