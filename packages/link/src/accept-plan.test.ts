import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { ClusterPlan, GatewayPlan, SignedPlan } from '@slipway/model';
import { emptyClusterPlan } from '@slipway/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { acceptPlan, type CurrentPlan } from './accept-plan.ts';
import { createPlanSigner, loadPlanSigner, verifySignedPlan } from './plan-signing.ts';

const signer = createPlanSigner(generateKeyPairSync('ed25519').privateKey);
const clusterPlan = (clusterUid: string, revision: number, profile = 'starter'): ClusterPlan => ({
  ...emptyClusterPlan(clusterUid, { profile: { name: profile, version: '1.0.0' } }),
  revision,
});
const gatewayPlan = (gatewayUid: string, revision: number): GatewayPlan => ({
  kind: 'GatewayPlan',
  gatewayUid,
  gateway: 'local',
  revision,
  clusters: [],
  tombstones: [],
});
const verified = (plan: ClusterPlan | GatewayPlan) => verifySignedPlan(signer.sign(plan), signer.key);
const uid = fc.constantFrom('a', 'aa', 'b');

test('whatever plans come in whatever order, the revision in force never falls and never changes its content', () => {
  const plan = fc.record({ uid, revision: fc.integer({ min: 1, max: 6 }), profile: fc.constantFrom('x', 'y'), gateway: fc.boolean() });
  fc.assert(
    fc.property(fc.array(plan, { maxLength: 30 }), (incoming) => {
      let current: CurrentPlan | undefined;
      const contents = new Map<number, string>();
      for (const one of incoming) {
        const check = verified(one.gateway ? gatewayPlan(one.uid, one.revision) : clusterPlan(one.uid, one.revision, one.profile));
        const decision = acceptPlan(current, check, { kind: 'cluster', uid: 'a' });
        if (!decision.accepted) continue;
        expect(decision.plan).toMatchObject({ kind: 'ClusterPlan', clusterUid: 'a' });
        expect(decision.plan.revision).toBeGreaterThanOrEqual(current?.revision ?? 0);
        const hash = check.ok ? check.signed.hash : '';
        expect(contents.get(decision.plan.revision) ?? hash).toBe(hash);
        expect(decision.unchanged).toBe(current?.hash === hash);
        contents.set(decision.plan.revision, hash);
        current = { revision: decision.plan.revision, hash };
      }
    }),
  );
});

test('the reason for a refusal names what is wrong', () => {
  const current = { revision: 5, hash: 'h' };
  const subject = { kind: 'cluster', uid: 'a' } as const;
  const reasonOf = (plan: ClusterPlan | GatewayPlan) => acceptPlan(current, verified(plan), subject);
  expect(reasonOf(clusterPlan('a', 4))).toMatchObject({
    accepted: false,
    reason: 'PlanOlder',
    message: expect.stringContaining('revision 4'),
  });
  expect(reasonOf(clusterPlan('a', 5))).toMatchObject({ accepted: false, reason: 'PlanConflict' });
  expect(reasonOf(clusterPlan('aa', 6))).toMatchObject({ accepted: false, reason: 'PlanForAnotherCluster' });
  expect(reasonOf(gatewayPlan('a', 6))).toMatchObject({ accepted: false, reason: 'PlanForAnotherCluster' });
  expect(reasonOf(clusterPlan('a', 6))).toMatchObject({ accepted: true });
});

test('no change of a signed plan, of any field, is accepted', () => {
  const signed = signer.sign(clusterPlan('a', 3));
  fc.assert(
    fc.property(fc.constantFrom('payload', 'hash', 'signature', 'keyId'), fc.nat(), fc.nat(255), (field, at, code) => {
      const text = signed[field as keyof SignedPlan];
      const index = at % text.length;
      const changed = text.slice(0, index) + String.fromCharCode(32 + (code % 94)) + text.slice(index + 1);
      // Base64's last character before the padding carries bits that mean nothing.
      fc.pre(changed !== text && !(field === 'signature' && Buffer.from(changed, 'base64').equals(Buffer.from(text, 'base64'))));
      const result = verifySignedPlan({ ...signed, [field]: changed }, signer.key);
      expect(result.ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('another key, a missing field and a broken but well signed plan are told apart', () => {
  const other = createPlanSigner(generateKeyPairSync('ed25519').privateKey);
  expect(verifySignedPlan(other.sign(clusterPlan('a', 1)), signer.key)).toMatchObject({ ok: false, reason: 'PlanSignatureInvalid' });
  const forged = { ...other.sign(clusterPlan('a', 1)), keyId: signer.key.id };
  expect(verifySignedPlan(forged, signer.key)).toMatchObject({ ok: false, reason: 'PlanSignatureInvalid' });
  for (const nothing of [undefined, null, {}, '', [], { payload: '{}' }]) {
    expect(verifySignedPlan(nothing, signer.key)).toMatchObject({ ok: false, reason: 'PlanBroken' });
  }
  const empty = signer.sign({} as ClusterPlan);
  expect(verifySignedPlan(empty, signer.key)).toMatchObject({ ok: false, reason: 'PlanBroken' });
  expect(sha256Hex(canonicalJson({}))).toBe(empty.hash);
});

test('the key is made once, kept private, and the same for all who start at once', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-key-'));
  try {
    const path = join(dir, 'keys', 'plan.pem');
    const signers = await Promise.all(Array.from({ length: 8 }, () => loadPlanSigner(path)));
    expect(new Set(signers.map(({ key }) => key.id)).size).toBe(1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toContain('PRIVATE KEY');
    expect(signers[0]?.key.pem).not.toContain('PRIVATE');
  } finally {
    await rm(dir, { recursive: true });
  }
});
