import { randomBytes } from 'node:crypto';
import {
  type IdentityProviderSpec,
  identityProviderSpecSchema,
  type Principal,
  roleBindingSpecSchema,
  type UserSpec,
} from '@slipway/model';
import { createStore, createVault, type Database, environmentKeys, type Store } from '@slipway/store';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdentity, type Identity } from './identity.ts';
import { userOf } from './oidc/people.ts';
import type { Provider } from './oidc/provider-client.ts';

const tenant = 'default';
const request = { verb: 'list', group: 'slipway.dev', resource: 'registries' };
const HOUR = 3_600_000;

describe.each(testEngines)('who comes through an identity provider, on %s', (engine) => {
  let database: Database;
  let store: Store;
  let here: Identity;
  let replica: Identity;
  let time = Date.now();
  const clock = { now: () => time };
  const stop = new AbortController();
  const providerSpec = (more: object = {}): IdentityProviderSpec =>
    identityProviderSpecSchema.parse({ oidc: { issuer: 'https://login.example.com', clientId: 'slipway' }, ...more });
  const makeProvider = async (name: string, more: object = {}) =>
    (await store.create({ kind: 'IdentityProvider', metadata: { name }, spec: providerSpec(more) }, { tenant })) as Provider;
  /** What a sign-in does once the provider has said who it is. */
  const signIn = async (provider: Provider, subject: string, groups: readonly string[] = []) => {
    const person = { subject, username: subject, displayName: '', email: '', groups };
    const user = await userOf({ store, directory: here.directory, clock }, { tenant, provider }, person, (_name, work) => work());
    const { uid: providerUid, name } = provider.metadata;
    const details = { providerUid, issuer: provider.spec.oidc.issuer, subject };
    return { user, session: await here.openSession({ tenant, name: user.metadata.name }, { method: 'oidc', provider: name, details }, {}) };
  };
  const bearer = (token: string) => ({ method: 'GET', headers: { authorization: `Bearer ${token}` } });
  /** As soon as the other replica has noticed. */
  const gone = (token: string) => expect.poll(() => replica.authenticate(bearer(token)), { timeout: 5000 }).toBeUndefined();

  beforeAll(async () => {
    database = await testDatabase(engine);
    const keys = environmentKeys(`k1:${randomBytes(32).toString('base64')}`);
    const vault = createVault({ database, keys });
    await vault.check();
    store = createStore({ database, vault });
    here = createIdentity({ database, store, clock });
    replica = createIdentity({ database, store, clock, cacheMs: 100, pollMs: 100 });
    await here.start(stop.signal);
    await replica.start(stop.signal);
    await store.create({ kind: 'Team', metadata: { name: 'ops' }, spec: { displayName: '', members: [] } }, { tenant });
    const spec = roleBindingSpecSchema.parse({ role: 'tenant-admin', subjects: [{ kind: 'Team', name: 'ops' }] });
    await store.create({ kind: 'RoleBinding', metadata: { name: 'ops' }, spec }, { tenant });
  }, 120_000);
  afterAll(async () => {
    stop.abort();
    await database.close();
  });

  it('another replica ends what is open when a provider is disabled, within 5 s and for good', async () => {
    const provider = await makeProvider('corp', { teams: [{ group: 'operators', team: 'ops' }] });
    const { session } = await signIn(provider, 'ada', ['operators']);
    const principal = (await replica.authenticate(bearer(session.token))) as Principal;
    expect(principal.groups).toEqual(['authenticated', 'team:ops']);
    const decision = await replica.authorizer.authorize(principal, request);
    expect(decision.allowed).toBe(true);
    const { signal } = replica.authorizer.lasting(principal, request, decision);
    const from = performance.now();
    await store.update({ ...provider, spec: { ...provider.spec, disabled: true } }, { tenant });
    await expect.poll(() => signal.aborted, { timeout: 5000 }).toBe(true);
    expect(performance.now() - from).toBeLessThan(5000);
    await gone(session.token);
    await expect.poll(() => here.sessions.stands(session.id), { timeout: 5000 }).toBe(false);
  });

  it('and what needs a team when the mapping goes; what does not, goes on', async () => {
    const provider = await makeProvider('mapped', { teams: [{ group: 'operators', team: 'ops' }] });
    const { session } = await signIn(provider, 'grace', ['operators']);
    const principal = (await replica.authenticate(bearer(session.token))) as Principal;
    const decision = await replica.authorizer.authorize(principal, request);
    const { signal } = replica.authorizer.lasting(principal, request, decision);
    await store.update({ ...provider, spec: { ...provider.spec, teams: [] } }, { tenant });
    await expect.poll(() => signal.aborted, { timeout: 5000 }).toBe(true);
    expect((await replica.authenticate(bearer(session.token)))?.groups).toEqual(['authenticated']);
  });

  it('a session ends so long after the sign-in, keys rest later, and a sign-in wakes them', async () => {
    const provider = await makeProvider('timed', { sessionMaxAgeSeconds: 3600, keyMaxAgeSeconds: 7200 });
    const { user, session } = await signIn(provider, 'edsger');
    const key = await here.issueToken({ name: user.metadata.name });
    time += HOUR / 2;
    // From another way in, half an hour later: counted from the provider's word all the same.
    const later = await here.openSession(session.user, { method: 'device', provider: 'timed', details: session.details }, {});
    expect(later.expiresAt).toBe(session.expiresAt);
    time += HOUR / 2 + 1;
    for (const { token } of [session, later]) expect(await here.authenticate(bearer(token))).toBeUndefined();
    expect(await here.authenticate(bearer(key.token))).toMatchObject({ name: 'edsger' });
    time += HOUR;
    expect(await here.authenticate(bearer(key.token)), 'nobody has vouched for them for two hours').toBeUndefined();
    await expect(here.openSession(session.user, { method: 'device', provider: 'timed' }, {})).rejects.toMatchObject({
      code: 'Unauthorized',
    });
    await signIn(provider, 'edsger');
    expect(await here.authenticate(bearer(key.token))).toMatchObject({ name: 'edsger' });
  });

  it('signs in through its provider in no other way, and a local user through none', async () => {
    const provider = await makeProvider('only');
    const { user } = await signIn(provider, 'barbara');
    const { name } = user.metadata;
    for (const how of [{ method: 'password' as const }, { method: 'oidc' as const, provider: 'mapped' }])
      await expect(here.openSession({ tenant, name }, how, {})).rejects.toMatchObject({ code: 'Unauthorized' });
    const spec: UserSpec = { displayName: '', email: '', disabled: false };
    await store.create({ kind: 'User', metadata: { name: 'local' }, spec }, { tenant });
    await expect(here.openSession({ tenant, name: 'local' }, { method: 'oidc', provider: 'only' }, {})).rejects.toMatchObject({
      code: 'Unauthorized',
    });
  });

  it('first sign-ins of one person at the same moment make one user', async () => {
    const provider = await makeProvider('twice');
    const made = await Promise.all(Array.from({ length: 8 }, () => signIn(provider, 'alan')));
    expect(new Set(made.map(({ user }) => user.metadata.uid)).size).toBe(1);
    const { items } = await store.list({ tenant, kind: 'User', fieldSelector: `spec.identity.provider=${provider.metadata.name}` });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['alan']);
  });

  it('the first admin gets in again by the host when the provider is what does not work', async () => {
    const { token } = await here.resetAdmin();
    const admin = await store.get({ tenant, kind: 'User', name: 'admin' });
    const identity = { provider: 'gone', issuer: 'https://gone.example', subject: 'admin' };
    await store.update({ ...(admin as NonNullable<typeof admin>), spec: { ...(admin?.spec as UserSpec), identity } }, { tenant });
    here.directory.changed('User', tenant);
    expect(await here.authenticate(bearer(token))).toBeUndefined();
    expect(await here.authenticate(bearer((await here.resetAdmin()).token))).toMatchObject({ name: 'admin' });
  });
});
