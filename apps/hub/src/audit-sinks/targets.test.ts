import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import { createCa, issueCertificate } from '@slipway/kit';
import { createOutbound, type Outbound } from '@slipway/kit/outbound';
import { auditSinkSpecSchema, type AuditSinkSpec, chainedRecordSchema, chainVerifier, type ChainedRecord } from '@slipway/model';
import otlp from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chainOf } from './records-fixture.ts';
import { S3_ACCOUNT, startS3 } from './s3-fixture.ts';
import { targetFor } from './start.ts';

const rules = { allow: ['127.0.0.1'] };
const signal = () => AbortSignal.timeout(20_000);
let directory: string;
let outbound: Outbound;
const open: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-sinks-'));
  outbound = createOutbound({ rules });
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});
afterAll(async () => {
  await outbound.close();
  await rm(directory, { recursive: true });
});

const target = (spec: object, client: Outbound = outbound, name = 'sink') =>
  targetFor(
    auditSinkSpecSchema.parse(spec) as AuditSinkSpec,
    { tenant: 'acme', name },
    { directory, outbound: client, outboundOptions: { rules } },
  );
async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}
/** What `slipway audit verify --file` does with the text. */
function verdictOf(text: string): string {
  const records = text
    .trim()
    .split('\n')
    .map((line) => chainedRecordSchema.parse(JSON.parse(line)));
  const verifier = chainVerifier({ tenant: '', checkpoints: [], keys: {}, partial: true, from: records[0]?.seq ?? 0 });
  for (const record of records) verifier.add(record);
  const { ok, records: count, problems } = verifier.end();
  return `${ok} ${count} ${problems.map(({ problem }) => problem).join()}`;
}
const batch = (records: readonly ChainedRecord[]) => ({ tenant: 'acme', records });

describe('a file', () => {
  const files = async (sink: string): Promise<string[]> => (await readdir(join(directory, 'acme', sink))).toSorted();
  const whole = async (sink: string): Promise<string> =>
    (await Promise.all((await files(sink)).map((file) => readFile(join(directory, 'acme', sink, file), 'utf8')))).join('');

  it('holds each record once and whole, also when the batch comes again and after a crash in the middle of a line', async () => {
    const records = chainOf(9);
    const before = target({ type: 'file' }, outbound, 'once');
    await before.send(batch(records.slice(0, 4)), signal());
    await before.send(batch(records.slice(0, 4)), signal());
    const [file = ''] = await files('once');
    await appendFile(join(directory, 'acme', 'once', file), JSON.stringify(records[4]).slice(0, 80));
    await target({ type: 'file' }, outbound, 'once').send(batch(records.slice(2, 7)), signal());
    await target({ type: 'file' }, outbound, 'once').send(batch(records.slice(7)), signal());
    expect(verdictOf(await whole('once'))).toBe('true 9 ');
  });

  it('gives way to a new one when it is full, and only the newest are kept', async () => {
    const records = chainOf(8, (seq) => ({ reason: `${seq}${'x'.repeat(700_000)}` }));
    const sink = target({ type: 'file', maxMiB: 1, maxFiles: 2 }, outbound, 'rolling');
    for (const record of records) await sink.send(batch([record]), signal());
    expect(await files('rolling')).toEqual(['000000000005.jsonl', '000000000007.jsonl']);
    expect(verdictOf(await whole('rolling'))).toBe('true 4 ');
  });
});

