import { once } from 'node:events';
import { hostname } from 'node:os';
import { messageOf, SlipwayError } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';
import type { AuditBody, AuditSinkSpec, ChainedRecord } from '@slipway/model';
import { connectTo } from './egress.ts';
import { ALL_TAKEN, exportLine, type SinkTarget } from './target.ts';

type SyslogSpec = Extract<AuditSinkSpec, { type: 'syslog' }>;

const SEVERITY = { ok: 6, denied: 4, failed: 4 } as const;
/** The number that RFC 5612 gives for examples, as Slipway has none of its own. */
const SD_ID = 'slipway@32473';

/**
 * RFC 5424 with octet counting. Syslog itself confirms nothing, and what TCP took may be lost on its way; so a batch has a connection of its own, ended by us, and
 * counts as delivered when the receiver has read to that end and closes in turn.
 */
export function syslogTarget(spec: SyslogSpec, outbound: Outbound): SinkTarget {
  return {
    async send({ tenant, records }, signal) {
      try {
        const tls = spec.tls ? { tls: { ca: spec.ca, cert: spec.clientCertificate, key: spec.clientKey } } : {};
        const socket = await connectTo(outbound, { host: spec.host, port: spec.port, ...tls }, signal);
        socket.on('error', () => undefined);
        socket.resume();
        // Rejects with the socket's error; `close` without one is the receiver's answer to our end.
        const closed = once(socket, 'close');
        for (const record of records) {
          if (!socket.write(syslogFrame(spec, tenant, record))) await Promise.race([once(socket, 'drain'), closed]);
        }
        socket.end();
        const [hadError] = (await closed) as [boolean];
        if (hadError || socket.errored !== null || !socket.readableEnded) throw socket.errored ?? new Error('the connection broke off');
        return ALL_TAKEN;
      } catch (error) {
        throw new SlipwayError(
          'Unavailable',
          `The syslog receiver ${spec.host}:${spec.port} did not take the records: ${messageOf(error)}`,
          {
            cause: error,
          },
        );
      }
    },
  };
}

/** `LENGTH SP MESSAGE`. The message is the record as it is exported, so that the chain can be verified from it. */
export function syslogFrame(spec: Pick<SyslogSpec, 'facility' | 'appName'>, tenant: string, record: ChainedRecord): Buffer {
  const body = JSON.parse(record.body) as AuditBody;
  const priority = spec.facility * 8 + SEVERITY[body.outcome];
  const data = [
    ['tenant', tenant],
    ['seq', String(record.seq)],
    ['user', body.user.name],
    ['verb', body.verb],
    ['outcome', body.outcome],
    ...(body.object === undefined ? [] : [['resource', body.object.resource]]),
  ].map(([name, value]) => `${name}="${parameter(value ?? '')}"`);
  const messageId = body.verb.replaceAll(/[^!-~]/g, '').slice(0, 32) || '-';
  const header = `<${priority}>1 ${body.time} ${hostToken()} ${spec.appName} - ${messageId} [${SD_ID} ${data.join(' ')}]`;
  // The mark in front says that the text is UTF-8.
  const message = Buffer.from(`${header} \uFEFF${exportLine(record)}`);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/** Escaped as RFC 5424 says; without control characters, at which receivers that pass messages on by lines would break off. */
const parameter = (value: string): string =>
  value
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD')
    .slice(0, 1024)
    .replaceAll(/["\\\]]/g, '\\$&');

const hostToken = (): string =>
  hostname()
    .replaceAll(/[^!-~]/g, '')
    .slice(0, 255) || '-';
