import type { FieldCause } from '@slipway/kit';
import { invalidField, refuseIf } from '../meta/causes.ts';
import { deepEqual } from '../meta/diff.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { SYSTEM_TENANT } from '../meta/object.ts';
import { placeUrlProblems } from '../meta/place-url.ts';
import type { AuditSinkSpec } from './audit-sink.ts';

/** More than that would read the same chain over and over. */
const MAX_SINKS = 8;

/** Addresses name a place and nothing else, and only the operators' own tenant may ask for everybody's records. */
export async function admitAuditSink({ object, old, reads, tenant }: AdmissionInput<AuditSinkSpec, any>): Promise<void> {
  const { spec, metadata } = object;
  if (old && deepEqual(old.spec, spec)) return;
  const causes: FieldCause[] = addressProblems(spec);
  if (spec.allTenants && tenant !== SYSTEM_TENANT)
    causes.push(invalidField('spec.allTenants', `is for sinks of the tenant "${SYSTEM_TENANT}" only`));
  if (spec.type === 'syslog') causes.push(...syslogProblems(spec));
  const others = (await reads.list('AuditSink')).filter((sink) => sink.metadata.name !== metadata.name);
  if (!old && others.length >= MAX_SINKS) causes.push(invalidField('metadata.name', `there are ${MAX_SINKS} sinks already`));
  refuseIf(`AuditSink "${metadata.name}"`, causes);
}

function syslogProblems(spec: Extract<AuditSinkSpec, { type: 'syslog' }>): FieldCause[] {
  const causes: FieldCause[] = [];
  if ((spec.clientKey === undefined) !== (spec.clientCertificate === undefined))
    causes.push(invalidField('spec.clientKey', 'goes together with clientCertificate'));
  if (!/^[\w:][\w.:-]*$/.test(spec.host)) causes.push(invalidField('spec.host', 'must be a host name or an address, without a port'));
  return causes;
}

function addressProblems(spec: AuditSinkSpec): FieldCause[] {
  if (spec.type !== 'otlp' && spec.type !== 's3') return [];
  const field = spec.type === 'otlp' ? 'spec.url' : 'spec.endpoint';
  const text = spec.type === 'otlp' ? spec.url : spec.endpoint;
  const example = spec.type === 'otlp' ? 'https://collector.example.org:4318/v1/logs' : 'https://s3.eu-central-1.amazonaws.com';
  const problems = placeUrlProblems(text, example).map((problem) => invalidField(field, problem));
  if (problems.length > 0) return problems;
  const url = new URL(text);
  return [
    ...(url.protocol === 'http:' && !spec.plainHttp ? [invalidField(field, 'must begin with https://, unless plainHttp is set')] : []),
    ...(spec.type === 's3' && url.pathname !== '/' ? [invalidField(field, 'must not have a path: the bucket has a field of its own')] : []),
  ];
}
