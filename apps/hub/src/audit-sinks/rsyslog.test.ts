import { waitFor } from '@slipway/kit';
import { auditSinkKind, chainedRecordSchema, chainVerifier, registryKind } from '@slipway/model';
import { type Rsyslog, startRsyslog, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../testing/test-hub.ts';

/** RFC 5424 as rsyslog understood it: priority, version, time, app, process, message id, structured data, text. */
const LINE = /^(\d+) 1 (\S+) slipway - (\S+) (\[slipway@32473(?: [a-z]+="(?:\\["\\\]]|[^"\\\]])*")+\]) ?\uFEFF?(\{.*\})$/su;

describe.each(testEngines)('a real rsyslog gets the audit, on %s', (engine) => {
  let test: TestHub;
  let rsyslog: Rsyslog;
  beforeAll(async () => {
    rsyslog = await startRsyslog();
    test = await startTestHub(engine, undefined, { outbound: { rules: { allow: ['127.0.0.1'] } } });
  }, 180_000);
  afterAll(async () => {
    await test?.stop();
    await rsyslog?.dispose();
  });

  const make = (name: string) =>
    test.client.create(registryKind, {
      kind: 'Registry',
      // As long as real ones, with what syslog itself could stumble over.
      metadata: { name, annotations: { note: `] " \\ %s é\u2028 ${'x'.repeat(9000)}` } },
      spec: { type: 'builtin' },
    });
  /** The newest record is there: whatever is missing before it was lost. */
  const arrived = (name: string) =>
    waitFor(
      async () => (await rsyslog.written()).some((line) => line.includes(`"name":"${name}"`) || line.includes(`\\"name\\":\\"${name}\\"`)),
      {
        what: `the record of ${name}`,
        timeoutMs: 180_000,
        intervalMs: 200,
      },
    );
  const parsed = async () =>
    (await rsyslog.written()).map((line) => {
      const [, priority, time, id, data, text] = LINE.exec(line) ?? [];
      expect(text, line.slice(0, 300)).toBeDefined();
      return { priority, time, id, data, record: chainedRecordSchema.parse(JSON.parse(text ?? '')) };
    });

  it('over TLS, each record parsed as RFC 5424, in order, and none missing over restarts of rsyslog while records are sent', async () => {
    await make('before');
    const spec = { type: 'syslog', host: '127.0.0.1', port: rsyslog.port, ca: rsyslog.ca };
    await test.client.create(auditSinkKind, { kind: 'AuditSink', metadata: { name: 'siem' }, spec });
    const names = Array.from({ length: 60 }, (_, n) => `r${n}`);
    for (const [n, name] of names.entries()) {
      // Twice it goes away while records are made, once it stays away for a while.
      if (n === 20 || n === 40) await rsyslog.stop();
      if (n === 21 || n === 50) await rsyslog.start();
      await make(name);
    }
    await arrived('r59');
    const lines = await parsed();
    // At least once: a batch whose end was not confirmed comes again, as it was.
    const firsts = new Map(lines.map((line) => [line.record.seq, line] as const).toReversed());
    const seqs = lines.map(({ record }) => record.seq);
    const order = [...new Set(seqs)];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).toEqual(Array.from({ length: order.length }, (_, n) => (order[0] ?? 0) + n));
    const records = [...firsts.values()].map(({ record }) => record).toSorted((a, b) => a.seq - b.seq);
    for (const { record } of lines) expect(record).toEqual(records.find(({ seq }) => seq === record.seq));
    const verifier = chainVerifier({ tenant: '', checkpoints: [], keys: {}, partial: true, from: records[0]?.seq ?? 0 });
    for (const record of records) verifier.add(record);
    expect(verifier.end()).toMatchObject({ ok: true, problems: [] });
    const created = records
      .map(({ body }) => JSON.parse(body))
      .filter(({ verb, object }) => verb === 'create' && object?.resource === 'registries');
    expect(created.map(({ object }) => object.name)).toEqual(expect.arrayContaining(['before', ...names]));
    const one = lines.find(({ record }) => record.body.includes('"r5"'));
    expect(one).toMatchObject({ priority: '110', id: 'create' });
    expect(one?.data).toContain('tenant="default"');
    expect(one?.data).toContain('resource="registries"');
  }, 300_000);
});
