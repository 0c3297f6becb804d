import type { Socket } from 'node:net';
import { networkOf } from '@slipway/kit/network';

/** A connection by its two ends: the same for the TCP socket and the TLS socket on it. */
const nameOf = ({ remoteAddress, remotePort, localPort }: Socket): string => `${remoteAddress} ${remotePort} ${localPort}`;

export interface Strangers {
  add(socket: Socket): void;
  /** It has shown whose it is, and no longer counts. */
  prove(socket: Socket): void;
  readonly count: number;
}

/**
 * Connections that have not shown whose they are, at most so many. One more than that costs the network that has most of them its oldest: whoever opens thousands and says nothing loses
 * them, and somebody else, or who is quick to say something, still gets in.
 */
export function createStrangers(most: number): Strangers {
  const networks = new Map<string, Map<string, Socket>>();
  const places = new Map<string, string>();
  const forget = (name: string): void => {
    const network = places.get(name);
    if (network === undefined) return;
    places.delete(name);
    const sockets = networks.get(network);
    sockets?.delete(name);
    if (sockets?.size === 0) networks.delete(network);
  };
  const crowded = (): Map<string, Socket> | undefined => {
    let found: Map<string, Socket> | undefined;
    for (const sockets of networks.values()) if (found === undefined || sockets.size > found.size) found = sockets;
    return found;
  };
  return {
    get count() {
      return places.size;
    },
    add(socket) {
      const name = nameOf(socket);
      const network = networkOf(socket.remoteAddress ?? '');
      forget(name);
      places.set(name, network);
      const sockets = networks.get(network) ?? new Map<string, Socket>();
      networks.set(network, sockets.set(name, socket));
      socket.once('close', () => {
        if (networks.get(network)?.get(name) === socket) forget(name);
      });
      if (places.size <= most) return;
      const [oldest, victim] = crowded()?.entries().next().value ?? [];
      if (oldest === undefined || victim === undefined) return;
      forget(oldest);
      victim.destroy();
    },
    prove: (socket) => forget(nameOf(socket)),
  };
}
