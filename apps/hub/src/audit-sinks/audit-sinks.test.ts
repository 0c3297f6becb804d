import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@slipway/kit';
import { type ApiObject, auditSinkKind, type AuditSinkSpec, type AuditSinkStatus, registryKind, tenantKind } from '@slipway/model';
import { testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from '../testing/test-hub.ts';

type Sink = ApiObject<AuditSinkSpec, AuditSinkStatus>;
const CLI = join(import.meta.dirname, '../../../cli/src/main.ts');

describe.each(testEngines)('audit sinks over the API on %s', (engine) => {
  let test: TestHub;
  beforeAll(async () => {
    test = await startTestHub(engine);
  }, 90_000);
  afterAll(() => test.stop());

  const path = (tenant: string, name = '') => `/tenants/${tenant}/apis/slipway.dev/v1/auditsinks${name === '' ? '' : `/${name}`}`;
  const make = async (tenant: string, name: string, spec: object) => {
    const body = { apiVersion: 'slipway.dev/v1', kind: 'AuditSink', metadata: { name }, spec };
    return requestOf(test, 'POST', path(tenant), { body });
  };
  const sink = async (tenant: string, name: string): Promise<Sink> =>
    JSON.parse((await requestOf(test, 'GET', path(tenant, name))).text) as Sink;
  const until = (tenant: string, name: string, holds: (found: Sink) => boolean) =>
    waitFor(async () => [await sink(tenant, name)].find(holds), { what: `sink ${name}`, timeoutMs: 30_000, intervalMs: 100 });
  const ready = ({ status }: Sink) => status?.conditions.find(({ type }) => type === 'Ready');
  const registry = (name: string) => ({
    apiVersion: 'slipway.dev/v1',
    kind: 'Registry',
    metadata: { name },
    spec: { type: 'builtin' as const },
  });
  /** Once everything that the API shows was delivered. */
  const exported = async (...folder: string[]): Promise<string> => {
    const files = (await readdir(join(test.home, 'hub', 'audit', ...folder))).toSorted();
    return (await Promise.all(files.map((file) => readFile(join(test.home, 'hub', 'audit', ...folder, file), 'utf8')))).join('');
  };

  it(
    'delivers what happened before and after, says how far it is, and what it wrote is verified by the CLI',
    { timeout: 90_000 },
    async () => {
      expect((await make('default', 'archive', { type: 'file' })).status).toBe(201);
      const first = await until('default', 'archive', (found) => (found.status?.delivered ?? 0) > 3);
      expect(ready(first)).toMatchObject({ status: 'True', reason: 'Delivering' });
      await test.client.create(registryKind, registry('after-the-sink'));
      await waitFor(async () => (await exported('default', 'archive')).includes('after-the-sink'), {
        what: 'the new record',
        timeoutMs: 30_000,
      });
      const file = join(test.home, 'exported.jsonl');
      await writeFile(file, await exported('default', 'archive'));
      const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'audit', 'verify', '--file', file]);
      expect(stdout).toMatch(/^Records 1 to \d+ are whole/);
      await writeFile(file, (await readFile(file, 'utf8')).replace('after-the-sink', 'after-the-zink'));
      await expect(promisify(execFile)(process.execPath, [CLI, 'audit', 'verify', '--file', file])).rejects.toMatchObject({ code: 1 });
    },
  );

  it('says why a sink does not get anything, and the API goes on; it catches up when it is put right', { timeout: 90_000 }, async () => {
    const dead = { type: 'otlp', url: 'http://127.0.0.1:9/v1/logs', plainHttp: true, headers: { authorization: 'CANARY' } };
    expect((await make('default', 'dead', dead)).status).toBe(201);
    const failing = await until('default', 'dead', (found) => ready(found)?.status === 'False');
    expect(ready(failing)).toMatchObject({ reason: 'DeliveryFailed', message: expect.stringContaining('127.0.0.1') });
    expect(failing.status?.lag).toBeGreaterThan(3);
    expect(JSON.stringify(failing)).not.toContain('CANARY');
    await test.client.create(registryKind, registry('meanwhile'));
    const { metadata } = await sink('default', 'dead');
    const body = {
      ...(await sink('default', 'dead')),
      metadata: { name: 'dead', resourceVersion: metadata.resourceVersion },
      spec: { type: 'file' },
    };
    const put = await requestOf(test, 'PUT', path('default', 'dead'), { body });
    expect(put.status, put.text).toBe(200);
    await until('default', 'dead', (found) => ready(found)?.status === 'True');
    await waitFor(async () => (await exported('default', 'dead')).includes('meanwhile'), { what: 'the backlog', timeoutMs: 30_000 });
  });

  it('keeps tenants apart; the operators alone may have all of them, each with its own place', { timeout: 90_000 }, async () => {
    await test.client.create(tenantKind, { apiVersion: 'slipway.dev/v1', kind: 'Tenant', metadata: { name: 'acme' }, spec: {} } as never);
    expect((await make('acme', 'own', { type: 'file' })).status).toBe(201);
    const refused = await make('acme', 'all', { type: 'file', allTenants: true });
    expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('spec.allTenants')]);
    expect((await make('system', 'all', { type: 'file', allTenants: true })).status).toBe(201);
    await waitFor(async () => (await exported('acme', 'own')).includes('"name\\":\\"own'), {
      what: 'the record of acme',
      timeoutMs: 30_000,
    });
    expect(await exported('acme', 'own')).not.toContain('after-the-sink');
    await waitFor(async () => (await exported('system', 'all', 'default')).includes('after-the-sink'), {
      what: 'default',
      timeoutMs: 30_000,
    });
    await waitFor(async () => (await exported('system', 'all', 'acme')).includes('\\"own'), { what: 'acme', timeoutMs: 30_000 });
  });

  it('refuses what cannot work, by the name of the field', async () => {
    for (const [spec, field] of [
      [{ type: 'otlp', url: 'http://x.example/v1/logs' }, 'spec.url'],
      [{ type: 'otlp', url: 'https://u:p@x.example/' }, 'spec.url'],
      [{ type: 's3', endpoint: 'https://x.example/path', bucket: 'audit', accessKeyId: 'a', secretAccessKey: 'b' }, 'spec.endpoint'],
      [{ type: 'syslog', host: 'x.example', clientCertificate: 'x' }, 'spec.clientKey'],
      [{ type: 'file', path: '/etc/passwd' }, 'path'],
    ] as const) {
      const { status, text } = await make('default', 'wrong', spec);
      expect([status, text], JSON.stringify(spec)).toEqual([expect.any(Number), expect.stringContaining(field)]);
      expect(status).toBeGreaterThanOrEqual(400);
    }
    expect(auditSinkKind.plural).toBe('auditsinks');
  });
});
