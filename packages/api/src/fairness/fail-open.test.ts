import { SlipwayError } from '@slipway/kit';
import { type Authorizer, type ObjectStore, type Principal, projectKind } from '@slipway/model';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApi } from '../api.ts';

const queue = vi.hoisted(() => ({ broken: undefined as 'throws' | 'hangs' | undefined }));
vi.mock('./fair-queue.ts', async (original) => {
  const real = await original<typeof import('./fair-queue.ts')>();
  return {
    ...real,
    createFairQueue: (...given: Parameters<typeof real.createFairQueue>) => {
      const made = real.createFairQueue(...given);
      const enter: typeof made.enter = (...asked) => {
        if (queue.broken === 'throws') throw new Error('the test broke the queue');
        return queue.broken === 'hangs' ? new Promise(() => undefined) : made.enter(...asked);
      };
      return { ...made, enter };
    },
  };
});

/** Who has no seat does nothing: not when the queue fails, and not while it says nothing. */
describe('fail open: the queue of requests', () => {
  const used: string[] = [];
  const unused = (what: string) => (): never => {
    used.push(what);
    throw new SlipwayError('NotFound', 'nothing is here');
  };
  const store = { get: unused('get'), list: unused('list'), create: unused('create'), update: unused('update'), delete: unused('delete') };
  const principal: Principal = { name: 'ada', tenant: 'default', home: 'default', groups: [] } as unknown as Principal;
  const authorizer = {
    enter: async () => principal,
    authorize: async () => ({ allowed: true, reason: 'the test' }),
    guard: () => store as unknown as ObjectStore,
    lasting: () => ({ signal: new AbortController().signal, release: () => undefined }),
  } as unknown as Authorizer;
  const app = fastify();
  beforeAll(async () => {
    const api = createApi({
      kinds: [projectKind],
      authenticator: { authenticate: async () => principal },
      authorizer,
      fleet: { listAll: async () => ({ items: [], resourceVersion: '1' }) },
      version: '0.0.0-test',
      stopping: new AbortController().signal,
    });
    api.routes(app);
    await app.ready();
  });
  afterAll(() => app.close());

  const API = '/apis/slipway.dev/v1/projects';
  const project = { apiVersion: 'slipway.dev/v1', kind: 'Project', metadata: { name: 'x' }, spec: {} };
  const REQUESTS: ['GET' | 'POST' | 'PUT' | 'DELETE', string, object?][] = [
    ['GET', API],
    ['GET', `${API}/x`],
    ['POST', API, project],
    ['PUT', `${API}/x`, project],
    ['DELETE', `${API}/x`],
  ];
  const send = ([method, url, payload]: (typeof REQUESTS)[number]) =>
    app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });

  it.each(REQUESTS)('%s %s is not done when the queue fails, and is again when it works', async (...request) => {
    queue.broken = 'throws';
    const answer = await send(request);
    expect([answer.statusCode, answer.json()]).toEqual([500, expect.objectContaining({ kind: 'Status', status: 'Failure' })]);
    expect(used).toEqual([]);
    queue.broken = undefined;
    expect((await send(request)).statusCode).toBe(404);
    expect(used.splice(0)).not.toEqual([]);
  });

  it.each(REQUESTS)('%s %s waits while the queue says nothing', async (...request) => {
    queue.broken = 'hangs';
    let answered = false;
    void send(request).then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([answered, used]).toEqual([false, []]);
    queue.broken = undefined;
  });
});
