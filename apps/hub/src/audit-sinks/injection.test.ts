// oxlint-disable no-control-regex -- they are what it is about
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOutbound } from '@slipway/kit/outbound';
import { auditSinkSpecSchema, type AuditSinkSpec, type ChainedRecord, chainedRecordSchema, chainVerifier } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otlpLogs } from './otlp.ts';
import { chainOf } from './records-fixture.ts';
import { objectName } from './s3.ts';
import { targetFor } from './start.ts';
import { syslogFrame } from './syslog.ts';
import { exportLines } from './target.ts';

/** Ends of lines and frames, controls, changes of direction, ends of quotes, markup, and a name without end. */
const HOSTILE = [
  'a\nb',
  'a\r\nb',
  '\n<134>1 2026-11-21T10:00:00Z host app - - - forged',
  '\n{"seq":2,"prev":"x"}',
  '\u0000',
  '\u001B[2J\u001B]0;x\u0007',
  '\u009B31m',
  '\u0085',
  '\u2028\u2029',
  '\u202Etxt.exe',
  'a"b]c\\d',
  '"] [forged@1 a="b"',
  '../../../etc/cron.d/x',
  'a/b\\c%2f%00',
  "=cmd|' /C calc'!A0",
  '</script><script>',
  '9 <134>',
  'x'.repeat(200_000),
];

/** Whatever a record holds: one record stays one line, one message, one entry, and the chain is what it was. */
describe('injection: audit exports', () => {
  let directory: string;
  const outbound = createOutbound();
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-injection-'));
  });
  afterAll(async () => {
    await outbound.close();
    await rm(directory, { recursive: true });
  });

  const recordsWith = (text: string): ChainedRecord[] =>
    chainOf(3, () => ({
      user: { kind: 'user', name: text, groups: [text], tenant: text },
      verb: text,
      object: { resource: text, project: text, name: text },
      reason: text,
      source: { ip: text, userAgent: text },
      request: { id: text, method: text, path: text },
    }));
  const verified = (lines: readonly string[]): boolean => {
    const records = lines.map((line) => chainedRecordSchema.parse(JSON.parse(line)));
    const verifier = chainVerifier({ tenant: '', checkpoints: [], keys: {}, partial: true, from: records[0]?.seq ?? 0 });
    for (const record of records) verifier.add(record);
    return verifier.end().ok;
  };
  /** As people look at them: by any end of line there is. */
  const linesOf = (text: string): string[] => text.split(/[\n\v\f\r\u0085\u2028\u2029]/u).filter((line) => line !== '');
  const obeyed = (text: string): string[] => text.match(/[^\P{Cc}\n]|[\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu) ?? [];

  it.each(HOSTILE)('file: %j', async (text) => {
    const name = `s${Math.random().toString(36).slice(2)}`;
    const sink = targetFor(
      auditSinkSpecSchema.parse({ type: 'file' }) as AuditSinkSpec,
      { tenant: 'acme', name },
      { directory, outbound, outboundOptions: {} },
    );
    await sink.send({ tenant: 'acme', records: recordsWith(text) }, AbortSignal.timeout(20_000));
    const folder = join(directory, 'acme', name);
    expect(await readdir(folder)).toEqual(['000000000001.jsonl']);
    const content = await readFile(join(folder, '000000000001.jsonl'), 'utf8');
    expect(linesOf(content)).toHaveLength(3);
    expect(obeyed(content)).toEqual([]);
    expect(verified(linesOf(content))).toBe(true);
  });

  it.each(HOSTILE)('syslog: %j', (text) => {
    const frames = recordsWith(text).map((record) => syslogFrame({ facility: 13, appName: 'slipway' }, 'acme', record));
    for (const [n, frame] of frames.entries()) {
      const [, length = '', rest = ''] = /^(\d+) ([^]*)$/.exec(frame.toString('utf8')) ?? [];
      // The count is right, and no receiver that reads by lines instead finds a second message.
      expect(Buffer.byteLength(rest)).toBe(Number(length));
      expect(linesOf(rest)).toHaveLength(1);
      expect(obeyed(rest)).toEqual([]);
      // PRI VERSION TIME HOST APP PROCID MSGID [SD] MSG, with one element of structured data.
      const mark = rest.indexOf(' \uFEFF');
      const parts = /^<110>1 (\S+) (\S+) slipway - ([!-~]{1,32}) \[slipway@32473((?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+)\]$/u.exec(
        rest.slice(0, mark),
      );
      expect(parts, rest.slice(0, 300)).not.toBeNull();
      expect(parts?.[4]?.match(/ [a-z]+="/g)?.map((key) => key.trim())).toEqual([
        'tenant="',
        'seq="',
        'user="',
        'verb="',
        'outcome="',
        'resource="',
      ]);
      expect((JSON.parse(rest.slice(mark + 2)) as ChainedRecord).seq).toBe(n + 1);
    }
    expect(verified(frames.map((frame) => frame.toString('utf8').split('\uFEFF')[1] ?? ''))).toBe(true);
  });

  it.each(HOSTILE)('OpenTelemetry: %j', (text) => {
    const sent = JSON.parse(JSON.stringify(otlpLogs('acme', recordsWith(text)))) as {
      resourceLogs: { scopeLogs: { logRecords: { body: { stringValue: string }; attributes: { key: string }[] }[] }[] }[];
    };
    const logs = sent.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
    expect(logs).toHaveLength(3);
    expect(verified(logs.map(({ body }) => body.stringValue))).toBe(true);
    for (const { attributes } of logs) expect(new Set(attributes.map(({ key }) => key)).size).toBe(attributes.length);
  });

  it.each(HOSTILE)('S3: %j is in no key', (text) => {
    const key = objectName('logs/', { tenant: 'acme', records: recordsWith(text) });
    expect(key).toBe('logs/acme/2026/11/21/000000000001-000000000003.jsonl');
    expect(linesOf(exportLines(recordsWith(text)))).toHaveLength(3);
  });

  it.each(HOSTILE.filter((text) => text.length < 1000))('a prefix %j, which would be part of keys, is refused', (prefix) => {
    const spec = { type: 's3', endpoint: 'https://s3.example', bucket: 'audit', accessKeyId: 'a', secretAccessKey: 'b', prefix };
    const parsed = auditSinkSpecSchema.safeParse(spec);
    // Dots and slashes are characters of keys: in S3 they lead nowhere.
    expect(parsed.success).toBe(prefix === '../../../etc/cron.d/x');
  });
});
