import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { chmod, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canonicalJson, messageOf, randomSuffix, sha256Hex, SlipwayError } from '@slipway/kit';
import {
  type ClusterPlan,
  clusterPlanSchema,
  type GatewayPlan,
  gatewayPlanSchema,
  type SignedPlan,
  signedPlanSchema,
} from '@slipway/model';

export interface PlanKey {
  readonly id: string;
  /** PEM, SPKI. */
  readonly pem: string;
}

export interface PlanSigner {
  readonly key: PlanKey;
  sign(plan: ClusterPlan | GatewayPlan): SignedPlan;
}

/** Reads the Ed25519 key that signs plans, or makes it at first start (mode 0600). Several processes starting at once agree on one key. */
export async function loadPlanSigner(path: string): Promise<PlanSigner> {
  let pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new SlipwayError('Host', `The key that signs plans cannot be read: ${path}: ${error.message}`, { cause: error });
  });
  if (pem === undefined) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomSuffix(8)}`;
    const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(draft, made, { mode: 0o600 });
    // link() fails when another process was first, so that no agent ever pins a key that is then overwritten.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await unlink(draft);
    pem = await readFile(path, 'utf8');
  }
  await chmod(path, 0o600);
  try {
    return createPlanSigner(createPrivateKey(pem));
  } catch (error) {
    throw new SlipwayError('Host', `The key that signs plans is broken: ${path}: ${messageOf(error)}`, {
      hint: 'Restore it from a backup: agents refuse plans signed by another key.',
      cause: error,
    });
  }
}

export function createPlanSigner(privateKey: KeyObject): PlanSigner {
  const publicKey = createPublicKey(privateKey);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const id = sha256Hex(publicKey.export({ type: 'spki', format: 'der' })).slice(0, 16);
  return {
    key: { id, pem },
    sign: (plan) => {
      const payload = canonicalJson(plan);
      return { payload, hash: sha256Hex(payload), signature: sign(null, Buffer.from(payload), privateKey).toString('base64'), keyId: id };
    },
  };
}

export type PlanRefusal = 'PlanSignatureInvalid' | 'PlanBroken' | 'PlanForAnotherCluster' | 'PlanOlder' | 'PlanConflict';

export type VerifiedPlan =
  | { readonly ok: true; readonly plan: ClusterPlan | GatewayPlan; readonly signed: SignedPlan }
  | { readonly ok: false; readonly reason: PlanRefusal; readonly message: string };

/** Checks shape, hash, signature by the pinned key and content of a plan that came over the wire or from disk. Nothing of it is looked at before the signature held. */
export function verifySignedPlan(input: unknown, pinned: PlanKey): VerifiedPlan {
  const parsed = signedPlanSchema.safeParse(input);
  if (!parsed.success) return broken('it is not a signed plan');
  const signed = parsed.data;
  if (signed.keyId !== pinned.id) return invalid(`it is signed by key ${signed.keyId.slice(0, 64)}, this agent trusts ${pinned.id}`);
  if (!signatureHolds(signed, pinned)) return invalid('its signature does not match its content');
  if (sha256Hex(signed.payload) !== signed.hash) return broken('its hash does not match its content');
  let content: unknown;
  try {
    content = JSON.parse(signed.payload);
  } catch {
    return broken('its content is not JSON');
  }
  const kind = (content as { kind?: unknown } | null)?.kind;
  const plan = kind === 'GatewayPlan' ? gatewayPlanSchema.safeParse(content) : clusterPlanSchema.safeParse(content);
  if (!plan.success) {
    const issue = plan.error.issues[0];
    return broken(`${issue?.path.join('.') || 'the plan'}: ${issue?.message ?? 'invalid'}`);
  }
  return { ok: true, plan: plan.data, signed };
}

function signatureHolds(signed: SignedPlan, pinned: PlanKey): boolean {
  try {
    return verify(null, Buffer.from(signed.payload), createPublicKey(pinned.pem), Buffer.from(signed.signature, 'base64'));
  } catch {
    return false;
  }
}

const broken = (why: string): VerifiedPlan => ({ ok: false, reason: 'PlanBroken', message: `The plan was refused: ${why}.` });
const invalid = (why: string): VerifiedPlan => ({ ok: false, reason: 'PlanSignatureInvalid', message: `The plan was refused: ${why}.` });
