import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { SlipwayError } from '@slipway/kit';

/** RFC 9110 §7.6.1 and HTTP/2's own prohibitions: these speak of one hop and never travel on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
  'expect',
]);

/** Whoever sends these would say who he is; only the hub and the agent may. */
const IDENTITY =
  /^(authorization|cookie|set-cookie2?|forwarded|x-slipway-.*|x-up-.*|impersonate-.*|x-remote-.*|x-forwarded-.*|x-real-ip|via)$/;

export type HeaderBag = Readonly<Record<string, string | string[] | undefined>>;

/** Request headers that may travel to a cluster: neither identity nor hop-by-hop ones, nor those that Connection names. Names come lower-case. */
export function forwardableHeaders(headers: HeaderBag): OutgoingHttpHeaders {
  const named = namedByConnection(headers);
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || HOP_BY_HOP.has(name) || IDENTITY.test(name) || named.has(name)) continue;
    kept[name] = value;
  }
  withoutBearerProtocol(kept);
  return kept;
}

/** Browsers carry their token as a WebSocket subprotocol, since they cannot set Authorization: it is for the hub and must not reach a cluster. */
function withoutBearerProtocol(headers: OutgoingHttpHeaders): void {
  const offered = headers['sec-websocket-protocol'];
  if (offered === undefined) return;
  const kept = String(offered)
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '' && !protocol.startsWith('base64url.bearer.authorization.k8s.io.'));
  if (kept.length > 0) headers['sec-websocket-protocol'] = kept.join(', ');
  else delete headers['sec-websocket-protocol'];
}

/** A cluster must neither set cookies for the hub nor loosen what the hub says of its own answers. */
const OF_THE_HUB = new Set(['set-cookie', 'content-security-policy', 'strict-transport-security', 'x-frame-options', 'clear-site-data']);

/** Response headers that may travel back. */
export function returnableHeaders(headers: HeaderBag): OutgoingHttpHeaders {
  const named = namedByConnection(headers);
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || HOP_BY_HOP.has(name) || named.has(name)) continue;
    if (name.startsWith('x-up-') || OF_THE_HUB.has(name)) continue;
    kept[name] = value;
  }
  return kept;
}

function namedByConnection(headers: HeaderBag): ReadonlySet<string> {
  const connection = headers['connection'];
  const text = Array.isArray(connection) ? connection.join(',') : (connection ?? '');
  return new Set(
    text
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter(Boolean),
  );
}

/** Headers with repeated ones kept apart: SPDY's X-Stream-Protocol-Version comes once per version. */
export function distinctHeaders(request: IncomingMessage): HeaderBag {
  const headers: Record<string, string | string[]> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values !== undefined) headers[name] = values.length === 1 ? values[0]! : values;
  }
  return headers;
}

/**
 * The path and query below a prefix, as sent. Refuses what could be read as another path by someone further on: `.` and `..` segments in any
 * encoding, backslashes, control characters, and anything that is not a path.
 */
export function safePath(path: string): string {
  const [pathname = ''] = path.split('?');
  if (!pathname.startsWith('/') || path.includes('#') || hasControl(path)) throw refused();
  let decoded = pathname;
  // Twice, because a second decoder down the line must not find what the first one hid.
  for (let round = 0; round < 2; round += 1) {
    if (decoded.includes('\\') || hasControl(decoded) || decoded.split('/').some((segment) => segment === '.' || segment === '..'))
      throw refused();
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      if (round === 0) throw refused();
      break;
    }
  }
  if (decoded.split('/').some((segment) => segment === '.' || segment === '..')) throw refused();
  return path;
}

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f) return true;
  }
  return false;
}

const refused = () => new SlipwayError('BadRequest', 'The path of this request is not one that is passed on to a cluster.');
