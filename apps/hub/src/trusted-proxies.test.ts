import { expect, it } from 'vitest';
import { trustedProxies } from './trusted-proxies.ts';

it('takes addresses and networks, and says which is neither', () => {
  expect(trustedProxies(undefined)).toEqual([]);
  expect(trustedProxies(' 10.0.0.5, 10.1.0.0/16,fd00:1::/64 ')).toEqual(['10.0.0.5', '10.1.0.0/16', 'fd00:1::/64']);
  for (const wrong of ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', 'fd00::/x', 'true', '*'])
    expect(() => trustedProxies(`10.0.0.1,${wrong}`), wrong).toThrow(`"${wrong}" is neither`);
});
