import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Logger, messageOf } from '@slipway/kit';
import { WebSocketServer } from 'ws';
import { LINK_LIMITS, LINK_PREFIX } from '../protocol.ts';
import { statusOf } from '../status.ts';
import type { Connections } from './connections.ts';
import type { Credentials } from './credentials.ts';
import type { Tunnels } from './tunnels.ts';

export interface LinkUpgradesDeps {
  readonly credentials: Credentials;
  readonly connections: Connections;
  readonly tunnels: Tunnels;
  readonly logger: Logger;
}

/** Where agents open WebSockets, below the link's prefix: the one list of them. Whoever comes is authenticated before it is looked at. */
export const LINK_UPGRADES = { connect: /^\/connect$/, tunnel: /^\/tunnel\/(?<id>[A-Za-z0-9_-]{8,64})$/ } as const;

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

/** WebSocket upgrades below /link/v1. Answers false for any other path: it is somebody else's. */
export function createLinkUpgrades(deps: LinkUpgradesDeps): UpgradeHandler {
  const control = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: LINK_LIMITS.frame, clientTracking: false });
  const tunnel = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LINK_LIMITS.tunnelMessage,
    clientTracking: false,
  });

  const upgrade = async (path: string, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const subject = await deps.credentials.authenticate(request.headers);
    if (socket.destroyed) return;
    if (LINK_UPGRADES.connect.test(path))
      return control.handleUpgrade(request, socket, head, (peer) => deps.connections.accept(subject, peer));
    const id = LINK_UPGRADES.tunnel.exec(path)?.groups?.['id'];
    if (id === undefined || !deps.tunnels.expects(id, subject)) return refuseUpgrade(socket, 404, 'Not Found');
    tunnel.handleUpgrade(request, socket, head, (peer) => deps.tunnels.accept(id, subject, peer));
  };

  return (request, socket, head) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!path.startsWith(`${LINK_PREFIX}/`)) return false;
    socket.on('error', () => socket.destroy());
    upgrade(path.slice(LINK_PREFIX.length), request, socket, head).catch((error: unknown) => {
      const { code } = statusOf(error);
      if (code >= 500) deps.logger.error({ err: error }, 'an agent could not connect');
      refuseUpgrade(socket, code, messageOf(error));
    });
    return true;
  };
}

/** Answers an upgrade request with an HTTP error and ends the connection. */
export function refuseUpgrade(socket: Duplex, code: number, message: string, contentType = 'text/plain'): void {
  if (socket.destroyed) return;
  const body = Buffer.from(message);
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${code} ${code < 500 ? 'Refused' : 'Unavailable'}\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`,
      ),
      body,
    ]),
  );
}
