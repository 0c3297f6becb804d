import { DRAFT_TTL_MS } from '@slipway/model';
import { expect, it } from 'vitest';
import { createWorld, object } from '../test-world.ts';

it('a draft goes thirty days after its last change, a view stays', async () => {
  const world = await createWorld();
  const controller = world.make().controllers['user-item'];
  const run = (name: string) => controller?.reconcile(`default/${name}`, new AbortController().signal);
  const spec = { owner: 'ada', about: 'create-cluster' };
  await world.store.create(object('UserItem', 'form', { ...spec, type: 'draft' }));
  await world.store.create(object('UserItem', 'list', { ...spec, type: 'view' }));
  const get = (name: string) => world.store.get({ kind: 'UserItem', name });
  await run('form');
  await run('list');

  await world.clock.advance(DRAFT_TTL_MS - 1000);
  const kept = await get('form');
  if (kept === undefined) throw new Error('gone too early');
  await world.store.update({ ...kept, spec: { ...(kept.spec as object), title: 'changed' } });
  await run('form');
  await world.clock.advance(DRAFT_TTL_MS - 1000);
  await run('form');
  expect(await get('form')).toBeDefined();
  await world.clock.advance(2000);
  await run('form');
  await run('list');
  expect(await get('form')).toBeUndefined();
  expect(await get('list')).toBeDefined();
});
