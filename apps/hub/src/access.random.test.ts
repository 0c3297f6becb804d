/* oxlint-disable eslint/complexity -- one request after the other, with every kind of answer beside its question: cut up it could not be read against the oracle */
import { createApi, takeTenant } from '@slipway/api';
import { createAuthorizer, createDirectory } from '@slipway/identity';
import { type ApiObject, BUILT_IN_ROLES, kinds, type NewObject, type ObjectStore, type Principal } from '@slipway/model';
import { createMemoryStore } from '@slipway/testkit';
import fastify, { type FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  oracleAllows,
  type OracleBinding,
  oracleEnters,
  type OracleObject,
  oracleObject,
  type OracleRule,
  type OracleUser,
} from './testing/access-oracle.ts';

/** 100,000 is the figure of the promise, and was run with several seeds; a commit's tests make fewer, always the same ones, so that a red run is about the commit. */
const REQUESTS = Number(process.env['SLIPWAY_ACCESS_REQUESTS'] ?? 3000);
const SEED = Number(process.env['SLIPWAY_ACCESS_SEED'] ?? 7);

const TENANTS = ['acme', 'acme-2', 'globex', 'initech'];
const PROJECTS = ['shop', 'shop-2', 'bank'];
const NAMES = ['a', 'a1', 'b', 'c'];
const RESOURCES = [
  'clusters',
  'serviceaccounts',
  'projectmacros',
  'registries',
  'macros',
  'projects',
  'users',
  'teams',
  'tenants',
  'systemmacros',
] as const;
const IN_PROJECT = new Set(['clusters', 'serviceaccounts', 'projectmacros']);
/** Of the installation: the same objects from every tenant. */
const OF_SYSTEM = new Set(['tenants', 'systemmacros']);
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** mulberry32: the same requests for the same seed. */
function randomOf(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  const some = <T>(items: readonly T[]): T[] => {
    const found = items.filter(() => next() < 0.4);
    return found.length === 0 ? [pick(items)] : found;
  };
  return { next, pick, some };
}

