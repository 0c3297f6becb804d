import { describe, expect, it } from 'vitest';
import { createFailures } from './failures.ts';
import { createLongRunning } from './long-running.ts';

describe('failed attempts', () => {
  it('are answered ever more slowly to an address that has many, and at once to others', async () => {
    let time = 0;
    const failures = createFailures({ burst: 3, perSecond: 100, maxHoldMs: 25, maxHeld: 10 }, () => time);
    for (let n = 0; n < 3; n++) await failures.failed('192.0.2.1');
    const started = performance.now();
    await failures.failed('192.0.2.1');
    expect(performance.now() - started).toBeGreaterThan(5);
    const held = [failures.failed('192.0.2.1')];
    await expect(failures.failed('192.0.2.1')).rejects.toMatchObject({ code: 'TooManyRequests', retryAfter: 1 });
    await failures.failed('192.0.2.2');
    await Promise.all(held);
    time += 60_000;
    await failures.failed('192.0.2.1');
  });

  it('of addresses that have become quiet are forgotten', async () => {
    let time = 0;
    const failures = createFailures({ burst: 3, perSecond: 1, maxHoldMs: 0, maxHeld: 1 }, () => time);
    for (let n = 0; n < 5000; n++) {
      await failures.failed(`10.0.${n >> 8}.${n & 255}`);
      time += 10;
    }
    expect(failures.addresses).toBeLessThan(2000);
  });
});

describe('watches and tunnels', () => {
  it('are limited for each user, each tenant and in all, and make room when they end', () => {
    const running = createLongRunning({ perPrincipal: 2, perTenant: 3, total: 4 });
    const open = (tenant: string, principal: string) => running.open({ tenant, principal });
    const first = open('acme', 'ada');
    open('acme', 'ada');
    expect(() => open('acme', 'ada')).toThrow(/you have 2 open/);
    open('acme', 'bob');
    expect(() => open('acme', 'eve')).toThrow(/your tenant has 3 open/);
    open('globex', 'ada');
    expect(() => open('other', 'x')).toThrow(expect.objectContaining({ code: 'TooManyRequests', retryAfter: 10 }));
    first();
    first();
    open('acme', 'ada');
    expect(() => open('other', 'x')).toThrow(/this hub has 4 open/);
  });
});
