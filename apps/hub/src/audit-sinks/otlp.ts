import type { Outbound } from '@slipway/kit/outbound';
import type { AuditBody, AuditSinkSpec, ChainedRecord } from '@slipway/model';
import { refusedBy, sendTo } from './egress.ts';
import { exportLine, type SinkTarget } from './target.ts';

type OtlpSpec = Extract<AuditSinkSpec, { type: 'otlp' }>;

/** OpenTelemetry's numbers for INFO and WARN. */
const SEVERITY = { ok: [9, 'INFO'], denied: [13, 'WARN'], failed: [13, 'WARN'] } as const;

/** OTLP/HTTP logs with JSON encoding. */
export function otlpTarget(spec: OtlpSpec, outbound: Outbound): SinkTarget {
  return {
    async send({ tenant, records }, signal) {
      const body = Buffer.from(JSON.stringify(otlpLogs(tenant, records)));
      const headers = { ...spec.headers, 'content-type': 'application/json' };
      const what = `The OpenTelemetry receiver ${new URL(spec.url).host}`;
      const answer = await sendTo(outbound, spec.url, { method: 'POST', headers, body, plainHttp: spec.plainHttp, signal }, what);
      if (answer.status !== 200) throw refusedBy(what, answer);
      // A receiver that takes a part says so with status 200, and must not be sent the rest again.
      return { rejected: Number(/"rejectedLogRecords"\s*:\s*"?(\d{1,9})/.exec(answer.text)?.[1] ?? 0) };
    },
  };
}

const text = (key: string, value: string | undefined) => (value === undefined ? [] : [{ key, value: { stringValue: value } }]);

/** `ExportLogsServiceRequest` in the JSON form of OTLP: 64-bit numbers as text, enums as numbers. */
export function otlpLogs(tenant: string, records: readonly ChainedRecord[]): object {
  return {
    resourceLogs: [
      {
        resource: { attributes: [...text('service.name', 'slipway'), ...text('slipway.tenant', tenant)] },
        scopeLogs: [{ scope: { name: 'slipway.audit' }, logRecords: records.map(logRecord) }],
      },
    ],
  };
}

function logRecord(record: ChainedRecord): object {
  const body = JSON.parse(record.body) as AuditBody;
  const [severityNumber, severityText] = SEVERITY[body.outcome];
  const time = `${Date.parse(body.time)}000000`;
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber,
    severityText,
    body: { stringValue: exportLine(record) },
    attributes: [
      { key: 'audit.seq', value: { intValue: String(record.seq) } },
      ...text('audit.verb', body.verb),
      ...text('audit.outcome', body.outcome),
      ...text('audit.resource', body.object?.resource),
      ...text('audit.project', body.object?.project),
      ...text('audit.name', body.object?.name),
      ...text('enduser.id', body.user.name),
      ...text('client.address', body.source?.ip),
      ...text('user_agent.original', body.source?.userAgent),
    ],
  };
}