describe('access at random, against an oracle', () => {
  const random = randomOf(SEED);
  const objects: OracleObject[] = [];
  const bindings: OracleBinding[] = [];
  const users: OracleUser[] = [];
  let app: FastifyInstance;

  const specs: Readonly<Record<string, unknown>> = {
    clusters: { profile: { name: 'none', version: '1.0.0' }, gateway: 'local', controlPlane: { replicas: 1 } },
    registries: { type: 'builtin' },
    projectmacros: { value: 'x' },
    macros: { value: 'x' },
    systemmacros: { value: 'x' },
  };
  const kindOf = (resource: string) => kinds.find((kind) => kind.plural === resource) as (typeof kinds)[number];
  const put = async (store: ObjectStore, tenant: string, object: NewObject) => {
    const kind = kinds.find((one) => one.kind === object.kind);
    const made = await store.create(object, { tenant });
    if (kind !== undefined && (RESOURCES as readonly string[]).includes(kind.plural)) {
      objects.push(oracleObject(kind.scope === 'system' ? '' : tenant, kind.plural, made));
    }
  };
  const aRule = (): OracleRule => ({
    resources: random.next() < 0.1 ? ['*'] : random.some(RESOURCES),
    verbs: random.next() < 0.15 ? ['*'] : random.some(VERBS),
    ...(random.next() < 0.15 ? { names: random.some(NAMES) } : {}),
  });

  beforeAll(async () => {
    const store = createMemoryStore({ clock: { now: () => Date.now() } });
    for (const tenant of [...TENANTS, 'system'])
      await put(store, 'system', { kind: 'Tenant', metadata: { name: tenant }, spec: { suspended: false } });
    for (const name of random.some(NAMES))
      await put(store, 'system', { kind: 'SystemMacro', metadata: { name, labels: labels() }, spec: specs['systemmacros'] });
    for (const tenant of [...TENANTS, 'system']) {
      const names = ['u0', 'u1', 'u2', 'u3'];
      const teams = [random.some(names), random.some(names)];
      for (const [n, members] of teams.entries())
        await put(store, tenant, { kind: 'Team', metadata: { name: `t${n}` }, spec: { members } });
      for (const name of names) {
        await put(store, tenant, { kind: 'User', metadata: { name }, spec: { disabled: false } });
        users.push({ tenant, name, teams: teams.flatMap((members, n) => (members.includes(name) ? [`t${n}`] : [])) });
      }
      for (const name of PROJECTS) await put(store, tenant, { kind: 'Project', metadata: { name }, spec: {} });
      for (const name of random.some(NAMES))
        await put(store, tenant, { kind: 'Registry', metadata: { name, labels: labels() }, spec: specs['registries'] });
      for (const name of random.some(NAMES))
        await put(store, tenant, { kind: 'Macro', metadata: { name, labels: labels() }, spec: specs['macros'] });
      for (const project of PROJECTS) {
        for (const resource of IN_PROJECT) {
          for (const name of random.some(NAMES)) {
            const metadata = { name, namespace: project, labels: labels() };
            await put(store, tenant, { kind: kindOf(resource).kind, metadata, spec: specs[resource] ?? {} });
          }
        }
      }
      for (let n = 0; n < 8; n++) await makeBinding(store, tenant, n, names);
    }
    const directory = createDirectory({ store, database: undefined as never });
    const authorizer = createAuthorizer({ directory, store, again: async (principal) => principal });
    const api = createApi({
      kinds: kinds.map(({ admit: _admit, admitDelete: _admitDelete, ...kind }) => kind),
      authorizer,
      fleet: store,
      authenticator: { authenticate: async ({ headers }) => principals.get(String(headers['authorization'] ?? '').slice(7)) },
      version: '0',
      stopping: new AbortController().signal,
    });
    app = fastify({ rewriteUrl: takeTenant });
    api.routes(app as never);
    await app.ready();
  });

  const labels = (): Record<string, string> => (random.next() < 0.6 ? { team: random.pick(['red', 'blue']) } : {});
  const principals = new Map<string, Principal>();
  const makeBinding = async (store: ObjectStore, tenant: string, n: number, names: readonly string[]) => {
    const levels =
      tenant === 'system' ? (['system', 'tenant'] as const) : (['tenant', 'project', 'project', 'resource', 'resource'] as const);
    const builtIn =
      random.next() < 0.3 ? random.pick(BUILT_IN_ROLES.filter((role) => (levels as readonly string[]).includes(role.level))) : undefined;
    const level = builtIn?.level ?? random.pick(levels);
    const rules = (builtIn?.rules ?? [aRule(), aRule()]) as readonly OracleRule[];
    const role = builtIn?.name ?? `role-${n}`;
    if (builtIn === undefined) await put(store, tenant, { kind: 'Role', metadata: { name: role }, spec: { level, rules } });
    const subject =
      tenant === 'system'
        ? { kind: 'User', name: random.pick(names), tenant: random.pick([...TENANTS, 'system']) }
        : random.next() < 0.5
          ? { kind: 'User', name: random.pick(names) }
          : { kind: 'Team', name: random.pick(['t0', 't1']) };
    const limited = level === 'project' || level === 'resource';
    const inProject = limited && random.next() < 0.3 ? random.pick(PROJECTS) : undefined;
    const projects = inProject !== undefined ? [inProject] : limited && random.next() < 0.8 ? random.some(PROJECTS) : undefined;
    const label = level === 'resource' ? (['team', random.pick(['red', 'blue'])] as const) : undefined;
    const spec = { role, subjects: [subject], ...(label === undefined ? {} : { selector: label.join('=') }) };
    if (inProject === undefined) {
      await put(store, tenant, {
        kind: 'RoleBinding',
        metadata: { name: `b${n}` },
        spec: { ...spec, ...(projects === undefined ? {} : { projects }) },
      });
    } else await put(store, tenant, { kind: 'ProjectRoleBinding', metadata: { name: `b${n}`, namespace: inProject }, spec });
    bindings.push({
      tenant,
      subjects: [subject],
      level,
      rules,
      ...(projects === undefined ? {} : { projects }),
      ...(label === undefined ? {} : { label }),
    });
  };

  const send = (user: OracleUser, method: string, url: string, body?: unknown) =>
    app.inject({
      method: method as 'GET',
      url,
      headers: {
        authorization: `Bearer ${user.tenant}/${user.name}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });

  it(`says of ${REQUESTS} requests what the oracle says (SLIPWAY_ACCESS_SEED=${SEED})`, async () => {
    for (const user of users) {
      const groups = ['authenticated', ...user.teams.map((team) => `team:${team}`)];
      principals.set(`${user.tenant}/${user.name}`, { name: user.name, groups, tenant: user.tenant, home: user.tenant });
    }
    const counts = { allowed: 0, denied: 0, limited: 0, foreign: 0 };
    for (let n = 0; n < REQUESTS; n++) {
      const user = random.pick(users);
      const tenant = random.next() < 0.75 ? user.tenant : random.pick([...TENANTS, 'system', 'nosuch']);
      const resource = random.pick(RESOURCES);
      const place = {
        tenant: OF_SYSTEM.has(resource) ? '' : tenant,
        project: IN_PROJECT.has(resource) ? random.pick([...PROJECTS, 'nowhere']) : '',
      };
      const verb = random.pick(VERBS);
      // Tenants with clusters are not deleted, whoever asks: another promise.
      if (resource === 'tenants' && verb === 'deletecollection') continue;
      const asked = { user, acting: tenant, resource, verb, ...place, name: random.pick([...NAMES, 'u1', 't0', 'shop', 'acme', 'zz']) };
      const prefix = tenant === user.tenant && random.next() < 0.5 ? '' : `/tenants/${tenant}`;
      const everywhere = IN_PROJECT.has(resource) && (verb === 'list' || verb === 'watch') && random.next() < 0.4;
      const collection = `${prefix}/apis/slipway.dev/v1/${IN_PROJECT.has(resource) && !everywhere ? `namespaces/${place.project}/` : ''}${resource}`;
      const context = () => `request ${n} of seed ${SEED}: ${JSON.stringify({ ...asked, everywhere })}`;

      if (!oracleEnters({ bindings }, user, tenant, [...TENANTS, 'system'])) {
        const answer = await send(user, 'GET', collection);
        expect([answer.statusCode, answer.json().message.replaceAll(tenant, '<t>')], context()).toEqual([
          404,
          'tenants.slipway.dev "<t>" not found',
        ]);
        counts.foreign += 1;
        continue;
      }
      const here = objects.filter(
        (object) => object.resource === resource && object.tenant === asked.tenant && (everywhere || object.project === asked.project),
      );
      const may = (what: string, object: OracleObject) => oracleAllows({ bindings }, user, what, { ...object, tenant });
      const target = here.find((object) => object.name === asked.name);
      if (verb === 'list' || verb === 'watch' || verb === 'deletecollection') {
        const visible = here.filter((object) => may(verb, object));
        const query = verb === 'watch' ? '?watch=1&timeoutSeconds=0&resourceVersion=0' : verb === 'list' ? '' : '?dryRun=All';
        const answer = await send(user, verb === 'deletecollection' ? 'DELETE' : 'GET', `${collection}${query}`);
        if (answer.statusCode === 403) {
          expect(
            visible.map((object) => object.name),
            context(),
          ).toEqual([]);
          expect(answer.body, context()).not.toMatch(/"(a1|zz)"/);
          counts.denied += 1;
          continue;
        }
        expect(answer.statusCode, `${context()} ${answer.body}`).toBe(200);
        const shown: ApiObject[] =
          verb === 'watch'
            ? answer.body
                .split('\n')
                .filter(Boolean)
                .map((line) => JSON.parse(line).object as ApiObject)
            : (answer.json() as { items: ApiObject[] }).items;
        const key = (one: { project: string; name: string }) => `${one.project}/${one.name}`;
        expect(
          shown.map((item) => key({ project: item.metadata.namespace ?? '', name: item.metadata.name })).toSorted(),
          context(),
        ).toEqual(visible.map(key).toSorted());
        if (verb === 'list') expect(answer.json().metadata.remainingItemCount, context()).toBeUndefined();
        counts[visible.length === here.length ? 'allowed' : 'limited'] += 1;
        continue;
      }
      if (verb === 'create') {
        const object = { ...asked, labels: random.next() < 0.5 ? { team: random.pick(['red', 'blue']) } : {} };
        const body = { metadata: { name: asked.name, labels: object.labels }, spec: specs[resource] ?? {} };
        const answer = await send(user, 'POST', `${collection}?dryRun=All`, body);
        // Users and teams may also be refused because bindings name them; that is another promise, with its own tests.
        const allowed = may('create', object as unknown as OracleObject);
        // Who may create things with some label anywhere is told first that there is no such project.
        const elsewise = [{ team: 'red' }, { team: 'blue' }].some((labels) =>
          may('create', { ...object, labels } as unknown as OracleObject),
        );
        if (!allowed) expect(answer.statusCode, `${context()} ${answer.body}`).toBe(asked.project === 'nowhere' && elsewise ? 404 : 403);
        else if (!['users', 'teams', 'serviceaccounts'].includes(resource)) {
          const missing = asked.project === 'nowhere';
          expect(answer.statusCode, `${context()} ${answer.body}`).toBe(target !== undefined ? 409 : missing ? 404 : 201);
        }
        counts[allowed ? 'allowed' : 'denied'] += 1;
        continue;
      }
      const path = `${collection}/${asked.name}`;
      const method = { get: 'GET', update: 'PUT', patch: 'PATCH', delete: 'DELETE' }[verb] as string;
      const body =
        verb === 'patch'
          ? { metadata: { annotations: { touched: 'yes' } } }
          : verb === 'update'
            ? { metadata: { name: asked.name, labels: target?.labels ?? {} }, spec: specs[resource] ?? {} }
            : undefined;
      const answer = await send(user, method, verb === 'get' ? path : `${path}?dryRun=All`, body);
      const allowed = target !== undefined && may(verb, target);
      if (allowed) {
        if (!['users', 'teams', 'tenants', 'projects'].includes(resource) || verb === 'get')
          expect(answer.statusCode, `${context()} ${answer.body}`).toBe(200);
        counts.allowed += 1;
        continue;
      }
      expect([403, 404], `${context()} ${answer.body}`).toContain(answer.statusCode);
      counts.denied += 1;
      // Not to be seen is the same as not to be there, to the letter.
      if (target === undefined || may('get', target) || asked.name === user.name) continue;
      const absentPath = path.replace(/[^/]+$/, 'zzz');
      const absentBody = verb === 'update' ? { ...body, metadata: { ...body?.metadata, name: 'zzz' } } : body;
      const absent = await send(user, method, verb === 'get' ? absentPath : `${absentPath}?dryRun=All`, absentBody);
      const told = (one: typeof answer, name: string) => [
        one.statusCode,
        one.body
          // Which roles would do follows from the rules on names, not from what is there.
          .replace(/one of these roles would: [^;]*/, '')
          .replaceAll(`"${name}"`, '"<n>"')
          .replaceAll(`\\"${name}\\"`, '<n>'),
      ];
      if (hasNameRule(user)) continue;
      expect(told(answer, asked.name), context()).toEqual(told(absent, 'zzz'));
    }
    expect(Math.min(...Object.values(counts)), JSON.stringify(counts)).toBeGreaterThan(REQUESTS / 200);
  }, 600_000);

  /** A rule on names says by itself which names there may be. */
  const hasNameRule = (user: OracleUser): boolean =>
    bindings.some(
      (binding) =>
        binding.rules.some((rule) => rule.names !== undefined) &&
        binding.subjects.some((one) => one.name === user.name || user.teams.includes(one.name)),
    );
});
