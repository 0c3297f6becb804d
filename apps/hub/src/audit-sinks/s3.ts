import { createHash } from 'node:crypto';
import type { Outbound } from '@slipway/kit/outbound';
import type { AuditBody, AuditSinkSpec } from '@slipway/model';
import { AwsV4Signer } from 'aws4fetch';
import { refusedBy, sendTo } from './egress.ts';
import { ALL_TAKEN, exportLines, type SinkBatch, sortable, type SinkTarget } from './target.ts';

type S3Spec = Extract<AuditSinkSpec, { type: 's3' }>;

/** One object for each batch, signed with signature version 4. The same batch has the same name and content, so sending it again changes nothing. */
export function s3Target(spec: S3Spec, outbound: Outbound): SinkTarget {
  return {
    async send(batch, signal) {
      const body = Buffer.from(exportLines(batch.records));
      const url = objectUrl(spec, objectName(spec.prefix, batch));
      const signer = new AwsV4Signer({
        url: url.toString(),
        method: 'PUT',
        service: 's3',
        region: spec.region,
        accessKeyId: spec.accessKeyId,
        secretAccessKey: spec.secretAccessKey,
        ...(spec.sessionToken === undefined ? {} : { sessionToken: spec.sessionToken }),
        headers: {
          'content-type': 'application/x-ndjson',
          'content-md5': createHash('md5').update(body).digest('base64'),
          'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
        },
        body,
        allHeaders: true,
      });
      const signed = await signer.sign();
      const headers = Object.fromEntries(signed.headers);
      const what = `The storage at ${url.host}`;
      const answer = await sendTo(
        outbound,
        signed.url.toString(),
        { method: 'PUT', headers, body, plainHttp: spec.plainHttp, signal },
        what,
      );
      if (answer.status !== 200) throw refusedBy(what, answer);
      return ALL_TAKEN;
    },
  };
}

/** `audit/acme/2026/11/21/000000000001-000000000050.jsonl`: sorted by name they are in the order of the chain. */
export function objectName(prefix: string, { tenant, records }: SinkBatch): string {
  const first = records[0];
  const last = records.at(-1);
  if (first === undefined || last === undefined) throw new Error('a batch is never empty');
  const day = (JSON.parse(first.body) as AuditBody).time.slice(0, 10).replaceAll('-', '/');
  return `${prefix}${tenant}/${day}/${sortable(first.seq)}-${sortable(last.seq)}.jsonl`;
}

function objectUrl({ endpoint, bucket, pathStyle }: S3Spec, name: string): URL {
  const url = new URL(endpoint);
  if (!pathStyle) url.hostname = `${bucket}.${url.hostname}`;
  // Names are made of characters that need no escapes: nobody can disagree about what was signed.
  url.pathname = pathStyle ? `/${bucket}/${name}` : `/${name}`;
  return url;
}
