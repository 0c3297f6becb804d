import { type ApiClient, createApiClient } from '@slipway/api';
import { SlipwayError, waitFor } from '@slipway/kit';
import {
  type AccessRequest,
  apiKeyKind,
  type ApiObject,
  clusterKind,
  findKind,
  type Kind,
  type NewObject,
  projectKind,
  projectRoleBindingKind,
  registryKind,
  roleBindingKind,
  roleKind,
  serviceAccountKind,
  teamKind,
  tenantKind,
  userKind,
} from '@slipway/model';
import { testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub, type TestHub } from './testing/test-hub.ts';

const user = (name: string) => ({ kind: 'User', metadata: { name }, spec: {} });
const bind = (name: string, role: string, subject: object, rest: object = {}) => ({
  kind: 'RoleBinding',
  metadata: { name },
  spec: { role, subjects: [subject], ...rest },
});
const quotaKind = findKind('quota') as Kind;
const tenantQuotaKind = findKind('tenantquota') as Kind;
const alice = { kind: 'User', name: 'alice' };

describe.each(testEngines)('tenants, roles and keys over HTTPS on %s', (engine) => {
  let test: TestHub;
  const clients: ApiClient[] = [];
  const open = (token: string, tenant?: string): ApiClient => {
    const client = createApiClient({ server: test.url, ca: test.hub.ca, token, tenant, userAgent: 'slipway-test' });
    clients.push(client);
    return client;
  };
  const signedIn = async (tenant: string, name: string) => open((await test.hub.identity.issueToken({ tenant, name })).token);
  const admin = (tenant: string) => open(test.token, tenant);
  const refusal = async (promise: Promise<unknown>): Promise<SlipwayError> => {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SlipwayError);
    return error as SlipwayError;
  };
  const canI = async (client: ApiClient, wanted: Partial<AccessRequest>) => {
    const { project, ...rest } = { group: 'slipway.dev', resource: 'clusters', verb: 'get', ...wanted };
    const body = { spec: { resourceAttributes: { ...rest, ...(project === undefined ? {} : { namespace: project }) } } };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    return (await client.request<{ status: { allowed: boolean; reason: string } }>(path, { method: 'POST', body })).status;
  };

  beforeAll(async () => {
    test = await startTestHub(engine);
    for (const name of ['acme', 'globex']) await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name }, spec: {} });
    for (const tenant of ['acme', 'globex']) {
      const client = admin(tenant);
      for (const name of ['alice', 'bob', 'carol']) await client.create(userKind, user(name));
      await client.create(roleBindingKind, bind('admins', 'tenant-admin', alice));
      await client.create(projectKind, { kind: 'Project', metadata: { name: 'shop' }, spec: {} });
    }
  }, 90_000);
  afterAll(async () => {
    for (const client of clients) client.close();
    await test.stop();
  });

  it('a new tenant has what every tenant starts with, and nobody of another one in it', async () => {
    const acme = await signedIn('acme', 'alice');
    expect((await acme.list(projectKind)).items.map((item) => item.metadata.name)).toEqual(['default', 'shop']);
    expect((await acme.list(userKind)).items.map((item) => item.metadata.name)).toEqual(['alice', 'bob', 'carol']);
    await acme.create(projectKind, { kind: 'Project', metadata: { name: 'secret-plans' }, spec: {} });
    const globex = await signedIn('globex', 'alice');
    expect(await globex.find({ kind: projectKind, name: 'secret-plans' })).toBeUndefined();
    // The same name is free there.
    await globex.create(projectKind, { kind: 'Project', metadata: { name: 'secret-plans' }, spec: {} });
  });

  it('a tenant never learns that another exists: the same answer for one that is there and one that is not', async () => {
    const { token } = await test.hub.identity.issueToken({ tenant: 'acme', name: 'alice' });
    const answers = await Promise.all(
      ['globex', 'nosuch', 'system', 'default'].map(async (tenant) => {
        const client = open(token, tenant);
        const told = [];
        for (const path of [
          '/apis',
          '/apis/slipway.dev/v1/projects',
          '/apis/slipway.dev/v1/namespaces/shop/clusters/x',
          '/api/v1/namespaces',
          '/version1',
        ]) {
          const { code, message } = await refusal(client.text(path));
          told.push([path, code, message.replaceAll(tenant, '<tenant>')]);
        }
        return told;
      }),
    );
    expect(answers[0]?.[1]).toEqual(['/apis/slipway.dev/v1/projects', 'NotFound', 'tenants.slipway.dev "<tenant>" not found']);
    for (const answer of answers.slice(1)) expect(answer).toEqual(answers[0]);
    for (const kind of [tenantKind]) expect((await refusal(open(token).list(kind))).code).toBe('Forbidden');
    expect(await refusal(open(token).get({ kind: tenantKind, name: 'globex' }))).toMatchObject({ code: 'Forbidden' });
    // Its own, by name, is the same as without.
    expect((await open(token, 'acme').list(projectKind)).items).toEqual((await open(token).list(projectKind)).items);
  });

  it('project roles reach their project, and show of the tenant what is for all', async () => {
    const acme = admin('acme');
    await acme.create(roleBindingKind, bind('bob-shop', 'project-editor', { kind: 'User', name: 'bob' }, { projects: ['shop'] }));
    const bob = await signedIn('acme', 'bob');
    expect((await bob.list(projectKind)).items.map((item) => item.metadata.name)).toEqual(['shop']);
    const namespaces = await bob.request<{ items: ApiObject[] }>('/api/v1/namespaces');
    expect(namespaces.items.map((item) => item.metadata.name)).toEqual(['shop']);
    expect((await bob.list(clusterKind, { project: 'shop' })).items).toEqual([]);
    expect((await bob.list(registryKind)).items.map((item) => item.metadata.name)).toContain('builtin');
    for (const project of ['default', 'no-such-project']) {
      const told = await refusal(bob.list(clusterKind, { project }));
      expect([told.code, told.message.replaceAll(project, '<p>')]).toEqual([
        'Forbidden',
        expect.stringContaining('cannot list clusters in project "<p>"'),
      ]);
    }
    const hidden = await refusal(bob.get({ kind: projectKind, name: 'default' }));
    const absent = await refusal(bob.get({ kind: projectKind, name: 'nothing' }));
    expect(hidden.message.replaceAll('default', '<p>')).toBe(absent.message.replaceAll('nothing', '<p>'));
    expect((await refusal(bob.create(registryKind, { kind: 'Registry', metadata: { name: 'r' }, spec: { type: 'builtin' } }))).code).toBe(
      'Forbidden',
    );
  });

  it('says what is missing and who can grant it', async () => {
    const carol = await signedIn('acme', 'carol');
    const told = await canI(carol, { verb: 'delete', project: 'shop', name: 'x' });
    expect(told).toMatchObject({ allowed: false });
    expect(told.reason).toBe(
      'no role of yours allows delete on clusters in project "shop"; one of these roles would: cluster-admin, project-admin, project-editor, tenant-admin; user "alice" can grant it',
    );
    const alices = await signedIn('acme', 'alice');
    expect(await canI(alices, { verb: 'delete', project: 'shop' })).toEqual({
      allowed: true,
      reason: 'role "tenant-admin" by binding "admins" of user "alice"',
    });
    expect(await canI(alices, { verb: 'get', resource: 'tenants' })).toMatchObject({ allowed: false });
  });

  it('rules of a project are those that count there', async () => {
    const bob = await signedIn('acme', 'bob');
    const rules = async (namespace: string) => {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
      const { status } = await bob.request<{ status: { resourceRules: { resources: string[]; verbs: string[] }[] } }>(path, {
        method: 'POST',
        body: { spec: { namespace } },
      });
      return status.resourceRules.filter((rule) => rule.resources.includes('clusters') && rule.verbs.includes('create')).length;
    };
    expect([await rules('shop'), await rules('default')]).toEqual([1, 0]);
  });

  it('nobody grants what they do not hold, by no way', async () => {
    const acme = admin('acme');
    await acme.create(projectRoleBindingKind, {
      kind: 'ProjectRoleBinding',
      metadata: { name: 'carol', namespace: 'shop' },
      spec: { role: 'project-admin', subjects: [{ kind: 'User', name: 'carol' }] },
    });
    await acme.create(roleBindingKind, bind('carol-people', 'user-admin', { kind: 'User', name: 'carol' }));
    await acme.create(roleBindingKind, bind('carol-roles', 'role-admin', { kind: 'User', name: 'carol' }));
    await acme.create(teamKind, { kind: 'Team', metadata: { name: 'bosses' }, spec: {} });
    await acme.create(roleBindingKind, bind('bosses', 'tenant-admin', { kind: 'Team', name: 'bosses' }));
    await acme.create(roleBindingKind, bind('ghost', 'tenant-admin', { kind: 'ServiceAccount', project: 'shop', name: 'ghost' }));
    const carol = await signedIn('acme', 'carol');
    const self = { kind: 'User', name: 'carol' };
    const everything = { level: 'tenant', rules: [{ resources: ['*'], verbs: ['*'] }] };
    const attempts: [string, () => Promise<unknown>][] = [
      ['bind a wider role', () => carol.create(roleBindingKind, bind('up', 'tenant-admin', self))],
      ['bind a system role', () => carol.create(roleBindingKind, bind('up', 'system-admin', self))],
      ['bind her role in every project', () => carol.create(roleBindingKind, bind('up', 'project-admin', self))],
      ['bind it in another project', () => carol.create(roleBindingKind, bind('up', 'project-admin', self, { projects: ['default'] }))],
      ['write a role', () => carol.create(roleKind, { kind: 'Role', metadata: { name: 'mine' }, spec: everything })],
      ['join a team', () => carol.patch({ kind: teamKind, name: 'bosses' }, { spec: { members: ['carol'] } })],
      [
        'join a team by apply',
        () =>
          carol.apply(
            teamKind,
            { kind: 'Team', metadata: { name: 'bosses' }, spec: { members: ['carol'] } },
            { fieldManager: 'x', force: true },
          ),
      ],
      ['revive an account that bindings still name', () => carol.create(serviceAccountKind, account('ghost'))],
      ['make a key of the admin', () => carol.create(apiKeyKind, key('theft', { kind: 'User', name: 'alice' }))],
    ];
    for (const [what, attempt] of attempts) expect((await refusal(attempt())).code, what).toMatch(/Forbidden|Invalid/);
    // What she holds she may give.
    const given = { role: 'project-viewer', subjects: [{ kind: 'User', name: 'bob' }] };
    await carol.create(projectRoleBindingKind, { kind: 'ProjectRoleBinding', metadata: { name: 'bob', namespace: 'shop' }, spec: given });
    await carol.create(roleBindingKind, bind('bob-too', 'project-viewer', { kind: 'User', name: 'bob' }, { projects: ['shop'] }));
    expect((await refusal(carol.patch({ kind: roleBindingKind, name: 'bob-too' }, { spec: { projects: ['shop', 'default'] } }))).code).toBe(
      'Forbidden',
    );
    expect((await refusal(carol.create(roleKind, { kind: 'Role', metadata: { name: 'project-admin' }, spec: everything }))).code).toMatch(
      /Forbidden|Invalid/,
    );
  });

  it('a resource role reaches what carries its labels, and no more: not even that more is there', async () => {
    const acme = admin('acme');
    await acme.create(userKind, user('dora'));
    const rules = [{ resources: ['serviceaccounts'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] }];
    await acme.create(roleKind, { kind: 'Role', metadata: { name: 'robots' }, spec: { level: 'resource', rules } });
    await acme.create(
      roleBindingKind,
      bind('dora', 'robots', { kind: 'User', name: 'dora' }, { projects: ['shop'], selector: 'team=blue' }),
    );
    await acme.create(serviceAccountKind, account('blue', { team: 'blue' }));
    await acme.create(serviceAccountKind, account('red', { team: 'red' }));
    const dora = await signedIn('acme', 'dora');
    const names = async (project?: string) =>
      (await dora.list(serviceAccountKind, { project, pageSize: 1 })).items.map((item) => item.metadata.name);
    expect([await names('shop'), await names()]).toEqual([['blue'], ['blue']]);
    const page = await dora.request<{ metadata: object }>('/apis/slipway.dev/v1/namespaces/shop/serviceaccounts?limit=1');
    expect(page.metadata).not.toHaveProperty('remainingItemCount');
    const at = (name: string) => ({ kind: serviceAccountKind, project: 'shop', name });
    const [red, absent] = [await refusal(dora.get(at('red'))), await refusal(dora.get(at('nil')))];
    expect([red.code, red.message.replace('red', 'nil')]).toEqual(['NotFound', absent.message]);
    expect((await refusal(dora.delete(at('red')))).code).toBe('NotFound');
    expect((await refusal(dora.create(serviceAccountKind, account('new', { team: 'red' })))).code).toBe('Forbidden');
    expect((await refusal(dora.create(serviceAccountKind, account('new')))).code).toBe('Forbidden');
    await dora.create(serviceAccountKind, account('new', { team: 'blue' }));
    expect((await refusal(dora.patch(at('new'), { metadata: { labels: { team: 'red' } } }))).code).toBe('Forbidden');
    const can = (name: string) => canI(dora, { verb: 'delete', resource: 'serviceaccounts', project: 'shop', name });
    expect([(await can('new')).allowed, (await can('red')).allowed, (await can('nil')).allowed]).toEqual([true, false, false]);
    await dora.delete(at('new'));
  });

  it('a key is scoped, expires, is switched off and shows its last use; only its hash is kept', async () => {
    const acme = await signedIn('acme', 'alice');
    await acme.create(serviceAccountKind, account('ci'));
    await acme.create(
      roleBindingKind,
      bind('ci', 'project-editor', { kind: 'ServiceAccount', project: 'shop', name: 'ci' }, { projects: ['shop', 'default'] }),
    );
    const scope = { rules: [{ resources: ['clusters'], verbs: ['get', 'list'] }], projects: ['shop'] };
    await acme.create(apiKeyKind, key('ci', { kind: 'ServiceAccount', project: 'shop', name: 'ci' }, { scope }));
    const made = await acme.request<{ token: string }>('/apis/slipway.dev/v1/apikeys/ci/token', { method: 'POST', body: {} });
    const ci = open(made.token);
    const me = await ci.request<{ status: { userInfo: { username: string } } }>('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST',
      body: {},
    });
    expect(me.status.userInfo.username).toBe('serviceaccount:shop:ci');
    expect((await ci.list(clusterKind, { project: 'shop' })).items).toEqual([]);
    expect((await refusal(ci.list(clusterKind, { project: 'default' }))).message).toContain('scope of this key');
    expect((await refusal(ci.list(registryKind))).code).toBe('Forbidden');
    await expect
      .poll(async () => (await acme.get<ApiObject<unknown, { lastUsed?: string }>>({ kind: apiKeyKind, name: 'ci' })).status?.lastUsed)
      .toBeDefined();
    const next = await acme.request<{ token: string }>('/apis/slipway.dev/v1/apikeys/ci/token', { method: 'POST', body: {} });
    expect((await refusal(ci.list(clusterKind, { project: 'shop' }))).code).toBe('Unauthorized');
    const rotated = open(next.token);
    await rotated.list(clusterKind, { project: 'shop' });
    await acme.patch({ kind: apiKeyKind, name: 'ci' }, { spec: { expiresAt: '2020-01-01T00:00:00Z' } });
    expect((await refusal(rotated.list(clusterKind, { project: 'shop' }))).code).toBe('Unauthorized');
  });

  it.each([
    ['the user is disabled', (acme: ApiClient, name: string) => acme.patch({ kind: userKind, name }, { spec: { disabled: true } })],
    ['the user is removed', (acme: ApiClient, name: string) => acme.delete({ kind: userKind, name })],
    ['the binding is removed', (acme: ApiClient, name: string) => acme.delete({ kind: roleBindingKind, name })],
    [
      'the role is narrowed',
      (acme: ApiClient, name: string) =>
        acme.patch({ kind: roleKind, name }, { spec: { rules: [{ resources: ['users'], verbs: ['get'] }] } }),
    ],
    ['the team lets them go', (acme: ApiClient, name: string) => acme.patch({ kind: teamKind, name }, { spec: { members: [] } })],
    ['the token is revoked', (_acme: ApiClient, _name: string, id: string) => test.hub.identity.revoke(id)],
  ])('an open watch ends within 5 s when %s', async (what, end) => {
    const acme = admin('acme');
    const name = `w-${what.replaceAll(' ', '-')}`;
    await acme.create(userKind, user(name));
    await acme.create(teamKind, { kind: 'Team', metadata: { name }, spec: { members: [name] } });
    await acme.create(roleKind, {
      kind: 'Role',
      metadata: { name },
      spec: { level: 'tenant', rules: [{ resources: ['registries'], verbs: ['list', 'watch'] }] },
    });
    await acme.create(roleBindingKind, bind(name, name, { kind: 'Team', name }));
    const { id, token } = await test.hub.identity.issueToken({ tenant: 'acme', name });
    const client = open(token);
    const events = client.watch(registryKind, '0')[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
    const started = performance.now();
    await end(acme, name, id);
    while (!(await events.next()).done);
    expect(performance.now() - started).toBeLessThan(5000);
    expect((await refusal(client.list(registryKind))).code).toMatch(/Unauthorized|Forbidden/);
  });

  it('a tenant that is suspended lets nobody in; one with clusters is not deleted; an empty one goes with all its people', async () => {
    await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name: 'brief' }, spec: {} });
    const brief = admin('brief');
    await brief.create(userKind, user('zoe'));
    await brief.create(roleBindingKind, bind('zoe', 'tenant-admin', { kind: 'User', name: 'zoe' }));
    const zoe = await signedIn('brief', 'zoe');
    await zoe.list(projectKind);
    await test.client.patch({ kind: tenantKind, name: 'brief' }, { spec: { suspended: true } });
    expect((await refusal(zoe.list(projectKind))).code).toBe('Unauthorized');
    await test.client.patch({ kind: tenantKind, name: 'brief' }, { spec: { suspended: false } });
    await zoe.list(projectKind);
    await test.client.delete({ kind: tenantKind, name: 'brief' });
    expect((await refusal(zoe.list(projectKind))).code).toBe('Unauthorized');
    expect((await refusal(brief.list(projectKind))).code).toBe('NotFound');
    await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name: 'brief' }, spec: {} });
    expect((await brief.list(userKind)).items).toEqual([]);
    expect((await refusal(zoe.list(projectKind))).code).toBe('Unauthorized');
    expect((await refusal(test.client.delete({ kind: tenantKind, name: 'default' }))).code).toBe('Forbidden');
  });

  it('quotas: refused as Kubernetes does, shown with what is used, and not changed by those they hold', async () => {
    const acme = await signedIn('acme', 'alice');
    await acme.create(projectKind, { kind: 'Project', metadata: { name: 'quoted' }, spec: {} });
    await acme.create(roleBindingKind, bind('quoted-admins', 'project-admin', { kind: 'User', name: 'bob' }, { projects: ['quoted'] }));
    const quota = (name: string, spec: object) => ({ kind: 'Quota', metadata: { name }, spec });
    await refusal(acme.create(quotaKind, quota('wrong', { hard: { cluster: 1 } }))).then(({ code, causes }) => {
      expect(code).toBe('Invalid');
      expect(causes[0]).toMatchObject({
        field: 'spec.hard.cluster',
        message: expect.stringMatching(/is not counted; what is: .*clusters/),
      });
    });
    expect((await refusal(acme.create(quotaKind, quota('wrong', { project: 'nowhere', hard: {} })))).causes[0]?.field).toBe('spec.project');
    await acme.create(quotaKind, quota('shop', { project: 'quoted', hard: { serviceaccounts: 1 } }));
    const quoted = (name: string) => ({ ...account(name), metadata: { name, namespace: 'quoted' } });
    const bob = await signedIn('acme', 'bob');
    await bob.create(serviceAccountKind, quoted('one'));
    expect(await refusal(bob.create(serviceAccountKind, quoted('two')))).toMatchObject({
      code: 'Forbidden',
      message:
        'serviceaccounts.slipway.dev "two" is forbidden: exceeded quota: shop, requested: serviceaccounts=1, used: serviceaccounts=1, limited: serviceaccounts=1',
    });
    for (const attempt of [() => bob.list(quotaKind), () => bob.delete({ kind: quotaKind, name: 'shop' })])
      expect((await refusal(attempt())).code).toBe('Forbidden');
    // Not of this tenant to see or set, not even for its admins.
    expect((await refusal(acme.list(tenantQuotaKind))).code).toBe('Forbidden');
    await test.client.create(tenantQuotaKind, {
      kind: 'TenantQuota',
      metadata: { name: 'acme' },
      spec: { tenant: 'acme', hard: { serviceaccounts: 0 } },
    });
    await acme.delete({ kind: quotaKind, name: 'shop' });
    expect((await refusal(bob.create(serviceAccountKind, quoted('two')))).message).toMatch(/exceeded quota: acme, /);
    await test.client.delete({ kind: tenantQuotaKind, name: 'acme' });
    await bob.create(serviceAccountKind, quoted('two'));
    await acme.create(quotaKind, quota('bob', { user: 'bob', hard: { serviceaccounts: 5, projects: 0 } }));
    const shown = await waitFor(async () => (await acme.find({ kind: quotaKind, name: 'bob' }))?.status, {
      what: 'the status of the quota',
      timeoutMs: 30_000,
    });
    expect(shown).toEqual({ hard: { serviceaccounts: 5, projects: 0 }, used: { serviceaccounts: 2, projects: 0 } });
  });
});

const account = (name: string, labels: Record<string, string> = {}): NewObject => ({
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'shop', labels },
  spec: {},
});
const key = (name: string, owner: object, rest: object = {}): NewObject => ({
  kind: 'ApiKey',
  metadata: { name },
  spec: { owner, ...rest },
});