describe('S3', () => {
  let server: Awaited<ReturnType<typeof startS3>>;
  beforeAll(async () => {
    server = await startS3();
    return () => server.stop();
  });
  const sink = (more: object = {}) =>
    target({ type: 's3', endpoint: server.url, bucket: 'audit', region: 'eu-test-1', plainHttp: true, ...S3_ACCOUNT, ...more });
  const stored = async () =>
    (await readdir(join(server.data, 'audit'), { recursive: true })).filter((name) => name.endsWith('_object')).toSorted();

  it('has objects by day whose chain is whole when they are put together by name; the same batch again is the same object', async () => {
    const records = chainOf(7, (seq) => ({ time: `2026-11-2${seq < 5 ? 1 : 2}T10:00:00.000Z` }));
    const prefix = 'logs/slip_way/';
    await sink({ prefix }).send(batch(records.slice(0, 4)), signal());
    await sink({ prefix }).send(batch(records.slice(0, 4)), signal());
    await sink({ prefix }).send(batch(records.slice(4)), signal());
    const found = await stored();
    expect(found).toEqual([
      `${prefix}acme/2026/11/21/000000000001-000000000004.jsonl._S3rver_object`,
      `${prefix}acme/2026/11/22/000000000005-000000000007.jsonl._S3rver_object`,
    ]);
    const texts = await Promise.all(found.map((name) => readFile(join(server.data, 'audit', name), 'utf8')));
    expect(verdictOf(texts.join(''))).toBe('true 7 ');
  });

  it('says what was wrong, and neither the key nor more of the answer than its code', async () => {
    const failed = (more: object) =>
      sink(more)
        .send(batch(chainOf(1)), signal())
        .then(() => 'sent', String);
    const wrong = await failed({ secretAccessKey: 'CANARY-wrong' });
    expect(wrong).toMatch(/answered 403 \(SignatureDoesNotMatch\)\.$/);
    expect(wrong).not.toContain('CANARY');
    expect(await failed({ region: 'other' })).toMatch(/answered 403/);
    expect(await failed({ bucket: 'none' })).toMatch(/answered 404 \(NoSuchBucket\)\.$/);
    expect(() => sink({ prefix: 'a b' })).toThrow(/letters, digits/);
  });
});

describe('OTLP', () => {
  const { ExportLogsServiceRequest } = (otlp as any).opentelemetry.proto.collector.logs.v1;
  const received: { headers: IncomingMessage['headers']; body: string }[] = [];
  const receiver = (status: number, answer = '{}') =>
    listen(
      createHttp(async (request, response) => {
        received.push({ headers: request.headers, body: Buffer.concat(await request.toArray()).toString() });
        response.writeHead(status, status === 307 ? { location: '/elsewhere' } : {}).end(answer);
      }),
    );
  const to = (port: number, more: object = {}) =>
    target({ type: 'otlp', url: `http://127.0.0.1:${port}/v1/logs`, plainHttp: true, ...more });

  it('is what the OpenTelemetry schema says, nothing lost and nothing it does not know', async () => {
    const records = chainOf(3, (seq) => ({ outcome: seq === 2 ? 'denied' : 'ok', source: { ip: '10.0.0.1', userAgent: 'kubectl' } }));
    const port = await receiver(200);
    expect(await to(port, { headers: { 'x-api-key': 'CANARY' } }).send(batch(records), signal())).toEqual({ rejected: 0 });
    const [{ headers, body }] = received.splice(0) as [(typeof received)[0]];
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-api-key': 'CANARY' });
    const sent = JSON.parse(body);
    // Through the schema's own binary form and back: an unknown or misspelt field would be missing, a wrong type refused.
    const message = ExportLogsServiceRequest.fromObject(sent);
    expect(ExportLogsServiceRequest.verify(message)).toBeNull();
    const back = ExportLogsServiceRequest.toObject(ExportLogsServiceRequest.decode(ExportLogsServiceRequest.encode(message).finish()), {
      longs: String,
    });
    expect(back).toEqual(sent);
    const logs = sent.resourceLogs[0].scopeLogs[0].logRecords;
    expect(logs.map((log: any) => log.severityText)).toEqual(['INFO', 'WARN', 'INFO']);
    expect(verdictOf(logs.map((log: any) => log.body.stringValue).join('\n'))).toBe('true 3 ');
  });

  it('counts what the receiver rejected, and takes any other status for a refusal; redirects are not followed', async () => {
    const rejecting = await receiver(200, '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}');
    expect(await to(rejecting).send(batch(chainOf(3)), signal())).toEqual({ rejected: 2 });
    for (const status of [307, 400, 429, 503]) {
      const before = received.length;
      const sent = to(await receiver(status, 'CANARY of the inside')).send(batch(chainOf(1)), signal());
      await expect(sent, String(status)).rejects.toThrow(new RegExp(`answered ${status}\\.$`));
      expect(received.length).toBe(before + 1);
    }
  });
});

