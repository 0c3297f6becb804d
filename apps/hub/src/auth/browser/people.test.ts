import type { ApiClient } from '@slipway/api';
import { randomSuffix } from '@slipway/kit';
import {
  apiKeyKind,
  type ApiObject,
  identityProviderKind,
  registryKind,
  roleBindingKind,
  roleKind,
  teamKind,
  userKind,
} from '@slipway/model';
import { testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bind, type SingleSignOnWorld, startSingleSignOn } from '../../testing/single-sign-on.ts';

describe.each(testEngines)('people who come through a certified provider, on %s', (engine) => {
  let sso: SingleSignOnWorld;
  beforeAll(async () => {
    sso = await startSingleSignOn(engine);
  }, 180_000);
  afterAll(() => sso?.stop());

  describe('whom somebody becomes', () => {
    it('account takeover: not the local user of the same name and e-mail address, nor whoever had them before', async () => {
      await sso.acme.create(userKind, { kind: 'User', metadata: { name: 'eve' }, spec: { email: 'eve@example.com' } });
      sso.idp.person = { sub: 'first-eve', preferred_username: 'eve', email: 'eve@example.com', email_verified: true };
      const first = (await sso.me((await sso.signedIn('corp')).api)).username;
      expect(first).toMatch(/^eve-[0-9a-f]{8}$/);
      sso.idp.person = { ...sso.idp.person, sub: 'second-eve' };
      const second = (await sso.me((await sso.signedIn('corp')).api)).username;
      expect(second).toMatch(/^eve-[0-9a-f]{8}$/);
      expect(second).not.toBe(first);
      expect((await sso.userNamed('eve')).spec.identity).toBeUndefined();
    });

    it('nor a name that rights wait for: a binding, a team', async () => {
      await sso.acme.create(roleBindingKind, bind('waiting', 'tenant-admin', { kind: 'User', name: 'boss' }));
      await sso.acme.create(teamKind, { kind: 'Team', metadata: { name: 'waiting' }, spec: { members: ['helper'] } });
      for (const name of ['boss', 'helper']) {
        sso.idp.person = { sub: `not-${name}`, preferred_username: name };
        const { username, groups } = await sso.me((await sso.signedIn('corp')).api);
        expect(username).toMatch(new RegExp(`^${name}-[0-9a-f]{8}$`));
        expect(groups).toEqual(['authenticated']);
      }
    });

    it('an unverified e-mail address is neither kept nor enough', async () => {
      await sso.makeProvider('strict', { allow: { emailDomains: ['example.com'] } });
      sso.idp.person = { sub: 'liar', preferred_username: 'liar', email: 'ada@example.com', email_verified: false };
      await sso.refusedPage(sso.browser(), sso.start('strict'), /verified/);
      expect((await sso.me((await sso.signedIn('corp')).api)).username).toBe('liar');
      expect((await sso.userNamed('liar')).spec.email).toBe('');
      sso.idp.person = { ...sso.idp.person, email_verified: true };
      expect((await sso.me((await sso.signedIn('strict')).api)).username).toMatch(/^liar-/);
    });

    it('a provider that makes no users lets in whom an admin linked', async () => {
      await sso.makeProvider('closed', { createUsers: false });
      sso.idp.person = { sub: 'grace-1', preferred_username: 'grace' };
      await sso.refusedPage(sso.browser(), sso.start('closed'), /grace-1/);
      const identity = { provider: 'closed', issuer: sso.idp.issuer, subject: 'grace-1' };
      await sso.acme.create(userKind, { kind: 'User', metadata: { name: 'grace' }, spec: { identity } });
      expect((await sso.me((await sso.signedIn('closed')).api)).username).toBe('grace');
      for (const [wrong, field] of [
        [identity, 'spec.identity.subject'],
        [{ ...identity, subject: 'x', issuer: 'https://evil.example' }, 'spec.identity.issuer'],
        [{ ...identity, subject: 'x', provider: 'nosuch' }, 'spec.identity.provider'],
      ] as const)
        await expect(
          sso.acme.create(userKind, { kind: 'User', metadata: { name: 'grace2' }, spec: { identity: wrong } }),
        ).rejects.toMatchObject({
          code: 'Invalid',
          causes: [expect.objectContaining({ field })],
        });
    });

    it('somebody disabled is not let in, whatever the provider says', async () => {
      sso.idp.person = { sub: 'fired', preferred_username: 'fired' };
      await sso.signedIn('corp');
      await sso.acme.patch({ kind: userKind, name: 'fired' }, { spec: { disabled: true } });
      await sso.refusedPage(sso.browser(), sso.start('corp'), /cannot sign in/);
    });
  });

  describe('teams', () => {
    const rules = [{ resources: ['registries'], verbs: ['list', 'watch'] }];
    const carol = { sub: 'carol', preferred_username: 'carol' };
    const watch = async (api: ApiClient) => {
      const events = api.watch(registryKind, '0')[Symbol.asyncIterator]();
      expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
      return async (): Promise<number> => {
        const from = performance.now();
        while (!(await events.next()).done);
        return performance.now() - from;
      };
    };
    beforeAll(async () => {
      await sso.acme.create(roleKind, { kind: 'Role', metadata: { name: 'sees' }, spec: { level: 'tenant', rules } });
      for (const team of ['ops', 'dev']) await sso.acme.create(teamKind, { kind: 'Team', metadata: { name: team }, spec: {} });
      await sso.acme.create(roleBindingKind, bind('ops', 'sees', { kind: 'Team', name: 'ops' }));
      await sso.makeProvider('mapped', {
        teams: [
          { group: 'operators', team: 'ops' },
          { group: 'devs', team: 'dev' },
        ],
      });
    });

    it('come from the provider’s groups beside those an admin gave, and go with the group', async () => {
      sso.idp.person = { ...carol, groups: ['operators', 'others'] };
      const { api } = await sso.signedIn('mapped');
      expect((await sso.me(api)).groups).toEqual(['authenticated', 'team:ops']);
      await sso.acme.patch({ kind: teamKind, name: 'dev' }, { spec: { members: ['carol'] } });
      await expect.poll(async () => (await sso.me(api)).groups).toEqual(['authenticated', 'team:dev', 'team:ops']);
      expect((await sso.acme.get<ApiObject<any>>({ kind: teamKind, name: 'ops' })).spec.members).toEqual([]);
      const ends = await watch(api);
      sso.idp.person = carol;
      await sso.signedIn('mapped');
      expect(await ends(), 'the group is gone at the next sign-in, for every session').toBeLessThan(5000);
      expect((await sso.me(api)).groups).toEqual(['authenticated', 'team:dev']);
    });

    it('an open watch ends within 5 s when the mapping is removed', async () => {
      sso.idp.person = { ...carol, groups: ['operators'] };
      const { api } = await sso.signedIn('mapped');
      const ends = await watch(api);
      await sso.acme.patch({ kind: identityProviderKind, name: 'mapped' }, { spec: { teams: [] } });
      expect(await ends()).toBeLessThan(5000);
      await expect(api.list(registryKind)).rejects.toMatchObject({ code: 'Forbidden' });
    });

    it('nobody maps to a team what they do not hold, nor changes whom a provider’s people are', async () => {
      const writes = [{ resources: ['identityproviders', 'users', 'users/status'], verbs: ['*'] }];
      await sso.acme.create(roleKind, { kind: 'Role', metadata: { name: 'sso-admin' }, spec: { level: 'tenant', rules: writes } });
      await sso.acme.create(userKind, { kind: 'User', metadata: { name: 'mallory' }, spec: {} });
      await sso.acme.create(roleBindingKind, bind('mallory', 'sso-admin', { kind: 'User', name: 'mallory' }));
      const mallory = sso.client((await sso.test.hub.identity.issueToken({ tenant: 'acme', name: 'mallory' })).token);
      const spec = sso.providerSpec();
      const forbidden = { code: 'Forbidden', message: expect.stringContaining('do not hold') };
      const mine = { kind: identityProviderKind, name: 'mine' };
      await expect(
        mallory.create(identityProviderKind, {
          kind: 'IdentityProvider',
          metadata: { name: 'mine' },
          spec: { ...spec, teams: [{ group: 'g', team: 'ops' }] },
        }),
      ).rejects.toMatchObject(forbidden);
      await mallory.create(identityProviderKind, {
        kind: 'IdentityProvider',
        metadata: { name: 'mine' },
        spec: { ...spec, teams: [{ group: 'g', team: 'dev' }] },
      });
      await expect(mallory.patch(mine, { spec: { teams: [{ group: 'g', team: 'ops' }] } })).rejects.toMatchObject(forbidden);
      // Its people include somebody who holds more: pointing it elsewhere would be becoming them.
      sso.idp.person = { sub: 'powerful', preferred_username: 'powerful' };
      await sso.signedIn('corp');
      await sso.acme.create(roleBindingKind, bind('powerful', 'tenant-admin', { kind: 'User', name: 'powerful' }));
      const corp = { kind: identityProviderKind, name: 'corp' };
      await expect(mallory.patch(corp, { spec: { oidc: { clientSecret: 'mine' } } })).rejects.toMatchObject(forbidden);
      await expect(mallory.patch(corp, { spec: { allow: { claims: [] }, displayName: 'x' } })).rejects.toMatchObject(forbidden);
      // Nor linking a user who holds more to a subject of their own, nor saying who is in which team.
      const identity = { provider: 'mine', issuer: sso.idp.issuer, subject: 'mallory' };
      await expect(mallory.patch({ kind: userKind, name: 'powerful' }, { spec: { identity } })).rejects.toMatchObject(forbidden);
      const signIn = { providerUid: 'x', subject: 'x', groups: ['operators'], at: new Date().toISOString() };
      await expect(
        mallory.patch({ kind: userKind, name: 'mallory' }, { status: { signIn } }, { subresource: 'status' }),
      ).rejects.toMatchObject({ code: 'Forbidden' });
      await expect(
        sso.acme.patch({ kind: userKind, name: 'mallory' }, { status: { signIn } }, { subresource: 'status' }),
      ).rejects.toMatchObject({ code: 'Forbidden' });
      // Taking away is allowed.
      await mallory.patch(mine, { spec: { disabled: true } });
    });
  });

  describe('what ends with the provider', () => {
    const dora = { sub: 'dora', preferred_username: 'dora' };
    const name = 'ending';
    const provider = { kind: identityProviderKind, name };
    const everything = async () => {
      sso.idp.person = dora;
      const { api } = await sso.signedIn(name);
      const user = (await sso.me(api)).username;
      const keyName = `key-${randomSuffix()}`;
      await api.create(apiKeyKind, { kind: 'ApiKey', metadata: { name: keyName }, spec: { owner: { kind: 'User', name: user } } });
      const key = sso.client(
        (await api.request<{ token: string }>(`/apis/slipway.dev/v1/apikeys/${keyName}/token`, { method: 'POST', body: {} })).token,
      );
      const watches = [api, key].map((one) => one.watch(registryKind, '0')[Symbol.asyncIterator]());
      for (const events of watches) expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
      return { api, key, user, watches };
    };
    beforeAll(async () => {
      const rules = [{ resources: ['registries', 'apikeys', 'apikeys/token'], verbs: ['*'] }];
      await sso.acme.create(roleKind, { kind: 'Role', metadata: { name: 'keeper' }, spec: { level: 'tenant', rules } });
      await sso.makeProvider(name);
      sso.idp.person = dora;
      const { username } = await sso.me((await sso.signedIn(name)).api);
      await sso.acme.create(roleBindingKind, bind('dora', 'keeper', { kind: 'User', name: username }));
    });

    it.each([
      [
        'it is disabled',
        () => sso.acme.patch(provider, { spec: { disabled: true } }),
        () => sso.acme.patch(provider, { spec: { disabled: false } }),
      ],
      [
        'it gets another issuer',
        () => sso.acme.patch(provider, { spec: { oidc: { issuer: 'https://other.example', clientSecret: 'x' } } }),
        () => sso.acme.patch(provider, { spec: { oidc: { issuer: sso.idp.issuer, clientSecret: sso.idp.clientSecret } } }),
      ],
      ['it is removed', () => sso.acme.delete(provider), () => sso.makeProvider(name)],
    ])('sessions, keys and open watches end within 5 s when %s; making it good revives no session', async (_what, end, restore) => {
      const { api, key, watches } = await everything();
      const from = performance.now();
      await end();
      for (const events of watches) while (!(await events.next()).done);
      expect(performance.now() - from).toBeLessThan(5000);
      for (const one of [api, key]) await expect(one.list(registryKind)).rejects.toMatchObject({ code: 'Unauthorized' });
      await restore();
      // Who signs in again has their keys again: it is the same person.
      sso.idp.person = dora;
      await sso.signedIn(name);
      await expect
        .poll(() =>
          key.list(registryKind).then(
            () => 'works',
            () => 'refused',
          ),
        )
        .toBe('works');
      await expect(api.list(registryKind)).rejects.toMatchObject({ code: 'Unauthorized' });
    });

    it('and when its user is linked to somebody else', async () => {
      const { api, key, user, watches } = await everything();
      await sso.acme.patch({ kind: userKind, name: user }, { spec: { identity: { subject: 'somebody-else' } } });
      for (const events of watches) while (!(await events.next()).done);
      for (const one of [api, key]) await expect(one.list(registryKind)).rejects.toMatchObject({ code: 'Unauthorized' });
    });
  });
});
