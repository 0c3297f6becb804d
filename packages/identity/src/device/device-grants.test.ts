import { type Database } from '@slipway/store';
import { testDatabase, testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionClaim } from '../sessions/sessions.ts';
import { createDeviceGrants, type DeviceCodes, type DeviceGrants } from './device-grants.ts';
import { newUserCode, readUserCode } from './user-code.ts';

const ada: SessionClaim = {
  id: 'session-of-ada',
  user: { tenant: 'acme', name: 'ada', uid: 'uid-1' },
  method: 'oidc',
  provider: 'corp',
  details: { providerUid: 'p-1' },
  expiresAt: 0,
};

describe.each(testEngines)('device grants on %s', (engine) => {
  let database: Database;
  let devices: DeviceGrants;
  let time = 1_000_000_000_000;
  const start = (more: object = {}): Promise<DeviceCodes> => devices.start({ client: 'slipway-cli', address: '192.0.2.1', ...more });
  const later = (seconds: number) => void (time += seconds * 1000);
  beforeAll(async () => {
    database = await testDatabase(engine);
    devices = createDeviceGrants({ database, clock: { now: () => time } });
  }, 60_000);
  afterAll(() => database.close());

  it('gives what was approved, once, to who has the device code; neither code is in the database', async () => {
    const { deviceCode, userCode, intervalSeconds } = await start();
    expect(await devices.poll(deviceCode)).toEqual({ error: 'authorization_pending' });
    expect(await devices.waiting(userCode, ada)).toMatchObject({ client: 'slipway-cli', address: '192.0.2.1', createdAt: time });
    await devices.decide(userCode, ada, true);
    later(intervalSeconds);
    expect(await devices.poll(deviceCode)).toMatchObject({
      approval: { user: ada.user, provider: 'corp', details: { providerUid: 'p-1' } },
    });
    expect(await devices.poll(deviceCode)).toEqual({ error: 'invalid_grant' });
    await start();
    const { rows } = await sql<{ text: string }>`select row_to_json(d)::text as text from device_grants d`.execute(database.db);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ text }) => text.includes(deviceCode) || text.includes(userCode))).toBe(false);
  });

  it('who asks too often is told to slow down, and has to from then on', async () => {
    const { deviceCode, userCode, intervalSeconds } = await start();
    await devices.poll(deviceCode);
    later(intervalSeconds - 1);
    expect(await devices.poll(deviceCode)).toEqual({ error: 'slow_down' });
    later(intervalSeconds);
    expect(await devices.poll(deviceCode), 'five seconds more').toEqual({ error: 'slow_down' });
    later(intervalSeconds + 10);
    expect(await devices.poll(deviceCode)).toEqual({ error: 'authorization_pending' });
    await devices.decide(userCode, ada, true);
    expect(await devices.poll(deviceCode), 'an approval does not make it quicker').toEqual({ error: 'slow_down' });
  });

  it('a code is denied, expires, and is decided once', async () => {
    const denied = await start();
    await devices.decide(denied.userCode, ada, false);
    expect(await devices.poll(denied.deviceCode)).toEqual({ error: 'access_denied' });
    await expect(devices.decide(denied.userCode, ada, true)).rejects.toMatchObject({ code: 'NotFound' });
    const late = await start();
    later(late.expiresInSeconds);
    await expect(devices.decide(late.userCode, ada, true)).rejects.toMatchObject({ code: 'NotFound' });
    expect(await devices.poll(late.deviceCode)).toEqual({ error: 'expired_token' });
    const approved = await start();
    await devices.decide(approved.userCode, ada, true);
    later(approved.expiresInSeconds);
    expect(await devices.poll(approved.deviceCode), 'too late to be fetched').toEqual({ error: 'expired_token' });
    expect(await devices.poll('made-up')).toEqual({ error: 'invalid_grant' });
  });

  it('people of another tenant than it was asked for do not find it', async () => {
    const { userCode } = await start({ tenant: 'globex' });
    await expect(devices.waiting(userCode, { ...ada, id: 'another' })).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('codes are not guessed: ten wrong ones for a session', async () => {
    const eve = { ...ada, id: 'session-of-eve' };
    for (let guess = 0; guess < 10; guess++) await expect(devices.waiting(newUserCode(), eve)).rejects.toMatchObject({ code: 'NotFound' });
    const { userCode } = await start();
    await expect(devices.waiting(userCode, eve)).rejects.toMatchObject({ code: 'TooManyRequests' });
    await devices.waiting(userCode, ada);
  });

  it('a flood from one address is bounded, and goes when it expires', async () => {
    const flood = { address: '192.0.2.66' };
    for (let count = 0; count < 100; count++) await start(flood);
    await expect(start(flood)).rejects.toMatchObject({ code: 'TooManyRequests' });
    await start();
    later(601);
    await start(flood);
    later(1300);
    await start();
    const { rows } = await sql`select 1 from device_grants`.execute(database.db);
    expect(rows).toHaveLength(1);
  });
});

it('a user code has eight consonants, typed in any way', () => {
  const codes = new Set(Array.from({ length: 200 }, newUserCode));
  expect(codes.size).toBe(200);
  for (const code of codes) expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  for (const typed of ['wdjb-mjht', ' WDJB MJHT ', 'wdjbmjht', 'W-D-J-B-MJHT']) expect(readUserCode(typed)).toBe('WDJB-MJHT');
  for (const typed of ['', 'WDJB', 'WDJB-MJHA', 'WDJB-MJH1', 'WDJB-MJHTT', "WDJB-MJH'"]) expect(readUserCode(typed), typed).toBeUndefined();
});
