import { SlipwayError } from '@slipway/kit';
import { describe, expect, it } from 'vitest';
import { createFairQueue, FAIR_QUEUE_LIMITS, type FairQueueLimits } from './fair-queue.ts';

const limits: FairQueueLimits = { ...FAIR_QUEUE_LIMITS, seats: 4, principalQueue: 5, tenantQueue: 8, refusalMs: 0 };
const ada = { tenant: 'acme', principal: 'ada' };
const bob = { tenant: 'acme', principal: 'bob' };
const eve = { tenant: 'globex', principal: 'eve' };
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Enters and notes who got a seat, in order. */
function queue(over: Partial<FairQueueLimits> = {}) {
  let time = 0;
  const fair = createFairQueue({ ...limits, ...over }, () => time);
  const order: string[] = [];
  const releases: (() => void)[] = [];
  const refused: SlipwayError[] = [];
  const ask = (flow: typeof ada, signal?: AbortSignal): Promise<void> =>
    fair.enter(flow, signal).then(
      (release) => {
        order.push(flow.principal);
        releases.push(release);
      },
      (error: unknown) => void refused.push(error as SlipwayError),
    );
  return { fair, order, releases, refused, ask, pass: (ms: number) => (time += ms) };
}

describe('seats', () => {
  it('one tenant alone uses all; more wait in order, and go on as seats are given back', async () => {
    const { fair, order, releases, ask } = queue();
    for (let n = 0; n < 6; n++) void ask(ada);
    await settle();
    expect(order).toHaveLength(4);
    expect(fair.load).toEqual({ inWork: 4, waiting: 2 });
    releases[0]?.();
    releases[0]?.();
    await settle();
    expect(order, 'a seat given back twice counts once').toHaveLength(5);
  });

  it('a quiet tenant finds a seat while another floods, and the flood keeps to its part as long as both ask', async () => {
    const { order, releases, ask, pass } = queue();
    void ask(eve);
    await settle();
    releases.shift()?.();
    for (let n = 0; n < 8; n++) void ask(ada);
    await settle();
    expect(
      order.filter((name) => name === 'ada'),
      'a quarter of the seats with two tenants',
    ).toHaveLength(1);
    await ask(eve);
    expect(order.at(-1)).toBe('eve');
    releases.pop()?.();
    // Nobody else has asked for a while: the flood may have everything.
    pass(limits.activeMs + 1);
    releases.shift()?.();
    await settle();
    expect(order.filter((name) => name === 'ada')).toHaveLength(5);
  });

  it('between the users of a tenant it is one after the other, however many one of them asks for', async () => {
    const { order, releases, ask } = queue({ seats: 1 });
    for (let n = 0; n < 5; n++) void ask(ada);
    for (let n = 0; n < 2; n++) void ask(bob);
    for (let n = 0; n < 6; n++) {
      await settle();
      releases.shift()?.();
    }
    await settle();
    expect(order).toEqual(['ada', 'ada', 'bob', 'ada', 'bob', 'ada', 'ada']);
  });

  it('with tenants in any number, each gets its turn', async () => {
    const { order, releases, ask } = queue({ seats: 1 });
    for (let n = 0; n < 6; n++) void ask(ada);
    for (const name of ['b', 'c', 'd']) void ask({ tenant: name, principal: name });
    for (let n = 0; n < 4; n++) {
      await settle();
      releases.shift()?.();
    }
    expect(order.slice(1, 4).toSorted()).toEqual(['b', 'c', 'd']);
  });
});

describe('requests that are answered at once', () => {
  it('take their seat for a turn of the event loop: a flood of them lets others in after each handful', async () => {
    const fair = createFairQueue({ ...limits, principalQueue: 100, tenantQueue: 100 });
    const order: string[] = [];
    const ask = async (flow: typeof ada) => {
      const release = await fair.enter(flow);
      order.push(flow.principal);
      release();
    };
    for (let n = 0; n < 50; n++) void ask(ada);
    for (let microtasks = 0; microtasks < 100; microtasks++) await Promise.resolve();
    expect(order).toHaveLength(limits.seats);
    void ask(eve);
    await settle();
    await settle();
    expect(order.indexOf('eve')).toBeGreaterThan(0);
    expect(order.indexOf('eve')).toBeLessThanOrEqual(2 * limits.seats);
  });
});

describe('bounds', () => {
  it('queues are bounded for each user and each tenant; others still find room', async () => {
    const { fair, refused, ask } = queue({ seats: 1 });
    for (let n = 0; n < 20; n++) void ask(ada);
    await settle();
    expect(fair.load).toEqual({ inWork: 1, waiting: 5 });
    for (let n = 0; n < 20; n++) void ask(bob);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(fair.load).toEqual({ inWork: 1, waiting: 8 });
    expect(refused).toHaveLength(14 + 17);
    expect(refused[0]).toMatchObject({ code: 'TooManyRequests', retryAfter: 1 });
    void ask(eve);
    await settle();
    expect(fair.load.waiting).toBe(9);
  });

  it('who waits too long is refused, who goes away is forgotten', async () => {
    const { fair, refused, releases, order, ask } = queue({ seats: 1, maxWaitMs: 10 });
    const gone = new AbortController();
    void ask(ada);
    const second = ask(ada);
    const third = ask(eve, gone.signal);
    gone.abort(new SlipwayError('Unavailable', 'gone'));
    await Promise.all([second, third]);
    expect(refused.map(({ code }) => code)).toEqual(['Unavailable', 'TooManyRequests']);
    expect(fair.load).toEqual({ inWork: 1, waiting: 0 });
    releases[0]?.();
    await ask(bob);
    expect(order).toEqual(['ada', 'bob']);
  });

  it('refusals are held back, so that asking again at once is no way to be faster', async () => {
    const { refused, ask } = queue({ seats: 1, principalQueue: 0, refusalMs: 20, heldRefusals: 2 });
    void ask(ada);
    const started = performance.now();
    const held = [ask(ada), ask(ada)];
    await ask(ada);
    expect(refused, 'beyond what is held it is immediate').toHaveLength(1);
    await Promise.all(held);
    expect(performance.now() - started).toBeGreaterThan(15);
  });
});
