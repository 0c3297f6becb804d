import { GROUP, type NewObject, type Principal } from '@slipway/model';
import { createMemoryStore } from '@slipway/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAuthorizer } from './authorizer.ts';
import { createDirectory } from './directory.ts';

const tenant = 'acme';
const store = createMemoryStore({ clock: { now: () => Date.now() } });
const directory = createDirectory({ store, database: undefined as never });
const authorizer = createAuthorizer({ directory, store, again: async (principal) => principal });
let count = 0;

const put = (kind: string, name: string, spec: object, more: object = {}) =>
  store.create({ kind, metadata: { name, ...more }, spec } as NewObject, { tenant });
const role = async (level: string, rules: object[], user: string, more: object = {}) => {
  const name = `r${++count}`;
  await put('Role', name, { level, rules });
  await put('RoleBinding', name, { role: name, subjects: [{ kind: 'User', name: user }], ...more });
  directory.changed('RoleBinding', tenant);
};
const me: Principal = { name: 'mallory', groups: [], tenant, home: tenant };
const edit = async (name: string, metadata: object, as: Principal = me) => {
  const request = { verb: 'update', group: GROUP, resource: 'clusters', project: 'shop', name };
  const guarded = authorizer.guard(as, request, await authorizer.authorize(as, request));
  const old = await guarded.get({ kind: 'Cluster', project: 'shop', name });
  if (old === undefined) throw new Error('not there');
  return guarded.update({ ...old, metadata: { ...old.metadata, ...metadata } }, { tenant });
};
const refused = { code: 'Forbidden', message: expect.stringContaining('rights that they do not hold') };

describe('RBAC escalation by way of an object', () => {
  let name: string;
  const EDITS = [{ resources: ['clusters'], verbs: ['get', 'update'] }];
  const ENTERS = [{ resources: ['clusters/proxy', 'clusters/kubernetes'], verbs: ['*'] }];
  beforeEach(async () => {
    name = `c${++count}`;
    await put('Cluster', name, {}, { namespace: 'shop', labels: { env: 'prod' } });
  });

  it('nobody paints a cluster so that their own role reaches into it', async () => {
    await role('project', EDITS, 'mallory');
    await role('resource', ENTERS, 'mallory', { selector: 'env=dev' });
    await expect(edit(name, { labels: { env: 'dev' } })).rejects.toMatchObject(refused);
    // Other labels, and fewer, are what they may change.
    await edit(name, { labels: { env: 'prod', owner: 'me' } });
    await edit(name, { labels: {} });
  });

  it('nor so that somebody else’s does, unless they hold it themselves', async () => {
    await role('project', EDITS, 'ann');
    await role('resource', ENTERS, 'bob', { selector: 'team=bob', projects: ['shop'] });
    const ann = { ...me, name: 'ann' };
    await expect(edit(name, { labels: { team: 'bob' } }, ann)).rejects.toMatchObject(refused);
    await role('project', ENTERS, 'ann', { projects: ['shop'] });
    await edit(name, { labels: { team: 'bob' } }, ann);
  });

  it('who may change but not delete makes nothing be collected by naming an owner that is gone', async () => {
    await role('project', EDITS, 'eve');
    const eve = { ...me, name: 'eve' };
    const owner = { apiVersion: 'slipway.dev/v1', kind: 'Cluster', name: 'gone', uid: 'gone' };
    await expect(edit(name, { ownerReferences: [owner] }, eve)).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('who may delete it'),
    });
    await edit(name, { annotations: { note: 'mine' } }, eve);
    await role('project', [{ resources: ['clusters'], verbs: ['delete'] }], 'eve');
    await edit(name, { ownerReferences: [owner] }, eve);
  });
});
