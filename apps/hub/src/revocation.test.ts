import { request } from 'node:https';
import type { ApiClient } from '@slipway/api';
import { randomSuffix, sleep } from '@slipway/kit';
import {
  apiKeyKind,
  type ApiObject,
  clusterKind,
  identityProviderKind,
  projectKind,
  projectRoleBindingKind,
  roleBindingKind,
  roleKind,
  serviceAccountKind,
  teamKind,
  tenantKind,
  userKind,
} from '@slipway/model';
import { testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LastingWorld, startLastingWorld, WAYS_IN } from './testing/lasting-world.ts';
import { LEAVING } from './testing/single-sign-on.ts';
import { requestOf, type TestHub } from './testing/test-hub.ts';

const API = '/apis/slipway.dev/v1';
/** To a cluster, with all rights in it. */
const TUNNEL = [
  { resources: ['clusters/proxy'], verbs: ['*'] },
  { resources: ['clusters/kubernetes'], verbs: ['*'] },
];
const AS_VIEWER = [
  { resources: ['clusters/proxy'], verbs: ['*'] },
  { resources: ['clusters/kubernetes'], verbs: ['view'] },
];

/** Who holds something open, and what takes the right away. */
interface Case {
  readonly token: string;
  /** Another tenant is addressed. */
  readonly tenant?: string;
  end(admin: ApiClient): Promise<unknown>;
  /** Makes good what others need. */
  readonly after?: () => Promise<unknown>;
}