describe('syslog', () => {
  /** Reads octet-counted frames; `until` says after how many bytes the receiver dies. */
  function receiver(frames: string[], until = Number.POSITIVE_INFINITY) {
    return (socket: Socket): void => {
      let data = Buffer.alloc(0);
      let read = 0;
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        data = Buffer.concat([data, chunk]);
        read += chunk.length;
        if (read > until) return void socket.resetAndDestroy();
        for (;;) {
          const space = data.indexOf(' ');
          const end = space + 1 + Number(data.subarray(0, space).toString());
          if (space < 0 || data.length < end) return;
          frames.push(data.subarray(space + 1, end).toString());
          data = data.subarray(end);
        }
      });
    };
  }
  const RFC5424 = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) \[([^ =\]"]+)((?: [^ =\]"]+="(?:\\["\\\]]|[^"\\\]])*")*)\] \uFEFF(.*)$/su;

  it('is RFC 5424 with octet counting over TLS, and confirmed when the receiver has read it all', async () => {
    const ca = await createCa('syslog-ca', { organization: 'test' });
    const issued = await issueCertificate(ca, { commonName: 'syslog', organization: 'test', ipAddresses: ['127.0.0.1'], usage: 'server' });
    const frames: string[] = [];
    const port = await listen(createTls({ cert: issued.cert, key: issued.key }, receiver(frames)));
    const records = chainOf(400, () => ({ user: { kind: 'user', name: 'we"ird\\ ]näme' }, verb: 'connect' }));
    const sink = (more: object) => target({ type: 'syslog', host: '127.0.0.1', port, ...more });
    await sink({ ca: ca.cert }).send(batch(records), signal());
    expect(frames).toHaveLength(400);
    const [, priority, , , app, process, message, id, data, text] = RFC5424.exec(frames[0] ?? '') ?? [];
    expect([priority, app, process, message, id]).toEqual(['110', 'slipway', '-', 'connect', 'slipway@32473']);
    expect(data).toContain(' user="we\\"ird\\\\ \\]näme"');
    expect(JSON.parse(text ?? '')).toEqual(records[0]);
    await expect(sink({}).send(batch(records), signal())).rejects.toThrow(/did not take the records: .*certificate/);
    expect(frames).toHaveLength(400);
  });

  it('is not confirmed when the receiver dies with records unread, or never closes', async () => {
    const records = chainOf(500, () => ({ reason: 'x'.repeat(2000) }));
    const dying = await listen(createTcp({ allowHalfOpen: true }, receiver([], 100_000)));
    const sink = (port: number) => target({ type: 'syslog', host: '127.0.0.1', port, tls: false });
    await expect(sink(dying).send(batch(records), signal())).rejects.toThrow(/did not take the records/);
    const deaf = createTcp(
      { allowHalfOpen: true },
      (socket) => void (socket.on('error', () => undefined), open.push(async () => socket.destroy())),
    );
    const stop = new AbortController();
    const sent = sink(await listen(deaf)).send(batch(chainOf(1)), stop.signal);
    deaf.once('connection', (socket: Socket) => socket.once('data', () => stop.abort()));
    await expect(sent).rejects.toThrow(/it took too long/);
  });
});

it.each([
  { type: 'otlp', url: 'https://169.254.169.254/v1/logs' },
  { type: 's3', endpoint: 'https://[::ffff:127.0.0.1]:9000', bucket: 'audit', accessKeyId: 'a', secretAccessKey: 'b' },
  { type: 'syslog', host: 'localhost', port: 514, tls: false },
])('SSRF: a sink of type $type reaches no address inside', async (spec) => {
  const guarded = createOutbound();
  await expect(target(spec, guarded).send(batch(chainOf(1)), signal())).rejects.toThrow(/does not connect to .*(loopback|metadata)/);
  await guarded.close();
});
