import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, waitFor } from '@slipway/kit';
import { registryKind } from '@slipway/model';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubeconfigOf, startTestHub, type TestHub } from './testing/test-hub.ts';

const MANIFEST = `
apiVersion: slipway.dev/v1
kind: Registry
metadata: {name: charts, labels: {team: a}}
spec: {type: helm, url: "https://charts.example.com"}
---
apiVersion: slipway.dev/v1
kind: Project
metadata: {name: blue}
spec: {displayName: Blue}
---
apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: dev, namespace: blue}
spec:
  profile: {name: starter, version: 1.0.0}
---
apiVersion: slipway.dev/v1
kind: MachinePool
metadata: {name: dev-workers, namespace: blue}
spec: {cluster: dev, replicas: 1}
`;

describe('the real kubectl against the hub', () => {
  let test: TestHub;
  let directory: string;
  let env: NodeJS.ProcessEnv;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-kubectl-'));
    await symlink(testTool('hyperkube'), join(directory, 'kubectl'));
    test = await startTestHub();
    await writeFile(join(directory, 'config'), JSON.stringify(kubeconfigOf(test)), { mode: 0o600 });
    await writeFile(join(directory, 'all.yaml'), MANIFEST);
    // A home of its own, so that discovery is not read from somebody's cache.
    env = { ...process.env, KUBECONFIG: join(directory, 'config'), HOME: directory };
  }, 120_000);
  afterAll(async () => {
    for (const child of children) child.kill();
    await test?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const kubectl = async (...args: string[]): Promise<string> =>
    (await run(join(directory, 'kubectl'), args, { env, cwd: directory, timeoutMs: 60_000 })).stdout;
  const refused = (...args: string[]): Promise<string> =>
    run(join(directory, 'kubectl'), args, { env, cwd: directory, timeoutMs: 60_000 }).then(
      ({ stdout }) => `not refused: ${stdout}`,
      (error: Error) => error.message,
    );

  it('discovers: api-resources, api-versions, explain, version', async () => {
    const resources = await kubectl('api-resources', '--api-group=slipway.dev', '-o', 'wide');
    for (const word of ['clusters', 'machinepools', 'pool,pools,mp', 'slipway.dev/v1', 'ClusterProfile', 'deletecollection'])
      expect(resources).toContain(word);
    expect(await kubectl('api-versions')).toContain('slipway.dev/v1');
    const explained = await kubectl('explain', 'machinepool.spec');
    for (const word of ['replicas', '-required-', 'taints', '<integer>']) expect(explained).toContain(word);
    expect(await kubectl('explain', 'clusters', '--recursive')).toContain('controlPlane');
    expect(await kubectl('version')).toContain('slipway');
  });

  it('says who one is and what one may do', async () => {
    expect(await kubectl('explain', 'secret.data')).toContain('never shown');
    expect(await kubectl('auth', 'whoami')).toMatch(/Username\s+admin/);
    expect(await kubectl('auth', 'can-i', 'delete', 'clusters', '-n', 'blue')).toContain('yes');
    expect(await kubectl('auth', 'can-i', '--list', '-n', 'blue')).toMatch(/\*\.\*\s+\[\]\s+\[\]\s+\[\*\]/);
  });

  it('lists the built-in roles, which nobody changes', async () => {
    expect(await kubectl('get', 'roles.slipway.dev')).toMatch(
      /^NAME +LEVEL +BUILT IN +RULES +DESCRIPTION.*\n(?:.*\n)*tenant-admin +tenant +true /,
    );
    expect(await kubectl('get', 'roles.slipway.dev', 'project-viewer', '-o', 'jsonpath={.spec.level}')).toBe('project');
    expect(await refused('delete', 'roles.slipway.dev', 'tenant-admin')).toContain('is built in and cannot be deleted');
    const patch = ['-p', '{"spec":{"description":"x"}}', '--type=merge'];
    expect(await refused('patch', 'roles.slipway.dev', 'tenant-admin', ...patch)).toContain('name of a built-in role');
    // System roles are bound in the tenant of the operators only.
    expect(await refused('get', 'roles.slipway.dev', 'system-admin')).toContain('not found');
  });

  it('creates tokens of service accounts', async () => {
    const account = { apiVersion: 'slipway.dev/v1', kind: 'ServiceAccount', metadata: { name: 'ci', namespace: 'default' }, spec: {} };
    await writeFile(join(directory, 'account.json'), JSON.stringify(account));
    await kubectl('apply', '-f', 'account.json');
    const token = (await kubectl('create', 'token', 'ci', '--duration=20m')).trim();
    expect(token).toMatch(/^swt_/);
    const me = await kubectl('--token', token, 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}');
    expect(me).toBe('serviceaccount:default:ci');
    const request = JSON.parse(await kubectl('create', 'token', 'ci', '-o', 'json'));
    expect(request).toMatchObject({ kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { expirationSeconds: 3600 } });
    expect(Date.parse(request.status.expirationTimestamp) - Date.now()).toBeGreaterThan(3_000_000);
    expect(await refused('create', 'token', 'ci', '--duration=48h')).toContain('from 600 to 86400');
    expect(await refused('create', 'token', 'ci', '--audience=elsewhere')).toContain('spec.audiences');
    expect(await refused('create', 'token', 'nobody')).toContain('not found');
    await kubectl('delete', 'serviceaccounts.slipway.dev', 'ci');
    expect(await refused('--token', token, 'auth', 'whoami')).toMatch(/Unauthorized|valid token/);
  });

  it('applies, applies again, shows differences, in dependency order of one file', async () => {
    expect((await kubectl('apply', '-f', 'all.yaml')).match(/created/g)).toHaveLength(4);
    expect((await kubectl('apply', '-f', 'all.yaml')).match(/unchanged/g)).toHaveLength(4);
    await writeFile(join(directory, 'changed.yaml'), MANIFEST.replace('team: a', 'team: b').replace('replicas: 1', 'replicas: 2'));
    const difference = await run(join(directory, 'kubectl'), ['diff', '-f', 'changed.yaml'], { env, cwd: directory, allow: [1] });
    expect(difference.stdout).toContain('+  replicas: 2');
    expect((await kubectl('apply', '-f', 'changed.yaml')).match(/configured/g)).toHaveLength(2);
    expect(await kubectl('apply', '-f', 'all.yaml', '--dry-run=server')).toContain('configured (server dry run)');
    expect(await kubectl('get', 'machinepool', 'dev-workers', '-n', 'blue', '-o', 'jsonpath={.spec.replicas}')).toBe('2');
  });

  it('server-side applies with field managers and conflicts', async () => {
    const own = 'apiVersion: slipway.dev/v1\nkind: Registry\nmetadata: {name: ssa}\nspec: {type: helm, url: "https://one.example.com"}\n';
    await writeFile(join(directory, 'ssa.yaml'), own);
    await writeFile(join(directory, 'ssa2.yaml'), own.replace('one', 'two'));
    expect(await kubectl('apply', '--server-side', '--field-manager=one', '-f', 'ssa.yaml')).toContain('serverside-applied');
    expect(await refused('apply', '--server-side', '--field-manager=two', '-f', 'ssa2.yaml')).toMatch(
      /conflict with "one": \.spec\.url\n[^]*other managers/,
    );
    await kubectl('apply', '--server-side', '--field-manager=two', '--force-conflicts', '-f', 'ssa2.yaml');
    const shown = await kubectl('get', 'registry', 'ssa', '-o', 'yaml', '--show-managed-fields');
    for (const word of ['manager: one', 'manager: two', 'https://two.example.com', 'f:url: {}']) expect(shown).toContain(word);
  });

  it('gets in every form', async () => {
    expect(await kubectl('get', 'ns')).toMatch(/blue\s+Active/);
    const table = await kubectl('get', 'clusters', '-A');
    expect(table).toMatch(/NAMESPACE\s+NAME\s+STATUS\s+PROFILE/);
    expect(table).toMatch(/blue\s+dev\s+\w+\s+starter@1\.0\.0/);
    expect(await kubectl('get', 'cluster', 'dev', '-n', 'blue', '-o', 'wide')).toContain('MESSAGE');
    expect(JSON.parse(await kubectl('get', 'mp', 'dev-workers', '-n', 'blue', '-o', 'json')).kind).toBe('MachinePool');
    expect(await kubectl('get', 'registries', '-l', 'team=b', '-o', 'name')).toBe('registry.slipway.dev/charts\n');
    expect(await kubectl('get', 'slipway', '-n', 'blue', '-o', 'name')).toContain('cluster.slipway.dev/dev');
    expect(await kubectl('get', 'machinepools', '-n', 'blue', '--field-selector', 'spec.cluster=dev', '-o', 'name')).toContain(
      'dev-workers',
    );
    expect(await kubectl('get', 'registries', '--chunk-size=1', '-o', 'name')).toContain('registry.slipway.dev/builtin');
    expect(await refused('get', 'cluster', 'none', '-n', 'blue')).toContain('NotFound');
    const described = await kubectl('describe', 'cluster', 'dev', '-n', 'blue');
    expect(described).toContain('API Version:  slipway.dev/v1');
    expect(described).toContain('Events:');
  });

  it('prints what is asked for in every output form', async () => {
    const get = (form: string, ...more: string[]) => kubectl('get', 'mp', 'dev-workers', '-n', 'blue', '-o', form, ...more);
    expect(await get('yaml')).toContain('kind: MachinePool');
    expect(await get('jsonpath={.spec.cluster}')).toBe('dev');
    expect(JSON.parse(await get('jsonpath-as-json={.spec.cluster}'))).toEqual(['dev']);
    expect(await get('go-template={{.spec.replicas}}')).toBe('2');
    expect(await get('custom-columns=POOL:.metadata.name,OF:.spec.cluster')).toMatch(/POOL\s+OF\ndev-workers\s+dev/);
    expect(await get('name')).toBe('machinepool.slipway.dev/dev-workers\n');
    expect(await get('wide', '--show-labels')).toContain('<none>');
    expect(await kubectl('get', 'mp', '-n', 'blue', '--sort-by=.metadata.name')).toContain('dev-workers');
  });

  it('keeps Secrets as Kubernetes does: created in protobuf, applied both ways, listed, and never read back', async () => {
    expect(await kubectl('create', 'secret', 'generic', 'made', '-n', 'blue', '--from-literal=token=hidden-1')).toContain(
      'secret/made created',
    );
    const file = join(directory, 'secret.yaml');
    const written = (value: string) =>
      writeFile(file, `apiVersion: v1\nkind: Secret\nmetadata: {name: kept, namespace: blue}\nstringData: {token: ${value}}\n`);
    await written('hidden-2');
    expect(await kubectl('apply', '--server-side', '-f', file)).toContain('secret/kept serverside-applied');
    await written('hidden-3');
    expect(await kubectl('apply', '--server-side', '-f', file)).toContain('serverside-applied');
    expect(await kubectl('get', 'secrets', '-n', 'blue')).toMatch(/NAME[^]*kept\s+[^]*made\s+/);
    const shown = await kubectl('get', 'secret', 'made', 'kept', '-n', 'blue', '-o', 'yaml');
    for (const value of ['hidden-1', 'hidden-2', 'hidden-3']) {
      expect(shown).not.toContain(value);
      expect(shown).not.toContain(Buffer.from(value).toString('base64'));
    }
    expect(shown).toContain('token:');
    expect(await kubectl('describe', 'secret', 'made', '-n', 'blue')).toContain('token:');
    await kubectl('patch', 'secret', 'made', '-n', 'blue', '-p', '{"stringData":{"more":"hidden-4"}}');
    expect(await kubectl('get', 'secret', 'made', '-n', 'blue', '-o', 'go-template={{len .data}}')).toBe('2');
    await kubectl('delete', 'secret', 'made', 'kept', '-n', 'blue', '--timeout=20s');
  });

  it('patches, labels, annotates and edits with a scripted editor', async () => {
    await kubectl('patch', 'mp', 'dev-workers', '-n', 'blue', '--type=merge', '-p', '{"spec":{"replicas":3}}');
    await kubectl('patch', 'mp', 'dev-workers', '-n', 'blue', '--type=json', '-p', '[{"op":"replace","path":"/spec/replicas","value":4}]');
    expect(await kubectl('get', 'mp', 'dev-workers', '-n', 'blue', '-o', 'jsonpath={.spec.replicas}')).toBe('4');
    await kubectl('label', 'registry', 'charts', 'x=y');
    await kubectl('annotate', 'registry', 'charts', 'note=hello');
    expect(await refused('label', 'registry', 'charts', 'x=z')).toContain('already has a value');
    await kubectl('label', 'registry', 'charts', 'x-');
    await writeFile(join(directory, 'editor.sh'), '#!/bin/sh\nsed -i "s#charts.example.com#edited.example.com#" "$1"\n', { mode: 0o755 });
    await run(join(directory, 'kubectl'), ['edit', 'registry', 'charts'], { env: { ...env, KUBE_EDITOR: join(directory, 'editor.sh') } });
    expect((await test.client.get({ kind: registryKind, name: 'charts' })).spec).toMatchObject({ url: 'https://edited.example.com' });
  });

  it('refuses what is wrong with the field and what would be right', async () => {
    await writeFile(
      join(directory, 'wrong.yaml'),
      'apiVersion: slipway.dev/v1\nkind: MachinePool\nmetadata: {name: w, namespace: blue}\nspec: {cluster: dev, replica: 1}\n',
    );
    expect(await refused('apply', '-f', 'wrong.yaml')).toContain('unknown field "spec.replica" (did you mean "replicas"?)');
    expect(await refused('patch', 'mp', 'dev-workers', '-n', 'blue', '--type=merge', '-p', '{"spec":{"replicas":-1}}')).toContain(
      'spec.replicas: Invalid value',
    );
    expect(await refused('delete', 'project', 'default')).toContain('Forbidden');
  });

  it('waits, watches and deletes', async () => {
    await kubectl('create', '-f', await manifest('short', 'Registry'));
    expect(await kubectl('wait', '--for=jsonpath={.spec.type}=builtin', 'registry/short', '--timeout=10s')).toContain('condition met');
    const watch = spawn(join(directory, 'kubectl'), ['get', 'registries', '-w', '--no-headers', '--output-watch-events'], { env });
    children.push(watch);
    let seen = '';
    watch.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    await waitFor(() => /ADDED\s+short/.test(seen), { what: 'the first list of the watch', timeoutMs: 20_000, intervalMs: 50 });
    await kubectl('label', 'registry', 'short', 'w=1');
    await waitFor(() => /MODIFIED\s+short/.test(seen), { what: 'the change', timeoutMs: 10_000, intervalMs: 50 });
    // Without --wait=false: kubectl itself watches until it is gone.
    await kubectl('delete', 'registry', 'short', '--timeout=20s');
    await waitFor(() => /DELETED\s+short/.test(seen), { what: 'the deletion', timeoutMs: 10_000, intervalMs: 50 });
    const waiting = kubectl('wait', '--for=delete', 'registry/charts', '--timeout=20s');
    await kubectl('delete', 'registry', 'charts', '--wait=false');
    await waiting;
    await kubectl('delete', 'registries', '-l', 'none=none');
    expect(await kubectl('get', 'registries', '-o', 'name')).not.toContain('charts');
  });

  it('deletes what belongs to an object: after it, before it, or not at all', async () => {
    const uidOf = (name: string) => kubectl('get', 'registry', name, '-o', 'jsonpath={.metadata.uid}');
    const child = async (name: string, owner: string) => {
      const own = { apiVersion: 'slipway.dev/v1', kind: 'Registry', name: owner, uid: await uidOf(owner), blockOwnerDeletion: true };
      const object = {
        apiVersion: 'slipway.dev/v1',
        kind: 'Registry',
        metadata: { name, ownerReferences: [own] },
        spec: { type: 'builtin' },
      };
      await writeFile(join(directory, `${name}.json`), JSON.stringify(object));
      await kubectl('create', '-f', join(directory, `${name}.json`));
    };
    for (const cascade of ['background', 'foreground', 'orphan']) {
      await kubectl('create', '-f', await manifest(`owner-${cascade}`, 'Registry'));
      await child(`child-${cascade}`, `owner-${cascade}`);
      await kubectl('delete', 'registry', `owner-${cascade}`, `--cascade=${cascade}`, '--timeout=20s');
      if (cascade === 'background') await kubectl('wait', '--for=delete', 'registry/child-background', '--timeout=20s');
    }
    const left = await kubectl('get', 'registries', '-o', 'name');
    expect(['background', 'foreground', 'orphan'].map((cascade) => left.includes(`child-${cascade}`))).toEqual([false, false, true]);
    expect(await refused('delete', 'registry', 'child-orphan', '--cascade=sideways')).toContain('invalid cascade value');
  });

  it('creates with a generated name, and replaces', async () => {
    const file = join(directory, 'generated.yaml');
    await writeFile(file, 'apiVersion: slipway.dev/v1\nkind: Registry\nmetadata: {generateName: gen-}\nspec: {type: builtin}\n');
    expect(await kubectl('create', '-f', file)).toMatch(/registry\.slipway\.dev\/gen-\w{5} created/);
    await kubectl('create', '-f', await manifest('replaced', 'Registry'));
    await writeFile(
      file,
      (await readFile(join(directory, 'replaced.yaml'), 'utf8')).replace(
        'spec: {type: builtin}',
        'spec: {type: helm, url: "https://r.example.com"}',
      ),
    );
    await kubectl('replace', '-f', file);
    expect(await kubectl('get', 'registry', 'replaced', '-o', 'jsonpath={.spec.url}')).toBe('https://r.example.com');
  });

  async function manifest(name: string, kind: string): Promise<string> {
    const file = join(directory, `${name}.yaml`);
    await writeFile(file, `apiVersion: slipway.dev/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: {type: builtin}\n`);
    return file;
  }
});
