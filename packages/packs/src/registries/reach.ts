import { isIP } from 'node:net';
import { sha256Hex, SlipwayError } from '@slipway/kit';
import { createOutbound, type Outbound, type OutboundAddress, type OutboundOptions } from '@slipway/kit/outbound';

export interface Reach {
  /** The way to a registry with an authority or a proxy of its own. Held for others that want the same. */
  outbound(route: { readonly ca?: string | undefined; readonly proxy?: string | undefined }): Outbound;
  /** The proxy that a program beside this one has to use. */
  proxyFor(own: string | undefined): string | undefined;
  /** Where such a program may connect to: the host of a URL, or the proxy that a user named. None where the operators' proxy looks names up. */
  addressesFor(url: string, own: string | undefined): Promise<readonly OutboundAddress[]>;
  close(): Promise<void>;
}

/** Clients with settings of their own that are held open; the oldest goes first. */
const HELD = 50;

/** Ways out for registries, as far as the installation lets: all with its rules, some with authorities and proxies that users named. */
export function createReach(plain: Outbound, options: OutboundOptions = {}): Reach {
  const held = new Map<string, Outbound>();
  const proxyFor: Reach['proxyFor'] = (own) => {
    if (own === undefined || options.proxy === undefined) return own ?? options.proxy;
    throw new SlipwayError('Forbidden', 'This installation sends everything through its own proxy: a registry cannot name another.', {
      retryable: false,
    });
  };
  return {
    proxyFor,
    async addressesFor(url, own) {
      const host = new URL(url).hostname;
      const literal = isIP(host.replace(/^\[|\]$/g, '')) !== 0;
      const found = literal || (own === undefined && options.proxy === undefined) ? await plain.addressesOf(host) : [];
      return own === undefined ? found : plain.addressesOf(new URL(own).hostname);
    },
    outbound({ ca, proxy }) {
      proxyFor(proxy);
      if (ca === undefined && proxy === undefined) return plain;
      const key = sha256Hex(JSON.stringify([ca ?? '', proxy ?? '']));
      const known = held.get(key);
      if (known !== undefined) return known;
      const made = createOutbound({
        ...options,
        ...(ca === undefined ? {} : { ca: [...(options.ca ?? []), ca] }),
        ...(proxy === undefined ? {} : { userProxy: proxy }),
      });
      held.set(key, made);
      const [oldest] = held;
      if (held.size > HELD && oldest !== undefined) {
        held.delete(oldest[0]);
        // Ends when what runs over it has ended.
        void oldest[1].close();
      }
      return made;
    },
    async close() {
      await Promise.all([...held.values()].map((one) => one.close()));
    },
  };
}
