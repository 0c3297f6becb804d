import { randomBytes } from 'node:crypto';
import { SlipwayError } from '@slipway/kit';
import { type ApiObject, BUILT_IN_ROLES, GROUP, kinds, type NewObject, type Principal, scopesMatcher, SYSTEM_TENANT } from '@slipway/model';
import { createStore, createVault, type Database, environmentKeys, type Store } from '@slipway/store';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdentity, type Identity } from './identity.ts';

/** A commit's tests make the same few attacks each time; run with more, and with several seeds, when rights are changed. */
const ATTACKS = Number(process.env['SLIPWAY_ESCALATION_ATTACKS'] ?? 6);
const SEED = Number(process.env['SLIPWAY_ESCALATION_SEED'] ?? 1);
const STEPS = 50;

const RESOURCES = [
  'roles',
  'rolebindings',
  'projectrolebindings',
  'teams',
  'users',
  'users/invitation',
  'apikeys',
  'apikeys/token',
  'serviceaccounts',
  'serviceaccounts/token',
  'identityproviders',
  'clusters',
  'clusters/proxy',
  'clusters/kubernetes',
  'projects',
  'quotas',
] as const;
const VERBS = ['get', 'create', 'update', 'delete', 'cluster-admin', 'view'];
const PROJECTS = ['shop', 'bank'];
const CLUSTERS = ['red', 'blue'];

function randomOf(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  const some = <T>(items: readonly T[], share: number): T[] => [pick(items), ...items.filter(() => next() < share)];
  return { next, pick, some };
}
type Random = ReturnType<typeof randomOf>;

