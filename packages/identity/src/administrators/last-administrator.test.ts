import { SlipwayError } from '@slipway/kit';
import { type ApiObject, SYSTEM_TENANT } from '@slipway/model';
import { createStore, type Database, type Store } from '@slipway/store';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lastAdministrator } from './last-administrator.ts';

type Thing = ApiObject<any, any>;

describe.each(testEngines)('the last administrator stays, on %s', (engine) => {
  let database: Database;
  let store: Store;
  let count = 0;
  /** A tenant of its own for each test. */
  let tenant: string;
  beforeAll(async () => {
    database = await testDatabase(engine);
    store = createStore({ database, rules: [lastAdministrator] });
    await store.create({ kind: 'Tenant', metadata: { name: SYSTEM_TENANT }, spec: {} }, { tenant: SYSTEM_TENANT });
  }, 180_000);
  afterAll(() => database?.close());
  beforeEach(async () => {
    tenant = `t${++count}`;
    await store.create({ kind: 'Tenant', metadata: { name: tenant }, spec: { suspended: false } }, { tenant: SYSTEM_TENANT });
  });

  const make = (kind: string, name: string, spec: object, where = tenant): Promise<Thing> =>
    store.create({ kind, metadata: { name }, spec }, { tenant: where });
  const user = (name: string, spec: object = {}) => make('User', name, { displayName: '', email: '', disabled: false, ...spec });
  const bind = (name: string, subjects: object[], role = 'tenant-admin', more: object = {}, where = tenant) =>
    make('RoleBinding', name, { role, subjects, ...more }, where);
  const someone = (name: string, more: object = {}) => ({ kind: 'User', name, ...more });
  /** As somebody asks for it. */
  const asked = { by: 'somebody' };
  const remove = (object: Thing, where = tenant) => store.delete({ tenant: where, kind: object.kind, name: object.metadata.name }, asked);
  const change = (object: Thing, spec: object, where = tenant) =>
    store.update(
      { ...object, metadata: { ...object.metadata, resourceVersion: '' }, spec: { ...object.spec, ...spec } },
      { tenant: where, ...asked },
    );
  const refused = (of = `tenant "${tenant}"`) => ({
    code: 'Forbidden',
    message: expect.stringContaining(`${of} would have no administrator`),
    hint: expect.stringMatching(/Give somebody else the role (?:tenant|system)-admin first/),
  });
  const issuer = 'https://login.example';
  const provider = (name: string, teams: object[] = [], more: object = {}) =>
    make('IdentityProvider', name, { disabled: false, oidc: { issuer, clientId: 'x' }, teams, ...more });
  /** Somebody who came through a provider that says these groups. */
  const comer = async (name: string, of: Thing, groups: string[]) => {
    const made = await user(name, { identity: { provider: of.metadata.name, issuer, subject: name } });
    const signIn = { providerUid: of.metadata.uid, subject: name, groups, at: '2020-01-01T00:00:00Z' };
    return store.updateStatus({ ...made, status: { signIn } }, { tenant });
  };

  describe('who is bound directly', () => {
    let ada: Thing;
    let binding: Thing;
    beforeEach(async () => {
      ada = await user('ada');
      binding = await bind('admins', [someone('ada')]);
    });
    const ways: [string, () => Promise<unknown>][] = [
      ['the user is deleted', () => remove(ada)],
      ['the user is disabled', () => change(ada, { disabled: true })],
      ['the user is linked to a provider that is not there', () => change(ada, { identity: { provider: 'none', issuer, subject: 'ada' } })],
      ['the binding is deleted', () => remove(binding)],
      ['the binding gets another role', () => change(binding, { role: 'tenant-viewer' })],
      ['the binding gets other subjects', () => change(binding, { subjects: [someone('nobody')] })],
      ['the binding is for some projects only', () => change(binding, { projects: ['shop'] })],
      [
        'the binding names a service account only',
        () => change(binding, { subjects: [{ kind: 'ServiceAccount', name: 'ci', project: 'shop' }] }),
      ],
    ];
    it.each(ways)('%s: refused with a next step, and possible once there is another', async (_what, way) => {
      await expect(way()).rejects.toMatchObject(refused());
      expect(await store.get({ tenant, kind: 'User', name: 'ada' })).toMatchObject({ spec: { disabled: false } });
      expect(await store.get({ tenant, kind: 'RoleBinding', name: 'admins' })).toEqual(binding);
      await user('eve');
      await bind('more', [someone('eve')]);
      await expect(way()).resolves.toBeDefined();
    });
    it.each(ways)('%s: another who is disabled, gone, or bound to less is none', async (_what, way) => {
      await user('off', { disabled: true });
      await user('viewer');
      await bind('more', [someone('off'), someone('absent'), { kind: 'Team', name: 'absent' }]);
      await bind('less', [someone('viewer')], 'tenant-viewer');
      await bind('narrow', [someone('viewer')], 'project-admin', { projects: ['shop'] });
      await expect(way()).rejects.toMatchObject(refused());
    });
    it('a dry run is refused as well, and what Slipway does by itself is not', async () => {
      const ref = { tenant, kind: 'User', name: 'ada' };
      await expect(store.delete(ref, { ...asked, dryRun: true })).rejects.toMatchObject(refused());
      await expect(store.delete(ref)).resolves.toBeDefined();
    });
    it('what does not concern it is free: other people, labels, names', async () => {
      const eve = await user('eve');
      await change(ada, { displayName: 'Ada' });
      await change(binding, { subjects: [someone('ada'), someone('eve')] });
      await remove(eve);
    });
    it('a role of one’s own that gives everything counts, and taking from it is refused', async () => {
      const everything = [{ resources: ['*'], verbs: ['*'] }];
      const role = await make('Role', 'owners', { level: 'tenant', rules: everything });
      await user('eve');
      const owners = await bind('owners', [someone('eve')], 'owners');
      await remove(binding);
      await expect(remove(owners)).rejects.toMatchObject(refused());
      await expect(change(role, { rules: [{ resources: ['clusters'], verbs: ['*'] }] })).rejects.toMatchObject(refused());
      await expect(change(role, { level: 'project' })).rejects.toMatchObject(refused());
      await expect(remove(role)).rejects.toMatchObject(refused());
    });
  });

  describe('who is in a team', () => {
    it('the last member, the team, its binding, the member’s account: refused', async () => {
      const [ada, team] = [await user('ada'), await make('Team', 'admins', { members: ['ada'] })];
      const binding = await bind('admins', [{ kind: 'Team', name: 'admins' }]);
      for (const way of [
        () => change(team, { members: [] }),
        () => change(team, { members: ['absent'] }),
        () => remove(team),
        () => remove(binding),
        () => remove(ada),
        () => change(ada, { disabled: true }),
      ])
        await expect(way()).rejects.toMatchObject(refused());
      await user('eve');
      await change(team, { members: ['ada', 'eve'] });
      await remove(ada);
    });

    it('by the mapping of a provider: the mapping, the provider, its issuer', async () => {
      const corp = await provider('corp', [{ group: 'ops', team: 'admins' }]);
      await make('Team', 'admins', { members: [] });
      await bind('admins', [{ kind: 'Team', name: 'admins' }]);
      const ada = await comer('ada', corp, ['ops']);
      await comer('zoe', corp, ['sales']);
      for (const way of [
        () => change(corp, { teams: [] }),
        () => change(corp, { teams: [{ group: 'sales', team: 'sellers' }] }),
        () => change(corp, { disabled: true }),
        () => change(corp, { oidc: { issuer: 'https://other.example', clientId: 'x' } }),
        () => remove(corp),
        () => remove(ada),
      ])
        await expect(way()).rejects.toMatchObject(refused());
      await change(corp, { teams: [{ group: 'sales', team: 'admins' }] });
      await remove(ada);
    });

    it('a local account beside it keeps the provider changeable', async () => {
      const corp = await provider('corp', [{ group: 'ops', team: 'admins' }]);
      await comer('ada', corp, ['ops']);
      await user('root');
      await bind('admins', [{ kind: 'Team', name: 'admins' }, someone('root')]);
      await remove(corp);
    });
  });

  describe('of the system', () => {
    const ofSystem = 'this Slipway';
    it('its bindings, its users wherever they are at home, and their tenants', async () => {
      const ada = await user('ada');
      const binding = await bind(`system-${tenant}`, [someone('ada', { tenant })], 'system-admin', {}, SYSTEM_TENANT);
      const home = (await store.get({ tenant: SYSTEM_TENANT, kind: 'Tenant', name: tenant })) as Thing;
      for (const way of [
        () => remove(binding, SYSTEM_TENANT),
        () => change(binding, { role: 'system-viewer' }, SYSTEM_TENANT),
        () => change(home, { suspended: true }, SYSTEM_TENANT),
        () => remove(home, SYSTEM_TENANT),
        () => remove(ada),
        () => change(ada, { disabled: true }),
      ])
        await expect(way()).rejects.toMatchObject(refused(ofSystem));
      // An operator is an administrator of the own tenant too.
      const bound = await bind('admins', [someone('ada')]);
      await remove(bound);
      await user('eve');
      await change(binding, { subjects: [someone('ada', { tenant }), someone('eve', { tenant })] }, SYSTEM_TENANT);
      await remove(ada);
      await store.delete({ tenant: SYSTEM_TENANT, kind: 'RoleBinding', name: binding.metadata.name });
    });
  });

  it('a tenant that has none has none to lose', async () => {
    const [ada, binding] = [await user('ada'), await bind('viewers', [someone('ada')], 'tenant-viewer')];
    await remove(binding);
    await remove(ada);
  });

  it('two who take each other away at once: one of them stays, every time', async () => {
    for (let round = 0; round < 15; round++) {
      const names = [`a${round}`, `b${round}`] as const;
      const users = await Promise.all(names.map((name) => user(name)));
      const bindings = await Promise.all(names.map((name) => bind(name, [someone(name)])));
      // In every mixture of ways.
      const ways = [
        () => remove(users[0] as Thing),
        () => change(users[0] as Thing, { disabled: true }),
        () => remove(bindings[0] as Thing),
        () => change(bindings[0] as Thing, { role: 'tenant-viewer' }),
      ];
      const others = [
        () => remove(users[1] as Thing),
        () => change(bindings[1] as Thing, { subjects: [someone('nobody')] }),
        () => remove(bindings[1] as Thing),
      ];
      const [one, other] = [ways[round % ways.length], others[round % others.length]] as [() => Promise<unknown>, () => Promise<unknown>];
      const results = await Promise.allSettled([one(), other()]);
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      expect(reasons).toHaveLength(1);
      expect(reasons[0]).toBeInstanceOf(SlipwayError);
      expect(reasons[0]).toMatchObject(refused());
      for (const kind of ['User', 'RoleBinding'])
        for (const name of names) await store.delete({ tenant, kind, name }).catch(() => undefined);
    }
  });

  it('sixteen who leave at once: the last one stays', async () => {
    const names = Array.from({ length: 16 }, (_, n) => `u${n}`);
    for (const name of names) await user(name);
    await bind(
      'admins',
      names.map((name) => someone(name)),
    );
    const left = await Promise.allSettled(names.map((name) => store.delete({ tenant, kind: 'User', name }, asked)));
    expect(left.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect((await store.list({ tenant, kind: 'User' })).items).toHaveLength(1);
  });
});
