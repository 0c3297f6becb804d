import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { statusOf } from './errors.ts';

/** Answers an upgrade request with an error as an ordinary HTTP response, and closes. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = statusOf(error);
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export interface UpgradePath {
  readonly project: string | undefined;
  readonly plural: string;
  readonly name: string;
  readonly subresource: string;
}

/** The parts of an address below an object; undefined when it is none of ours. Encoded characters other than in names never match a name. */
export function upgradePath(request: IncomingMessage, prefix: string): UpgradePath | undefined {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (!path.startsWith(`${prefix}/`)) return undefined;
  const match = /^(?:namespaces\/([^/]+)\/)?([a-z]+)\/([^/]+)\/([a-z]+)(?:\/|$)/.exec(path.slice(prefix.length + 1));
  if (!match) return undefined;
  return { project: match[1], plural: match[2] as string, name: match[3] as string, subresource: match[4] as string };
}
