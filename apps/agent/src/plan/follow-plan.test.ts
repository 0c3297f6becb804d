import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, sleep, waitFor } from '@slipway/kit';
import { createPlanSigner, type PlanKey, verifySignedPlan } from '@slipway/link';
import type { ClusterPlan, GatewayPlan, SignedPlan } from '@slipway/model';
import { emptyClusterPlan } from '@slipway/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followPlan, type PlanRefused } from './follow-plan.ts';
import { createFilePlanStore, type PlanStore } from './plan-store.ts';

const signer = createPlanSigner(generateKeyPairSync('ed25519').privateKey);
const stranger = createPlanSigner(generateKeyPairSync('ed25519').privateKey);
const subject = { kind: 'cluster', uid: 'mine', name: 'dev', project: 'default' } as const;
/** Every plan after the first one takes the layer away: what an attacker would like to happen. */
const plan = (revision: number, more: Partial<ClusterPlan> = {}): ClusterPlan => ({ ...emptyClusterPlan('mine', more), revision });
const tombstones: ClusterPlan['tombstones'] = [{ id: 't', type: 'layer', layer: 'web', namespace: 'web', objects: [] }];

/** What stands between a plan (with the tombstones in it) and an agent that acts on it, broken: nothing is acted on. */
describe('fail open: plans and tombstones', () => {
  const running: (() => Promise<void>)[] = [];
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-plan-'));
  });
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** An agent that follows plans with the real store, checks and order of things; the hub says whatever it is told to. */
  function start(options: { store?: Partial<PlanStore>; pinned?: PlanKey; path?: string } = {}) {
    const store = { ...createFilePlanStore(options.path ?? join(dir, 'plan.json')), ...options.store };
    const pinned = options.pinned ?? signer.key;
    const acted: (ClusterPlan | GatewayPlan)[] = [];
    const refused: (PlanRefused | undefined)[] = [];
    let offered: SignedPlan | undefined;
    let notify = (): void => undefined;
    let pulls = 0;
    const stopping = new AbortController();
    const done = followPlan(
      {
        store,
        logger: silentLogger,
        credentials: { load: async () => ({ joined: { subject, planKey: pinned } }) as never, save: async () => undefined },
        onPlan: (one) => acted.push(one),
        onRefused: (why) => refused.push(why),
        pollMs: 50,
        link: {
          onPlanAvailable: (tell: () => void) => (notify = tell),
          setPlan: () => undefined,
          joined: async () => subject,
          pullPlan: async () => {
            pulls++;
            return offered === undefined ? { state: 'none' } : { state: 'new', verified: verifySignedPlan(offered, pinned) };
          },
        } as never,
      },
      stopping.signal,
    );
    const stop = async () => {
      stopping.abort();
      await done;
    };
    running.push(stop);
    return {
      acted,
      refused,
      pulls: () => pulls,
      stop,
      offer(one: SignedPlan) {
        offered = one;
        notify();
      },
    };
  }
  const settled = () => sleep(400);
  const signed = (by: typeof signer, one: ClusterPlan) => by.sign(one);

  it.each([
    ['the pinned key is no key', { id: signer.key.id, pem: 'not a key' }],
    ['the pinned key is empty', { id: signer.key.id, pem: '' }],
    ['the pinned key is of another kind', { id: signer.key.id, pem: rsa() }],
  ])('%s: no plan is acted on', async (_what, pinned) => {
    const agent = start({ pinned });
    agent.offer(signed(signer, plan(1, { tombstones })));
    await waitFor(() => agent.refused.length > 0, { what: 'a refusal', timeoutMs: 20_000, intervalMs: 10 });
    expect(agent.refused[0]).toMatchObject({ reason: 'PlanSignatureInvalid' });
    expect(agent.acted).toEqual([]);
  });

  it.each([
    ['another key that calls itself the pinned one', () => ({ ...signed(stranger, plan(2, { tombstones })), keyId: signer.key.id })],
    ['no signature', () => ({ ...signed(signer, plan(2, { tombstones })), signature: '' })],
    ['a signature of other content', () => ({ ...signed(signer, plan(2, { tombstones })), signature: signed(signer, plan(2)).signature })],
    ['tombstones that were put in afterwards', () => withTombstones(signed(signer, plan(2)))],
  ])('a plan with %s is refused, and the one in force stays', async (_what, bad) => {
    const agent = start();
    agent.offer(signed(signer, plan(1)));
    await waitFor(() => agent.acted.length === 1, { what: 'the first plan', timeoutMs: 20_000, intervalMs: 10 });
    agent.offer(bad());
    await waitFor(() => agent.refused.at(-1) !== undefined, { what: 'a refusal', timeoutMs: 20_000, intervalMs: 10 });
    expect(agent.refused.at(-1)).toMatchObject({ reason: expect.stringMatching(/PlanSignatureInvalid|PlanBroken/) });
    expect(agent.acted).toEqual([plan(1)]);
    agent.offer(signed(signer, plan(3)));
    await waitFor(() => agent.acted.length === 2, { what: 'recovery', timeoutMs: 20_000, intervalMs: 10 });
  });

  it('where the plan in force cannot be read, none is taken from the hub: it could be an older one', async () => {
    await createFilePlanStore(join(dir, 'plan.json')).save(signed(signer, plan(5)));
    let readable = false;
    const kept = createFilePlanStore(join(dir, 'plan.json'));
    const agent = start({ store: { load: () => (readable ? kept.load() : Promise.reject(new Error('EIO'))) } });
    agent.offer(signed(signer, plan(4, { tombstones })));
    // Longer than the five tries after which it once gave up.
    await sleep(12_000);
    expect([agent.pulls(), agent.acted]).toEqual([0, []]);
    readable = true;
    await waitFor(() => agent.refused.at(-1) !== undefined, { what: 'the older plan to be refused', timeoutMs: 40_000, intervalMs: 20 });
    expect(agent.refused.at(-1)).toMatchObject({ reason: 'PlanOlder' });
    expect(agent.acted).toEqual([plan(5)]);
  });

  it('a plan that cannot be kept is not acted on, and is when it can', async () => {
    let full = true;
    const kept = createFilePlanStore(join(dir, 'plan.json'));
    const agent = start({ store: { save: (one) => (full ? Promise.reject(new Error('ENOSPC')) : kept.save(one)) } });
    agent.offer(signed(signer, plan(1, { tombstones })));
    await waitFor(() => agent.pulls() > 1, { what: 'a second try', timeoutMs: 20_000, intervalMs: 10 });
    expect(agent.acted).toEqual([]);
    full = false;
    await waitFor(() => agent.acted.length === 1, { what: 'recovery', timeoutMs: 40_000, intervalMs: 20 });
  });

  it.each(['{"half":', '', '[]', '"damaged"', JSON.stringify({ payload: 'x' })])(
    'what is kept but is no plan (%s) is never in force',
    async (text) => {
      const path = join(dir, 'damaged.json');
      await writeFile(path, text);
      const agent = start({ path });
      await settled();
      expect(agent.acted).toEqual([]);
      agent.offer(signed(signer, plan(1)));
      await waitFor(() => agent.acted.length === 1, { what: 'the hub’s plan', timeoutMs: 20_000, intervalMs: 10 });
    },
  );
});

function rsa(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function withTombstones(one: SignedPlan): SignedPlan {
  return { ...one, payload: JSON.stringify({ ...(JSON.parse(one.payload) as object), tombstones }) };
}
