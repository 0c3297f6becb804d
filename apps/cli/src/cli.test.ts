import { spawn } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@slipway/kit';
import { freePorts } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHub, cliMain, startCliHub } from './testing/cli-hub.ts';

/** The CLI as a process, as users run it, against a real hub on its embedded database. No machines: nothing here needs root. */
describe('the CLI with a hub', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let server: string;
  let hub: CliHub;
  const slipway: CliHub['slipway'] = (args, options) => hub.slipway(args, options);

  beforeAll(async () => {
    hub = await startCliHub();
    ({ folder, env, server } = hub);
  }, 180_000);
  afterAll(() => hub.stop());

  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const cluster = (name: string, extra = '') =>
    `apiVersion: slipway.dev/v1\nkind: Cluster\nmetadata: {name: ${name}}\nspec:\n  profile: {name: starter, version: 1.0.0}\n${extra}`;
  const pool = (name: string, of: string, replicas = 1) =>
    `---\napiVersion: slipway.dev/v1\nkind: MachinePool\nmetadata: {name: ${name}}\nspec:\n  cluster: ${of}\n  replicas: ${replicas}\n`;

  it('E26 knows who it is, keeps its token for its owner, and starts in less than 300 ms', async () => {
    expect((await slipway(['whoami'])).out).toMatch(/User: +admin/);
    expect((await stat(env['SLIPWAY_CONFIG'] ?? '')).mode & 0o777).toBe(0o600);
    const times: number[] = [];
    for (let attempt = 0; attempt < 40 && Math.min(...times) >= 300; attempt++) {
      const started = performance.now();
      await slipway(['--help']);
      times.push(performance.now() - started);
    }
    // The best of some: what the program needs, not what else the machine did.
    expect(Math.min(...times)).toBeLessThan(300);
  });

  it('E28 writes data to stdout in five formats, and JSON as the API has it', async () => {
    const name = await slipway(['get', 'cprof', '-o', 'name']);
    expect(name).toMatchObject({ code: 0, out: 'clusterprofile/starter\nclusterprofile/starter-flannel\nclusterprofile/web\n', talk: '' });
    const json = JSON.parse((await slipway(['get', 'clusterprofile', 'starter', '-o', 'json'])).out);
    expect(json).toMatchObject({ apiVersion: 'slipway.dev/v1', kind: 'ClusterProfile', metadata: { name: 'starter' } });
    const { items } = JSON.parse((await slipway(['get', 'clusterprofiles', '-o', 'json'])).out) as {
      items: { metadata: { name: string } }[];
    };
    expect(items.map((item) => item.metadata.name).toSorted()).toEqual(['starter', 'starter-flannel', 'web']);
    expect((await slipway(['get', 'clusterprofile/starter', '-o', 'yaml'])).out).toMatch(/^kind: ClusterProfile$/m);
    expect((await slipway(['get', 'cprof'])).out).toMatch(/^NAME +TYPE +VERSIONS +LAYERS +AGE\nstarter +full +1\.0\.0,1\.1\.0 /);
    expect((await slipway(['get', 'clusters'])).talk).toBe('No clusters in project "default".\n');
  });

  it('E29 applies several documents, sees what is unchanged, and keeps what the file does not name', async () => {
    const file = await write('one.yaml', cluster('one') + pool('one-workers', 'one'));
    const plan = await slipway(['plan', '-f', file]);
    expect(plan.code).toBe(7);
    expect(plan.out).toMatch(/create/);
    expect((await slipway(['get', 'cluster', 'one'])).code).toBe(4);
    expect((await slipway(['apply', '-f', file])).out).toBe('cluster/one created\nmachinepool/one-workers created\n');
    expect((await slipway(['apply', '-f', '-'], { input: await readFile(file, 'utf8') })).out).toBe(
      'cluster/one unchanged\nmachinepool/one-workers unchanged\n',
    );
    const settled = await slipway(['plan', '-f', file]);
    expect(settled).toMatchObject({ code: 0 });
    await slipway(['apply', '-f', await write('drift.yaml', cluster('one', '  drift: report\n'))]);
    expect((await slipway(['get', 'cluster', 'one', '-o', 'yaml'])).out).toMatch(/^ {2}drift: report$/m);
    // The line is gone from the file, so the field goes back to its default.
    await slipway(['apply', '-f', file]);
    expect((await slipway(['get', 'cluster', 'one', '-o', 'yaml'])).out).toMatch(/^ {2}drift: heal$/m);
  });

  it('E29 stores nothing when one document is refused, and says where it is wrong', async () => {
    const shape = await write('shape.yaml', cluster('two', '  colour: red\n'));
    const wrong = await slipway(['apply', '-f', shape]);
    expect(wrong.code).toBe(1);
    expect(wrong.talk).toContain(`${shape}:6: spec.colour: there is no such field`);
    const second = await write('second.yaml', cluster('two') + cluster('three').replace('1.0.0', '9.9.9').replace(/^/, '---\n'));
    const refused = await slipway(['apply', '-f', second]);
    expect(refused.code).toBe(1);
    expect(refused.talk).toMatch(/second\.yaml:11: spec\.profile/);
    expect((await slipway(['get', 'cluster', 'two'])).code).toBe(4);
  });

  it('E29 scales with a plan and asks before it deletes', async () => {
    const scaled = await slipway(['scale', 'pool', 'workers', '2']);
    expect(scaled).toMatchObject({ code: 0, out: 'machinepool/one-workers scaled from 1 to 2\n' });
    expect((await slipway(['scale', 'pool', 'nothing', '2'])).code).toBe(4);
    const unasked = await slipway(['delete', 'pool', 'one-workers']);
    expect(unasked).toMatchObject({ code: 2, out: '' });
    expect(unasked.talk).toContain('add --yes');
    expect((await slipway(['get', 'pool', 'one-workers'])).code).toBe(0);
    expect((await slipway(['delete', 'pool', 'one-workers', '--yes'])).code).toBe(0);
  });

  it('E29 shows the plan of an upgrade and does nothing without a yes', async () => {
    const asked = await slipway(['upgrade', 'cluster', 'one', '--profile', 'starter@1.1.0']);
    expect(asked.code).toBe(2);
    expect(asked.talk).toMatch(/v1\.36\.3/);
    expect((await slipway(['get', 'cluster', 'one'])).out).toMatch(/starter@1\.0\.0/);
    expect((await slipway(['upgrade', 'cluster', 'one', '--profile', 'nonsense'])).code).toBe(2);
  });

  it('E30 says cause, next step and request id, with documented exit codes', async () => {
    const missing = await slipway(['get', 'cluster', 'nope']);
    expect(missing.code).toBe(4);
    expect(missing.talk).toMatch(/^error: .*"nope".*\(request [\w-]+\)\n/);
    expect((await slipway(['gett'])).talk).toMatch(/Did you mean get\?/);
    expect((await slipway(['gett'])).code).toBe(2);
    expect((await slipway(['get', 'clusterz'])).talk).toMatch(/Did you mean "clusters"\?/);
    expect((await slipway(['create', 'cluster', 'one'])).code).toBe(5);
    expect((await slipway(['wait', 'cluster', 'one', '--timeout', '300ms'])).code).toBe(6);
    expect((await slipway(['get', 'clusters'], { env: { SLIPWAY_TOKEN: 'swt_wrong' } })).code).toBe(3);
    const nobody = await slipway(['get', 'clusters'], { env: { SLIPWAY_CONFIG: join(folder, 'none.yaml') } });
    expect(nobody).toMatchObject({ code: 3, talk: expect.stringContaining('slipway login') });
    const [port = 0] = await freePorts(1);
    const away = await slipway(['get', 'clusters'], {
      env: { SLIPWAY_CONFIG: join(folder, 'none.yaml'), SLIPWAY_SERVER: `https://127.0.0.1:${port}` },
    });
    expect(away).toMatchObject({ code: 1, talk: expect.stringMatching(/cannot be reached/) });
  });

  it('acts in another tenant, answers can-i with the rule behind it, and makes keys that are their service account', async () => {
    const folderFile = join(folder, 'tenancy.yaml');
    const objects = [
      { kind: 'User', metadata: { name: 'alice' }, spec: { email: 'alice@example.com' } },
      { kind: 'Team', metadata: { name: 'shop' }, spec: { members: ['alice'] } },
      {
        kind: 'RoleBinding',
        metadata: { name: 'shop' },
        spec: { role: 'project-editor', subjects: [{ kind: 'Team', name: 'shop' }], projects: ['default'] },
      },
      { kind: 'ServiceAccount', metadata: { name: 'ci' }, spec: {} },
      {
        kind: 'RoleBinding',
        metadata: { name: 'ci' },
        spec: { role: 'project-viewer', subjects: [{ kind: 'ServiceAccount', project: 'default', name: 'ci' }] },
      },
    ];
    await writeFile(folderFile, objects.map((object) => JSON.stringify({ apiVersion: 'slipway.dev/v1', ...object })).join('\n---\n'));
    await writeFile(join(folder, 'tenant.yaml'), 'apiVersion: slipway.dev/v1\nkind: Tenant\nmetadata: {name: acme}\nspec: {}\n');
    expect(await slipway(['apply', '-f', join(folder, 'tenant.yaml')])).toMatchObject({ code: 0 });
    expect(await slipway(['apply', '-f', folderFile, '--tenant', 'acme'])).toMatchObject({ code: 0 });
    expect((await slipway(['get', 'users', '-o', 'name'])).out).toBe('user/admin\n');
    expect((await slipway(['get', 'users', '-o', 'name', '--tenant', 'acme'])).out).toBe('user/alice\n');
    expect((await slipway(['get', 'users', '--tenant', 'nosuch'])).code).not.toBe(0);
    expect((await slipway(['whoami', '--tenant', 'acme'])).out).toContain('Tenant:   acme (you are from default)');
    const yes = await slipway(['can-i', 'delete', 'clusters', '--explain']);
    expect([yes.code, yes.out]).toEqual([
      0,
      'yes: role "system-admin" by binding "system-admin-admin" of user "admin" of tenant "default"\n',
    ]);
    const made = await slipway(['apikey', 'create', 'ci', '--service-account', 'ci', '--ttl', '30d', '--tenant', 'acme']);
    expect(made.code, made.talk).toBe(0);
    const asCi = { env: { SLIPWAY_TOKEN: made.out.trim() } };
    expect((await slipway(['whoami'], asCi)).out).toContain('serviceaccount:default:ci');
    const no = await slipway(['can-i', 'delete', 'cluster', 'prod', '--explain'], asCi);
    expect([no.code, no.out]).toEqual([
      1,
      expect.stringContaining(
        'no: no role of yours allows delete on clusters in project "default"; one of these roles would: cluster-admin',
      ),
    ]);
    expect((await slipway(['get', 'tenants'], asCi)).code).not.toBe(0);
    const next = await slipway(['apikey', 'rotate', 'ci', '--tenant', 'acme']);
    expect((await slipway(['whoami'], asCi)).code).not.toBe(0);
    expect((await slipway(['whoami'], { env: { SLIPWAY_TOKEN: next.out.trim() } })).code).toBe(0);
  });

  it('follows changes as they happen', async () => {
    const watching = spawn(process.execPath, [cliMain, 'get', 'projects', '-w', '-o', 'name'], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let seen = '';
    watching.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString('utf8')));
    await waitFor(() => seen.includes('project/default'), { what: 'the first list', timeoutMs: 10_000, intervalMs: 50 });
    await slipway(['create', 'project', 'payments']);
    await waitFor(() => seen.includes('project/payments'), { what: 'the change', timeoutMs: 5_000, intervalMs: 50 });
    watching.kill('SIGINT');
    expect(await new Promise((resolve) => watching.once('close', resolve))).toBe(130);
  });

  it('completes commands, nouns and live names', async () => {
    expect((await slipway(['completion', 'words'])).out.split('\n')).toContain('kubeconfig');
    expect((await slipway(['completion', 'words', '--', 'get', 'cluster'])).out).toBe('one\n');
    expect((await slipway(['completion', 'bash'])).out).toMatch(/complete .*-F _slipway slipway/);
  });

  it('prints a kubeconfig that names the hub and carries the caller', async () => {
    const path = join(folder, 'one.kubeconfig');
    expect((await slipway(['kubeconfig', 'one', '-o', path])).code).toBe(0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toContain(`server: ${server}/apis/slipway.dev/v1/namespaces/default/clusters/one/proxy`);
  });

  it('takes a Secret as Kubernetes writes it, rotates the key, tells who did what, and verifies the chain', async () => {
    const file = join(folder, 'secret.yaml');
    await writeFile(file, 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: hunter2\n');
    expect(await slipway(['apply', '-f', file])).toMatchObject({ code: 0, out: expect.stringContaining('secret/db') });
    expect((await slipway(['get', 'secret', 'db', '-o', 'json'])).out).not.toContain(Buffer.from('hunter2').toString('base64'));
    const rotated = await slipway(['keys', 'rotate']);
    expect(rotated).toMatchObject({ code: 0, out: expect.stringMatching(/1 secrets were wrapped anew/) });
    const [, , newest = ''] = (await slipway(['keys', 'list'])).out.split('\n');
    const old = newest.includes('older') ? newest.split(' ')[0] : (await slipway(['keys', 'list'])).out.split('\n')[1]?.split(' ')[0];
    expect((await slipway(['keys', 'retire', old ?? ''])).out).toContain(`${old} is forgotten`);
    expect(await slipway(['keys', 'retire', 'k-none'])).toMatchObject({ code: 1, talk: expect.stringContaining('There is no key') });

    const listed = await slipway(['audit', 'list', '--resource', 'secrets', '--verb', 'create', '-o', 'wide']);
    expect(listed.out).toMatch(/USER +VERB +OBJECT/);
    expect(listed.out).toMatch(/admin +create +secrets default\/db +ok +127\.0\.0\.1/);
    expect((await slipway(['audit', 'search', 'encryptionkeys'])).out).toMatch(/host +retire +encryptionkeys/);
    expect((await slipway(['audit', 'list', '--since', 'yesterday'])).code).toBe(2);
    const whole = await slipway(['audit', 'verify']);
    expect(whole).toMatchObject({ code: 0, out: expect.stringMatching(/Records 1 to \d+ are whole/) });
    expect((await slipway(['audit', 'verify'])).talk).toMatch(/Compared with record \d+/);

    const exported = join(folder, 'records.jsonl');
    expect((await slipway(['audit', 'export', exported])).talk).toMatch(/\d+ records written/);
    expect((await slipway(['audit', 'verify', '--file', exported])).code).toBe(0);
    const lines = (await readFile(exported, 'utf8')).trim().split('\n');
    for (const [wrong, word] of [
      [lines.toSpliced(3, 1), 'removed'],
      [lines.with(3, (lines[3] ?? '').replace('admin', 'adnim').replace('slipway', 'slypway')), 'changed'],
      [[...lines.slice(0, 3), lines[4], lines[3], ...lines.slice(5)], 'reordered'],
    ] as const) {
      await writeFile(exported, wrong.join('\n'));
      expect(await slipway(['audit', 'verify', '--file', exported]), word).toMatchObject({ code: 1, out: expect.stringContaining(word) });
    }
    // What this machine saw is the measure: a hub that shows another history is found out.
    const seen = join(folder, 'audit-heads.json');
    const before = await readFile(seen, 'utf8');
    await writeFile(seen, before.replace(/"hash": "[0-9a-f]{8}/, '"hash": "00000000'));
    expect(await slipway(['audit', 'verify'])).toMatchObject({ code: 1, out: expect.stringContaining('rewritten') });
    await writeFile(seen, before.replace(/"seq": \d+/, '"seq": 999999'));
    expect(await slipway(['audit', 'verify'])).toMatchObject({ code: 1, out: expect.stringContaining('truncated') });
    await writeFile(seen, before.replace(/"[0-9a-f]{16}": "-----BEGIN/, '"0000000000000000": "-----BEGIN'));
    expect(await slipway(['audit', 'verify'])).toMatchObject({ code: 1, talk: expect.stringContaining('another key') });
  }, 180_000);
});
