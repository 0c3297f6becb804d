import { isIP } from 'node:net';
import { SlipwayError } from '@slipway/kit';

/** Addresses of proxies before the hub whose word about the client's address (`X-Forwarded-For`) counts: in the audit, and when failed sign-ins are counted. */
export function trustedProxies(text: string | undefined): string[] {
  const parts = (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const wrong = parts.find((part) => {
    const [address = '', bits, ...more] = part.split('/');
    const family = isIP(address);
    return (
      family === 0 || more.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
    );
  });
  if (wrong === undefined) return parts;
  throw new SlipwayError('Host', `SLIPWAY_TRUSTED_PROXIES: "${wrong}" is neither an address nor a network.`, {
    hint: 'Write it like 10.0.0.5,10.1.0.0/16,fd00:1::/64.',
  });
}
