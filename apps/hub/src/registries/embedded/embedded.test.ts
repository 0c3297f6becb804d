import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLogger, waitFor } from '@slipway/kit';
import { createOutbound } from '@slipway/kit/outbound';
import { apiKeyKind, tenantKind } from '@slipway/model';
import { packArtefact, createOciClient, packChart, pushArtefact, readChart } from '@slipway/packs';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from '../../testing/test-hub.ts';

const run = promisify(execFile);
let test: TestHub;
let dir: string;

/** Somebody of a tenant with a role, and a token. */
async function signedIn(tenant: string, name: string, role: string, projects?: readonly string[]): Promise<string> {
  const { hub } = test;
  const path = `/tenants/${tenant}/apis/slipway.dev/v1`;
  const create = (plural: string, kind: string, spec: object, named: string) =>
    requestOf(test, 'POST', `${path}/${plural}`, { body: { apiVersion: 'slipway.dev/v1', kind, metadata: { name: named }, spec } });
  expect((await create('users', 'User', {}, name)).status).toBe(201);
  const spec = { role, subjects: [{ kind: 'User', name }], ...(projects === undefined ? {} : { projects }) };
  expect((await create('rolebindings', 'RoleBinding', spec, name)).status).toBe(201);
  return (await hub.identity.issueToken({ tenant, name })).token;
}

const as = (token: string, method: string, path: string, headers: Record<string, string> = {}) =>
  requestOf(test, method, path, {
    anonymous: true,
    headers: { authorization: `Basic ${Buffer.from(`me:${token}`).toString('base64')}`, ...headers },
  });

const archiveOf = (name: string, version: string) =>
  packChart(name, [{ name: 'Chart.yaml', data: Buffer.from(`apiVersion: v2\nname: ${name}\nversion: ${version}\ndescription: a test\n`) }]);

async function push(token: string, repository: string, name: string, version: string): Promise<string> {
  const outbound = createOutbound({ rules: { allow: ['loopback'] }, ca: [test.hub.ca] });
  try {
    const asker = { outbound, plainHttp: false, from: 'hub', attempts: 1 };
    const client = createOciClient({ asker, base: test.url, credentials: { type: 'basic', username: 'me', password: token } });
    const archive = archiveOf(name, version);
    return (await pushArtefact(client, repository, await packArtefact(archive), version)).digest;
  } finally {
    await outbound.close();
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-embedded-'));
  test = await startTestHub('pglite', silentLogger, { registryProgram: testTool('registry') });
  for (const name of ['acme', 'globex']) await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name }, spec: {} });
  await waitFor(async () => (await as(test.token, 'GET', '/v2/_catalog')).status === 200, {
    what: 'the embedded registry',
    timeoutMs: 60_000,
  });
}, 120_000);
afterAll(async () => {
  await test.stop();
  await rm(dir, { recursive: true, force: true });
});

it('asks for a user and a password as programs for registries expect it', async () => {
  const { status, headers, text } = await requestOf(test, 'GET', '/v2/', { anonymous: true });
  expect([status, headers['www-authenticate'], headers['docker-distribution-api-version']]).toEqual([
    401,
    'Basic realm="Slipway"',
    'registry/2.0',
  ]);
  expect(JSON.parse(text)).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
  expect((await as('wrong', 'GET', '/v2/')).status).toBe(401);
  expect((await as(test.token, 'GET', '/v2/')).status).toBe(200);
  expect((await requestOf(test, 'GET', '/v2/')).status).toBe(200);
});