describe.each(testEngines)('what is open ends with the right to it, on %s', (engine) => {
  let world: LastingWorld;
  const acme = () => world.sso.acme;
  const identity = () => world.sso.test.hub.identity;
  const fresh = (what: string) => `${what}-${randomSuffix(6)}`;

  const makeUser = async (): Promise<string> => {
    const name = fresh('u');
    await acme().create(userKind, { kind: 'User', metadata: { name }, spec: {} });
    return name;
  };
  const makeRole = async (rules: object[] = TUNNEL, level = 'project'): Promise<string> => {
    const name = fresh('r');
    await acme().create(roleKind, { kind: 'Role', metadata: { name }, spec: { level, rules } });
    return name;
  };
  const bind = async (role: string, subject: object, more: object = {}): Promise<string> => {
    const name = fresh('b');
    await acme().create(roleBindingKind, { kind: 'RoleBinding', metadata: { name }, spec: { role, subjects: [subject], ...more } });
    return name;
  };
  const session = async (name: string, tenant = 'acme') => identity().openSession({ tenant, name }, { method: 'password' }, {});
  /** A user with a role of their own, signed in. */
  const person = async (rules?: object[], level?: string, more?: object) => {
    const user = await makeUser();
    const role = await makeRole(rules, level);
    const binding = await bind(role, { kind: 'User', name: user }, more);
    const { token, id } = await session(user);
    return { user, role, binding, token, id };
  };
  const inTeam = async () => {
    const user = await makeUser();
    const team = fresh('t');
    await acme().create(teamKind, { kind: 'Team', metadata: { name: team }, spec: { members: [user] } });
    await bind(await makeRole(), { kind: 'Team', name: team });
    return { user, team, token: (await session(user)).token };
  };
  const withKey = async (spec: object = {}) => {
    const { user, token: own } = await person();
    const name = fresh('k');
    const client = world.sso.client(own);
    await client.create(apiKeyKind, { kind: 'ApiKey', metadata: { name }, spec: { owner: { kind: 'User', name: user }, ...spec } });
    const { token } = await client.request<{ token: string }>(`${API}/apikeys/${name}/token`, { method: 'POST', body: {} });
    return { name, token, client, key: { kind: apiKeyKind, name } };
  };
  const withAccount = async (project = 'shop') => {
    const name = fresh('sa');
    await acme().create(serviceAccountKind, { kind: 'ServiceAccount', metadata: { name, namespace: project }, spec: {} });
    await bind(await makeRole(), { kind: 'ServiceAccount', project, name });
    const path = `${API}/namespaces/${project}/serviceaccounts/${name}/token`;
    const answer = await acme().request<{ status: { token: string } }>(path, { method: 'POST', body: { spec: {} } });
    return { token: answer.status.token, account: { kind: serviceAccountKind, project, name } };
  };
  /** Signed in through a provider whose group gives a team. */
  const through = async (provider: string) => {
    const team = fresh('t');
    await acme().create(teamKind, { kind: 'Team', metadata: { name: team }, spec: {} });
    await bind(await makeRole(), { kind: 'Team', name: team });
    await world.sso.makeProvider(provider, { teams: [{ group: 'operators', team }] });
    const subject = fresh('p');
    world.sso.idp.person = { sub: subject, preferred_username: subject, groups: ['operators'] };
    return { token: (await world.sso.signedIn(provider)).token, subject, provider: { kind: identityProviderKind, name: provider } };
  };
  const asUser = (admin: ApiClient, kind: Parameters<ApiClient['patch']>[0]['kind'], name: string) => ({ kind, name, admin });
  const patch = async ({ kind, name, admin }: ReturnType<typeof asUser>, spec: object) => admin.patch({ kind, name }, { spec });

  beforeAll(async () => {
    world = await startLastingWorld(engine);
  }, 240_000);
  afterAll(() => world?.stop());

  const causes: [string, number, () => Promise<Case>][] = [
    [
      'user disabled',
      401,
      async () => {
        const { user, token } = await person();
        return { token, end: (admin) => patch(asUser(admin, userKind, user), { disabled: true }) };
      },
    ],
    [
      'user deleted',
      401,
      async () => {
        const { user, token } = await person();
        return { token, end: (admin) => admin.delete({ kind: userKind, name: user }) };
      },
    ],
    [
      'user taken out of the team',
      403,
      async () => {
        const { team, token } = await inTeam();
        return { token, end: (admin) => patch(asUser(admin, teamKind, team), { members: [] }) };
      },
    ],
    [
      'team deleted',
      403,
      async () => {
        const { team, token } = await inTeam();
        return { token, end: (admin) => admin.delete({ kind: teamKind, name: team }) };
      },
    ],
    [
      'role deleted',
      403,
      async () => {
        const { role, token } = await person();
        return { token, end: (admin) => admin.delete({ kind: roleKind, name: role }) };
      },
    ],
    [
      'role without the tunnel',
      403,
      async () => {
        const { role, token } = await person();
        return { token, end: (admin) => patch(asUser(admin, roleKind, role), { rules: [TUNNEL[1]] }) };
      },
    ],
    // The tunnel is still allowed; what was begun as cluster-admin is not.
    [
      'role with less inside the cluster',
      200,
      async () => {
        const { role, token } = await person();
        return { token, end: (admin) => patch(asUser(admin, roleKind, role), { rules: AS_VIEWER }) };
      },
    ],
    [
      'binding deleted',
      403,
      async () => {
        const { binding, token } = await person();
        return { token, end: (admin) => admin.delete({ kind: roleBindingKind, name: binding }) };
      },
    ],
    [
      'binding without the subject',
      403,
      async () => {
        const { binding, token } = await person();
        return { token, end: (admin) => patch(asUser(admin, roleBindingKind, binding), { subjects: [{ kind: 'User', name: 'nobody' }] }) };
      },
    ],
    [
      'binding for another project',
      403,
      async () => {
        const { binding, token } = await person();
        return { token, end: (admin) => patch(asUser(admin, roleBindingKind, binding), { projects: ['default'] }) };
      },
    ],
    [
      'project role binding deleted',
      403,
      async () => {
        const user = await makeUser();
        const name = fresh('pb');
        const spec = { role: await makeRole(), subjects: [{ kind: 'User', name: user }] };
        await acme().create(projectRoleBindingKind, { kind: 'ProjectRoleBinding', metadata: { name, namespace: 'shop' }, spec });
        const { token } = await session(user);
        return { token, end: (admin) => admin.delete({ kind: projectRoleBindingKind, project: 'shop', name }) };
      },
    ],
    [
      'cluster out of the selector',
      404,
      async () => {
        const { token } = await person(TUNNEL, 'resource', { selector: 'env=dev' });
        const label = async (admin: ApiClient, env: string) => {
          for (const { cluster } of world.sites)
            await admin.patch({ kind: clusterKind, project: 'shop', name: cluster }, { metadata: { labels: { env } } });
        };
        return { token, end: (admin) => label(admin, 'prod'), after: () => label(acme(), 'dev') };
      },
    ],
    [
      'team mapping removed',
      403,
      async () => {
        const { token, provider } = await through('mapped');
        return { token, end: (admin) => admin.patch(provider, { spec: { teams: [] } }) };
      },
    ],
    [
      'identity provider disabled',
      401,
      async () => {
        const { token, provider } = await through('off');
        return { token, end: (admin) => admin.patch(provider, { spec: { disabled: true } }) };
      },
    ],
    [
      'signed out at the identity provider',
      401,
      async () => {
        const { token, subject } = await through(LEAVING);
        return { token, end: () => world.sso.idp.logout(subject) };
      },
    ],
    [
      'identity provider deleted',
      401,
      async () => {
        const { token, provider } = await through('removed');
        return { token, end: (admin) => admin.delete(provider) };
      },
    ],
    [
      'API key disabled',
      401,
      async () => {
        const { token, key } = await withKey();
        return { token, end: (admin) => admin.patch(key, { spec: { disabled: true } }) };
      },
    ],
    [
      'API key deleted',
      401,
      async () => {
        const { token, key } = await withKey();
        return { token, end: (admin) => admin.delete(key) };
      },
    ],
    [
      'API key with a scope without the tunnel',
      403,
      async () => {
        const { token, key, client } = await withKey();
        return { token, end: () => client.patch(key, { spec: { scope: { rules: [{ resources: ['clusters'], verbs: ['get'] }] } } }) };
      },
    ],
    [
      'API key rotated',
      401,
      async () => {
        const { token, name, client } = await withKey();
        return { token, end: () => client.request(`${API}/apikeys/${name}/token`, { method: 'POST', body: {} }) };
      },
    ],
    [
      'API key expired',
      401,
      async () => {
        const expiresAt = new Date(Date.now() + 20_000).toISOString();
        const { token } = await withKey({ expiresAt });
        return { token, end: () => sleep(Math.max(0, Date.parse(expiresAt) - Date.now())) };
      },
    ],
    [
      'session revoked',
      401,
      async () => {
        const { user, token, id } = await person();
        return { token, end: (admin) => admin.request(`${API}/users/${user}/sessions?session=${id}`, { method: 'DELETE' }) };
      },
    ],
    [
      'logged out',
      401,
      async () => {
        const { token } = await person();
        const own = world.sso.client(token);
        return { token, end: () => own.request('/auth/logout', { method: 'POST', body: {} }) };
      },
    ],
    [
      'service account disabled',
      401,
      async () => {
        const { token, account } = await withAccount();
        return { token, end: (admin) => admin.patch(account, { spec: { disabled: true } }) };
      },
    ],
    [
      'service account deleted',
      401,
      async () => {
        const { token, account } = await withAccount();
        return { token, end: (admin) => admin.delete(account) };
      },
    ],
    [
      'the project of a service account deleted',
      401,
      async () => {
        const project = fresh('tools');
        await acme().create(projectKind, { kind: 'Project', metadata: { name: project }, spec: {} });
        const { token, account } = await withAccount(project);
        return {
          token,
          end: (admin) => admin.delete({ kind: projectKind, name: project }),
          // One that is made anew under its name has none of the accounts of the former.
          after: async () => {
            await acme().create(projectKind, { kind: 'Project', metadata: { name: project }, spec: {} });
            expect(await acme().find(account)).toBeUndefined();
            expect(new Set(await world.statusOf(token))).toEqual(new Set([401]));
          },
        };
      },
    ],
    [
      'an operator without the system role',
      404,
      async () => {
        const name = fresh('op');
        const system = world.sso.test.client;
        await system.create(userKind, { kind: 'User', metadata: { name }, spec: {} });
        const binding = fresh('b');
        const spec = { role: 'system-admin', subjects: [{ kind: 'User', name, tenant: 'default' }] };
        const path = `/tenants/system${API}/rolebindings`;
        await system.request(path, {
          method: 'POST',
          body: { kind: 'RoleBinding', apiVersion: 'slipway.dev/v1', metadata: { name: binding }, spec },
        });
        const { token } = await session(name, 'default');
        return { token, tenant: 'acme', end: () => system.request(`${path}/${binding}`, { method: 'DELETE' }) };
      },
    ],
    [
      'tenant suspended',
      401,
      async () => {
        const { token } = await person();
        const suspend = (suspended: boolean) => world.sso.test.client.patch({ kind: tenantKind, name: 'acme' }, { spec: { suspended } });
        return { token, end: () => suspend(true), after: () => suspend(false) };
      },
    ],
  ];

  it.each(causes)('%s: terminals, tunnels, logs, watches and uploads end within 5 s', async (_what, status, prepare) => {
    const { token, tenant, end, after } = await prepare();
    const held = await world.holdAll(token, tenant);
    expect(held.map(({ what }) => what)).toEqual(world.sites.flatMap(() => WAYS_IN));
    expect(held.filter((one) => !one.isOpen())).toEqual([]);
    // Written at the last replica: the others must hear of it.
    const { admin } = world.sites.at(-1) as LastingWorld['sites'][number];
    await end(admin);
    const from = performance.now();
    await Promise.all(held.map(({ ended }) => ended()));
    expect(performance.now() - from).toBeLessThan(5000);
    await expect.poll(async () => [...new Set(await world.statusOf(token, tenant))], { timeout: 5000 }).toEqual([status]);
    await after?.();
  });

  it('the connection to the cluster was the caller’s, with the groups that a role gives', () => {
    expect([...world.api.groups.values()].every((groups) => groups.includes('slipway:admins'))).toBe(true);
  });

  const harmless: [string, () => Promise<Case>][] = [
    [
      'the role gets more',
      async () => {
        const { role, token } = await person();
        return {
          token,
          end: (admin) => patch(asUser(admin, roleKind, role), { rules: [...TUNNEL, { resources: ['clusters'], verbs: ['get'] }] }),
        };
      },
    ],
    [
      'another role gives the same, and the first goes',
      async () => {
        const { user, binding, token } = await person();
        return {
          token,
          end: async (admin) => {
            await bind(await makeRole(), { kind: 'User', name: user });
            await admin.delete({ kind: roleBindingKind, name: binding });
          },
        };
      },
    ],
    [
      'a role reaches fewer clusters, and this one still',
      async () => {
        const { binding, token } = await person(TUNNEL, 'resource', { selector: 'env=dev' });
        return {
          token,
          end: (admin) => patch(asUser(admin, roleBindingKind, binding), { selector: 'env in (dev,test)', projects: ['shop'] }),
        };
      },
    ],
    [
      'the user gets another name to show, and a team',
      async () => {
        const { user, token } = await person();
        return {
          token,
          end: async (admin) => {
            await patch(asUser(admin, userKind, user), { displayName: 'Somebody' });
            await admin.create(teamKind, { kind: 'Team', metadata: { name: fresh('t') }, spec: { members: [user] } });
          },
        };
      },
    ],
    [
      'the key gets a description',
      async () => {
        const { token, key, client } = await withKey();
        return { token, end: () => client.patch(key, { spec: { description: 'of the pipeline' } }) };
      },
    ],
    [
      'others are disabled, removed, and their sessions revoked',
      async () => {
        const { token } = await person();
        const others = [await person(), await person(), await person()] as const;
        return {
          token,
          end: async (admin) => {
            await patch(asUser(admin, userKind, others[0].user), { disabled: true });
            await admin.delete({ kind: userKind, name: others[1].user });
            await admin.request(`${API}/users/${others[2].user}/sessions`, { method: 'DELETE' });
          },
        };
      },
    ],
    [
      'another session of the same user ends',
      async () => {
        const { user, token } = await person();
        const { id } = await session(user);
        return { token, end: (admin) => admin.request(`${API}/users/${user}/sessions?session=${id}`, { method: 'DELETE' }) };
      },
    ],
  ];

  it.each(harmless)('goes on when %s', async (_what, prepare) => {
    const { token, tenant, end } = await prepare();
    const held = await world.holdAll(token, tenant);
    await end((world.sites.at(-1) as LastingWorld['sites'][number]).admin);
    // Longer than every replica takes to hear of a change and to look again.
    await sleep(4000);
    expect(held.filter((one) => !one.isOpen()).map(({ what }) => what)).toEqual([]);
    expect(new Set(await world.statusOf(token, tenant))).toEqual(new Set([200]));
    for (const one of held) one.close();
  });

  it('a body that arrives after its sender was disabled changes nothing', async () => {
    const writer = await person([{ resources: ['clusters'], verbs: ['*'] }]);
    const { test } = world.sso;
    const path = `${API}/namespaces/shop/clusters/${world.sites[0]?.cluster}`;
    const before = JSON.parse((await requestOf(test, 'GET', `/tenants/acme${path}`)).text) as ApiObject;
    const body = JSON.stringify({ metadata: { labels: { late: 'yes' } } });
    const answer = requestSlowly(test, writer.token, [path, body], async () => {
      await acme().patch({ kind: userKind, name: writer.user }, { spec: { disabled: true } });
      await sleep(1500);
    });
    expect(await answer).toBe(401);
    const now = JSON.parse((await requestOf(test, 'GET', `/tenants/acme${path}`)).text) as ApiObject;
    expect(now.metadata.labels).toEqual(before.metadata.labels);
  });
});

/** A merge patch whose second half is sent after something has happened; gives the status of the answer. */
function requestSlowly(
  { url, hub }: TestHub,
  token: string,
  [path, body]: readonly [string, string],
  meanwhile: () => Promise<unknown>,
): Promise<number> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/merge-patch+json',
    'content-length': String(Buffer.byteLength(body)),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { ca: hub.ca, method: 'PATCH', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.once('error', reject);
    outgoing.write(body.slice(0, 5));
    meanwhile().then(() => outgoing.end(body.slice(5)), reject);
  });
}