describe.each(testEngines)('RBAC escalation, on %s', (engine) => {
  let database: Database;
  let store: Store;
  let identity: Identity;
  const stop = new AbortController();
  beforeAll(async () => {
    database = await testDatabase(engine);
    const vault = createVault({ database, keys: environmentKeys(`k1:${randomBytes(32).toString('base64')}`) });
    await vault.check();
    store = createStore({ database, vault });
    identity = createIdentity({ database, store });
    await identity.start(stop.signal);
  }, 120_000);
  afterAll(async () => {
    stop.abort();
    await database.close();
  });

  /** A world with people who hold more than the attacker, names that rights wait for, and a role of the attacker at random. */
  async function makeTenant(random: Random, tenant: string): Promise<Principal> {
    const put = (kind: string, name: string, spec: object, more: object = {}) =>
      store.create({ kind, metadata: { name, ...more }, spec: specOf(kind, spec) }, { tenant });
    await store.create({ kind: 'Tenant', metadata: { name: tenant }, spec: specOf('Tenant', {}) }, { tenant: SYSTEM_TENANT });
    for (const name of PROJECTS) await put('Project', name, {});
    for (const name of ['mallory', 'boss', 'peer']) await put('User', name, {});
    for (const name of ['bosses', 'peers']) await put('Team', name, { members: name === 'bosses' ? ['boss'] : ['peer', 'mallory'] });
    for (const namespace of PROJECTS) {
      await put('ServiceAccount', 'robot', {}, { namespace });
      for (const name of CLUSTERS)
        await put('Cluster', name, { profile: { name: 'none', version: '1.0.0' } }, { namespace, labels: { team: name } });
    }
    const level = random.pick(['tenant', 'tenant', 'project', 'project', 'resource']);
    const rules = Array.from({ length: 3 }, () => ({
      resources: random.next() < 0.15 ? ['*'] : random.some(RESOURCES, 0.25),
      verbs: random.next() < 0.5 ? ['*'] : random.some(VERBS, 0.4),
    }));
    await put('Role', 'own', { level, rules });
    await put('Role', 'everything', { level: 'tenant', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] });
    await put('Role', 'reds', { level: 'resource', rules: [{ resources: ['*'], verbs: ['*'] }] });
    await put('RoleBinding', 'own', {
      role: 'own',
      subjects: [{ kind: 'User', name: 'mallory' }],
      ...(level === 'tenant' || random.next() < 0.3 ? {} : { projects: [random.pick(PROJECTS)] }),
      ...(level === 'resource' ? { selector: 'team=red' } : {}),
    });
    await put('RoleBinding', 'bosses', {
      role: 'everything',
      subjects: [
        { kind: 'Team', name: 'bosses' },
        { kind: 'User', name: 'waiting' },
        { kind: 'ServiceAccount', project: 'shop', name: 'waiting' },
      ],
    });
    await put('RoleBinding', 'robots', {
      role: 'project-admin',
      projects: ['bank'],
      subjects: [{ kind: 'ServiceAccount', project: 'bank', name: 'robot' }],
    });
    // Held by the attacker in one colour only: painting a cluster must not be a way in.
    await put('RoleBinding', 'reds', {
      role: 'reds',
      selector: 'team=red',
      subjects: [
        { kind: 'User', name: 'mallory' },
        { kind: 'Team', name: 'peers' },
      ],
    });
    return signIn(tenant, 'mallory');
  }

  const principalOf = async (token: string): Promise<Principal> =>
    (await identity.authenticate({ method: 'GET', headers: { authorization: `Bearer ${token}` } })) as Principal;
  const signIn = async (tenant: string, name: string): Promise<Principal> =>
    principalOf((await identity.openSession({ tenant, name }, { method: 'password' }, {})).token);

  /** Everything somebody may do now with what was there at the beginning. */
  async function rightsOf(principal: Principal): Promise<Set<string>> {
    const rights = new Set<string>();
    const places = PROJECTS.flatMap((project) => CLUSTERS.map((name) => ({ project, name })));
    const objects = new Map<string, ApiObject | undefined>();
    for (const { project, name } of places)
      objects.set(`${project}/${name}`, await store.get({ tenant: principal.tenant, kind: 'Cluster', project, name }));
    for (const whole of RESOURCES) {
      const [resource = '', subresource] = whole.split('/');
      const inProject = ['clusters', 'serviceaccounts', 'projectrolebindings'].includes(resource);
      for (const verb of VERBS)
        for (const { project, name } of resource === 'clusters'
          ? places
          : inProject
            ? PROJECTS.map((one) => ({ project: one, name: 'x' }))
            : [{ project: undefined, name: 'x' }]) {
          const request = { verb, group: GROUP, resource, subresource, project, name };
          const { allowed, only } = await identity.authorizer.authorize(principal, request);
          const object = objects.get(`${project}/${name}`) ?? ({ metadata: { name, namespace: project }, spec: {} } as ApiObject);
          const create = verb === 'create' && subresource === undefined;
          if (allowed && (only === undefined || create || scopesMatcher(only)(object)))
            rights.add(`${verb} ${whole} ${project ?? ''} ${resource === 'clusters' ? name : ''}`);
        }
    }
    return rights;
  }

  /** A write of any kind that decides about rights. */
  async function attemptWrite(random: Random, actor: Principal): Promise<void> {
    const project = random.pick(PROJECTS);
    const user = random.pick(['mallory', 'boss', 'peer', 'waiting', 'new', actor.name]);
    const subject = random.pick([
      { kind: 'User', name: random.pick(['mallory', 'peer', 'new', 'waiting']) },
      { kind: 'Team', name: random.pick(['bosses', 'peers', 'fresh']) },
      { kind: 'ServiceAccount', project, name: random.pick(['robot', 'waiting', 'made']) },
    ]);
    const rules = [{ resources: [random.pick(['*', ...RESOURCES])], verbs: [random.pick(['*', ...VERBS])] }];
    const role = random.pick(['own', 'everything', 'reds', 'mine', ...BUILT_IN_ROLES.map(({ name }) => name)]);
    const binding = {
      role,
      subjects: [subject],
      ...(random.next() < 0.4 ? { selector: random.pick(['team=red', 'team=blue', 'a=b']) } : {}),
    };
    const writes: [NewObject, string?][] = [
      [
        {
          kind: 'Role',
          metadata: { name: random.pick(['mine', 'own', 'reds']) },
          spec: { level: random.pick(['tenant', 'project', 'resource']), rules },
        },
      ],
      [
        {
          kind: 'RoleBinding',
          metadata: { name: random.pick(['b1', 'own', 'bosses', 'reds']) },
          spec: { ...binding, ...(random.next() < 0.5 ? { projects: [project] } : {}) },
        },
      ],
      [{ kind: 'ProjectRoleBinding', metadata: { name: 'pb', namespace: project }, spec: binding }],
      [{ kind: 'Team', metadata: { name: random.pick(['bosses', 'peers', 'fresh']) }, spec: { members: [user] } }],
      [{ kind: 'User', metadata: { name: random.pick(['waiting', 'new', 'boss', 'peer']) }, spec: { disabled: random.next() < 0.3 } }],
      [
        {
          kind: 'ServiceAccount',
          metadata: { name: random.pick(['robot', 'waiting', 'made']), namespace: project },
          spec: { disabled: random.next() < 0.3 },
        },
      ],
      [
        {
          kind: 'ApiKey',
          metadata: { name: random.pick(['k1', 'k2']) },
          spec: {
            owner: random.pick([
              { kind: 'User', name: user },
              { kind: 'ServiceAccount', project, name: random.pick(['robot', 'waiting', 'made']) },
            ]),
          },
        },
      ],
      [
        {
          kind: 'IdentityProvider',
          metadata: { name: 'idp' },
          spec: {
            oidc: { issuer: 'https://evil.example', clientId: 'x' },
            teams: [{ group: 'g', team: random.pick(['bosses', 'fresh']) }],
          },
        },
      ],
      [
        {
          kind: 'Cluster',
          metadata: { name: random.pick(CLUSTERS), namespace: project, labels: random.pick([{ team: 'red' }, { team: 'blue' }, {}]) },
          spec: { profile: { name: 'none', version: '1.0.0' } },
        },
      ],
    ];
    await write(actor, random.pick(['create', 'update', 'update', 'delete'] as const), random.pick(writes)[0]);
  }

  async function write(actor: Principal, verb: 'create' | 'update' | 'delete', { kind, metadata, spec }: NewObject): Promise<void> {
    const { tenant } = actor;
    const { name = '', namespace: project, labels } = metadata;
    const resource = kinds.find((one) => one.kind === kind)?.plural ?? '';
    const request = { verb, group: GROUP, resource, project, ...(verb === 'create' ? {} : { name }) };
    const decision = await identity.authorizer.authorize(actor, request);
    if (!decision.allowed) return;
    const guarded = identity.authorizer.guard(actor, request, decision);
    const ref = { tenant, kind, project, name };
    if (verb === 'create') await guarded.create({ kind, metadata, spec: specOf(kind, spec as object) }, { tenant });
    else if (verb === 'delete') await guarded.delete(ref, {});
    else {
      const old = await guarded.get(ref);
      if (old === undefined) return;
      const meta = { ...old.metadata, ...(labels === undefined ? {} : { labels }) };
      await guarded.update({ ...old, metadata: meta, spec: specOf(kind, spec as object) }, { tenant });
    }
  }

  /** Getting at a credential of somebody: a token of an account, the secret of a key, the link with which a password is chosen. */
  async function getCredential(random: Random, actor: Principal, controlled: Map<string, Principal>): Promise<void> {
    const { tenant } = actor;
    const may = async (resource: string, subresource: string, name: string, project?: string): Promise<boolean> =>
      (await identity.authorizer.authorize(actor, { verb: 'create', group: GROUP, resource, subresource, project, name })).allowed;
    const hold = async (token: string): Promise<void> => {
      const principal = await principalOf(token);
      if (principal !== undefined) controlled.set(token, principal);
    };
    const what = random.pick(['account', 'key', 'link'] as const);
    if (what === 'account') {
      const [project, name] = [random.pick(PROJECTS), random.pick(['robot', 'waiting', 'made'])];
      const account = await store.get({ tenant, kind: 'ServiceAccount', project, name });
      if (account === undefined || !(await may('serviceaccounts', 'token', name, project))) return;
      return hold((await identity.serviceAccountToken(actor, { tenant, project, name, uid: account.metadata.uid }, 600_000)).token);
    }
    if (what === 'key') {
      const name = random.pick(['k1', 'k2']);
      const key = (await store.get({ tenant, kind: 'ApiKey', name })) as ApiObject<any, any> | undefined;
      if (key === undefined || !(key.spec.owner.name === actor.name || (await may('apikeys', 'token', name)))) return;
      return hold((await identity.keyToken(actor, tenant, key)).token);
    }
    const name = random.pick(['mallory', 'boss', 'peer', 'waiting', 'new']);
    const user = (await store.get({ tenant, kind: 'User', name })) as ApiObject<any> | undefined;
    if (user === undefined || !(await may('users', 'invitation', name))) return;
    await identity.accounts.invite(actor, user);
    await identity.accounts.withdraw({ tenant, name });
    // Whoever has the link chooses the password.
    controlled.set(`user ${user.metadata.uid}`, await signIn(tenant, name));
  }

  it(`no sequence of allowed calls gives a right that was not held (${ATTACKS} attacks, SLIPWAY_ESCALATION_SEED=${SEED})`, async () => {
    const done = { tried: 0, went: 0, refused: 0, principals: 0 };
    for (let attack = 0; attack < ATTACKS; attack++) {
      const random = randomOf(SEED * 10_000 + attack);
      const mallory = await makeTenant(random, `t${SEED}-${attack}`);
      const before = await rightsOf(mallory);
      const controlled = new Map([['mallory', mallory]]);
      for (let step = 0; step < STEPS; step++) {
        const actor = random.pick([...controlled.values()]);
        done.tried += 1;
        const went = await (random.next() < 0.5 ? attemptWrite(random, actor) : getCredential(random, actor, controlled)).then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof SlipwayError)) throw error;
            return false;
          },
        );
        done[went ? 'went' : 'refused'] += 1;
        if (!went) continue;
        for (const principal of controlled.values()) {
          const gained = [...(await rightsOf(principal))].filter((right) => !before.has(right));
          expect(gained, `attack ${attack} of seed ${SEED}, step ${step}, as ${principal.name}`).toEqual([]);
        }
      }
      done.principals += controlled.size - 1;
    }
    // The attacks are some: they write, are refused, and get at credentials.
    expect(done.went).toBeGreaterThan(ATTACKS * 5);
    expect(done.refused).toBeGreaterThan(ATTACKS);
    expect(done.principals).toBeGreaterThan(ATTACKS / 3);
  }, 600_000);
});

const specOf = (kind: string, spec: object): object =>
  (kinds.find((one) => one.kind === kind) as (typeof kinds)[number]).spec.parse(spec) as object;