describe('real programs', () => {
  it('helm logs in, pushes, shows and pulls with a token', async () => {
    const helm = testTool('helm');
    const ca = join(dir, 'ca.crt');
    await writeFile(ca, test.hub.ca);
    const env = { PATH: process.env['PATH'], HOME: dir, HELM_CACHE_HOME: dir, HELM_CONFIG_HOME: dir, HELM_DATA_HOME: dir };
    const helmRun = (...args: string[]) => run(helm, args, { env, cwd: dir });
    await mkdir(join(dir, 'web', 'templates'), { recursive: true });
    await writeFile(join(dir, 'web', 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 1.0.0+build.1\n');
    await helmRun('package', 'web');
    const host = new URL(test.url).host;
    await expect(helmRun('registry', 'login', host, '--ca-file', ca, '-u', 'me', '-p', 'wrong')).rejects.toThrow();
    await helmRun('registry', 'login', host, '--ca-file', ca, '-u', 'me', '-p', test.token);
    const pushed = await helmRun('push', 'web-1.0.0+build.1.tgz', `oci://${host}/default`, '--ca-file', ca);
    expect(`${pushed.stdout}${pushed.stderr}`).toMatch(/Digest: sha256:[0-9a-f]{64}/);
    const shown = await helmRun('show', 'chart', `oci://${host}/default/web`, '--version', '1.0.0+build.1', '--ca-file', ca);
    expect(shown.stdout).toContain('name: web');
    await rm(join(dir, 'web-1.0.0+build.1.tgz'));
    await helmRun('pull', `oci://${host}/default/web`, '--version', '1.0.0+build.1', '--ca-file', ca);
    expect((await readChart(await readFile(join(dir, 'web-1.0.0+build.1.tgz')))).name).toBe('web');
    await expect(helmRun('push', 'web-1.0.0+build.1.tgz', `oci://${host}/acme-or-nobody`, '--ca-file', ca)).rejects.toThrow(/denied|403/i);
  }, 60_000);

  it('skopeo copies, lists and inspects', async () => {
    const digest = await push(test.token, 'default/copied', 'copied', '2.0.0');
    const certs = join(dir, 'certs');
    await mkdir(certs, { recursive: true });
    await writeFile(join(certs, 'ca.crt'), test.hub.ca);
    const host = new URL(test.url).host;
    const skopeo = (...args: string[]) => run('skopeo', args, { env: { PATH: process.env['PATH'], HOME: dir } });
    const creds = `me:${test.token}`;
    const tags = await skopeo('list-tags', '--cert-dir', certs, '--creds', creds, `docker://${host}/default/copied`);
    expect(JSON.parse(tags.stdout)).toMatchObject({ Tags: ['2.0.0'] });
    await skopeo(
      'copy',
      '--src-cert-dir',
      certs,
      '--src-creds',
      creds,
      `docker://${host}/default/copied:2.0.0`,
      `oci:${join(dir, 'layout')}:copied`,
    );
    await skopeo(
      'copy',
      '--dest-cert-dir',
      certs,
      '--dest-creds',
      creds,
      `oci:${join(dir, 'layout')}:copied`,
      `docker://${host}/default/again:2.0.0`,
    );
    const { stdout } = await skopeo('inspect', '--raw', '--cert-dir', certs, '--creds', creds, `docker://${host}/default/again:2.0.0`);
    expect(JSON.parse(stdout)).toMatchObject({ layers: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' }] });
    expect(digest).toMatch(/^sha256:/);
  }, 60_000);
});

describe('tenants', () => {
  let acme: string;
  let globex: string;
  beforeAll(async () => {
    acme = await signedIn('acme', 'alice', 'tenant-admin');
    globex = await signedIn('globex', 'mallory', 'tenant-admin');
    await push(acme, 'acme/secret', 'secret', '1.0.0');
  }, 60_000);

  it('see and use nothing of each other, and learn not even that it is there', async () => {
    const told = async (token: string, method: string, path: string) => {
      const { status, text } = await as(token, method, path);
      return [status, text];
    };
    for (const rest of ['manifests/1.0.0', 'tags/list', `blobs/sha256:${'a'.repeat(64)}`, 'referrers/sha256:x'])
      expect(await told(globex, 'GET', `/v2/acme/secret/${rest}`), rest).toEqual(await told(globex, 'GET', `/v2/nosuch/thing/${rest}`));
    for (const [method, path] of [
      ['POST', 'blobs/uploads/'],
      ['PUT', 'manifests/1.0.0'],
      ['DELETE', `manifests/sha256:${'a'.repeat(64)}`],
    ] as const) {
      const there = await told(globex, method, `/v2/acme/secret/${path}`);
      expect(there[0]).toBe(403);
      expect(await told(globex, method, `/v2/nosuch/thing/${path}`)).toEqual(there);
    }
    expect(JSON.parse((await as(globex, 'GET', '/v2/_catalog')).text)).toEqual({ repositories: [] });
    expect(JSON.parse((await as(acme, 'GET', '/v2/_catalog')).text)).toEqual({ repositories: ['acme/secret'] });
    await expect(push(globex, 'acme/evil', 'evil', '1.0.0')).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('cannot take a blob of another’s repository along by mounting it', async () => {
    const manifest = JSON.parse(
      (await as(acme, 'GET', '/v2/acme/secret/manifests/1.0.0', { accept: 'application/vnd.oci.image.manifest.v1+json' })).text,
    ) as {
      layers: { digest: string }[];
    };
    const digest = manifest.layers[0]?.digest ?? '';
    const mounted = await as(globex, 'POST', `/v2/globex/thief/blobs/uploads/?mount=${digest}&from=acme/secret`);
    // An upload begins, instead of "created".
    expect(mounted.status).toBe(202);
    expect((await as(globex, 'GET', `/v2/globex/thief/blobs/${digest}`)).status).toBe(404);
  });

  it.each([
    '/v2/globex/../acme/secret/manifests/1.0.0',
    '/v2/globex/%2e%2e/acme/secret/manifests/1.0.0',
    '/v2/globex%2f..%2facme/secret/manifests/1.0.0',
    '/v2//acme/secret/manifests/1.0.0',
    '/v2/globex/x/manifests/../../../acme/secret/manifests/1.0.0',
    '/v2/acme/secret/manifests/1.0.0/',
    '/v2/globex/a/b/c/manifests/1.0.0',
    '/v2/secret/manifests/1.0.0',
    '/tenants/acme/v2/acme/secret/manifests/1.0.0',
  ])('are not confused by %s', async (path) => {
    expect((await as(globex, 'GET', path)).status).toBe(404);
  });

  it('say by roles who pulls, pushes and deletes', async () => {
    const viewer = await signedIn('acme', 'victor', 'tenant-viewer');
    const profiles = await signedIn('acme', 'petra', 'profile-admin');
    const nobody = await signedIn('acme', 'nils', 'user-admin');
    const pull = (token: string) => as(token, 'GET', '/v2/acme/secret/tags/list').then(({ status }) => status);
    expect([await pull(viewer), await pull(profiles), await pull(nobody)]).toEqual([200, 200, 404]);
    await expect(push(viewer, 'acme/mine', 'mine', '1.0.0')).rejects.toMatchObject({ code: 'Forbidden' });
    const digest = await push(profiles, 'acme/mine', 'mine', '1.0.0');
    expect((await as(viewer, 'DELETE', `/v2/acme/mine/manifests/${digest}`)).status).toBe(403);
    expect((await as(profiles, 'DELETE', `/v2/acme/mine/manifests/${digest}`)).status).toBe(202);
    expect((await as(profiles, 'GET', '/v2/acme/mine/manifests/1.0.0')).status).toBe(404);
  }, 60_000);

  it('use keys with a scope of their own, and pushes are in the audit chain', async () => {
    const path = '/tenants/acme/apis/slipway.dev/v1';
    const spec = { owner: { kind: 'User', name: 'alice' }, scope: { rules: [{ resources: ['registries/content'], verbs: ['update'] }] } };
    const body = { apiVersion: 'slipway.dev/v1', kind: apiKeyKind.kind, metadata: { name: 'ci' }, spec };
    const asAlice = (method: string, at: string, more?: object) =>
      requestOf(test, method, at, { anonymous: true, headers: { authorization: `Bearer ${acme}` }, body: more });
    const made = await asAlice('POST', `${path}/apikeys`, body);
    expect([made.status, made.status === 201 ? '' : made.text]).toEqual([201, '']);
    const { token } = JSON.parse((await asAlice('POST', `${path}/apikeys/ci/token`, {})).text) as { token: string };
    await push(token, 'acme/from-ci', 'from-ci', '1.0.0');
    expect((await as(token, 'DELETE', `/v2/acme/from-ci/manifests/sha256:${'a'.repeat(64)}`)).status).toBe(403);
    expect((await requestOf(test, 'GET', `${path}/users`, { anonymous: true, headers: { authorization: `Bearer ${token}` } })).status).toBe(
      403,
    );
    const records = await asAlice('GET', `${path}/auditrecords?limit=50`);
    expect(records.text).toContain('from-ci');
  }, 60_000);
});

it('what is pushed is there after a restart of the hub, and after the registry was killed', async () => {
  await push(test.token, 'default/kept', 'kept', '1.0.0');
  await test.restart();
  const there = async () => (await as(test.token, 'GET', '/v2/default/kept/tags/list')).status === 200;
  await waitFor(there, { what: 'the registry after a restart', timeoutMs: 60_000 });
  const record = JSON.parse(await readFile(join(test.home, 'run', 'registry.sock.json'), 'utf8')) as { pid: number };
  process.kill(record.pid, 'SIGKILL');
  await waitFor(async () => !(await there()), { what: 'the registry to be gone', timeoutMs: 30_000, intervalMs: 20 });
  await waitFor(there, { what: 'the registry to be started again', timeoutMs: 60_000 });
}, 120_000);
