import { createPublicKey, verify } from 'node:crypto';
import { canonicalJson, sha256Hex } from '@slipway/kit';
import { z } from 'zod';

/** What the first record of a chain follows. */
export const AUDIT_GENESIS = '0'.repeat(64);

/** A record as it is stored and exported: the body is text, because the hash is over exactly these characters. */
export const chainedRecordSchema = z.object({
  seq: z.number().int().positive(),
  prev: z.string(),
  hash: z.string(),
  /** The version an object got by the change; empty where no object changed. */
  resourceVersion: z.string(),
  body: z.string(),
});
export type ChainedRecord = z.infer<typeof chainedRecordSchema>;

/** `hash = sha256(seq ⏎ prev ⏎ resourceVersion ⏎ body)`: the store computes the same in SQL, in the transaction of the change. */
export const chainHash = (record: Omit<ChainedRecord, 'hash'>): string =>
  sha256Hex(`${record.seq}\n${record.prev}\n${record.resourceVersion}\n${record.body}`);

/** A signed statement that the chain of a tenant had this hash at this number. */
export const auditCheckpointSchema = z.object({
  tenant: z.string(),
  seq: z.number().int().nonnegative(),
  /** `pruned`: retention took away everything up to here. */
  kind: z.enum(['head', 'pruned']),
  hash: z.string(),
  at: z.string(),
  keyId: z.string(),
  /** Ed25519 over {@link checkpointText}, base64. */
  signature: z.string(),
});
export type AuditCheckpoint = z.infer<typeof auditCheckpointSchema>;

export const checkpointText = ({ tenant, seq, kind, hash, at }: Omit<AuditCheckpoint, 'signature' | 'keyId'>): string =>
  canonicalJson({ type: 'slipway-audit-checkpoint', tenant, seq, kind, hash, at });

export interface AuditProblem {
  readonly seq: number;
  readonly problem: 'changed' | 'removed' | 'reordered' | 'inserted' | 'truncated' | 'rewritten' | 'signature';
  readonly message: string;
}

/** Checks a chain record by record, so that one of any length fits in memory. */
export interface ChainVerifier {
  add(record: ChainedRecord): void;
  /** After the last record. */
  end(): AuditVerdict;
}

export interface AuditVerdict {
  readonly ok: boolean;
  readonly records: number;
  readonly first: number | undefined;
  readonly head: { readonly seq: number; readonly hash: string } | undefined;
  /** Checkpoints that were compared with a record. */
  readonly anchors: number;
  readonly problems: readonly AuditProblem[];
}

export interface VerifierOptions {
  readonly tenant: string;
  readonly checkpoints: readonly AuditCheckpoint[];
  /** Public keys (SPKI PEM) by id that checkpoints are believed by. */
  readonly keys: Readonly<Record<string, string>>;
  /** Heads somebody saw before and kept elsewhere; they need no signature. */
  readonly seen?: readonly { readonly seq: number; readonly hash: string }[];
  /** The first record that is given; 1 or the one after a pruned prefix when absent. For a part of a chain. */
  readonly from?: number;
  /** A part that ends before the newest checkpoint is not a truncated chain. */
  readonly partial?: boolean;
}

/** Problems told at most; more than that say nothing new. */
const MAX_PROBLEMS = 100;

export function chainVerifier(options: VerifierOptions): ChainVerifier {
  const problems: AuditProblem[] = [];
  const report = (seq: number, problem: AuditProblem['problem'], message: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ seq, problem, message });
  };
  const believed = options.checkpoints.filter((checkpoint) => {
    if (checkpoint.tenant === options.tenant && isSigned(checkpoint, options.keys)) return true;
    report(checkpoint.seq, 'signature', `The ${checkpoint.kind} checkpoint at ${checkpoint.seq} is not signed by the hub’s audit key.`);
    return false;
  });
  const pruned = believed.filter(({ kind }) => kind === 'pruned').toSorted((a, b) => b.seq - a.seq)[0];
  const anchors = new Map<number, string>();
  for (const { seq, hash } of [...believed, ...(options.seen ?? [])]) {
    const known = anchors.get(seq);
    if (known !== undefined && known !== hash) report(seq, 'rewritten', `Two signed heads disagree about record ${seq}.`);
    anchors.set(seq, hash);
  }
  let expected = options.from ?? (pruned?.seq ?? 0) + 1;
  let prev = options.from === undefined || options.from === (pruned?.seq ?? 0) + 1 ? (pruned?.hash ?? AUDIT_GENESIS) : undefined;
  let first: number | undefined;
  let head: { seq: number; hash: string } | undefined;
  let records = 0;
  let compared = 0;

  return {
    add(record) {
      records++;
      first ??= record.seq;
      if (record.seq > expected) {
        const gap = record.seq - expected === 1 ? `Record ${expected} is` : `Records ${expected} to ${record.seq - 1} are`;
        report(expected, 'removed', `${gap} missing.`);
      } else if (record.seq < expected) {
        report(record.seq, 'reordered', `Record ${record.seq} stands where ${expected} should be.`);
      } else if (prev !== undefined && record.prev !== prev) {
        report(
          record.seq,
          'rewritten',
          `Record ${record.seq} does not follow record ${record.seq - 1}: one of them was changed or put in later.`,
        );
      }
      if (chainHash(record) !== record.hash)
        report(record.seq, 'changed', `Record ${record.seq} is not what was written: its hash does not fit.`);
      const anchor = anchors.get(record.seq);
      if (anchor !== undefined) {
        compared++;
        if (anchor !== record.hash) report(record.seq, 'rewritten', `Record ${record.seq} is not the one whose hash the hub signed.`);
      }
      prev = record.hash;
      expected = record.seq + 1;
      if (head === undefined || record.seq > head.seq) head = { seq: record.seq, hash: record.hash };
    },
    end() {
      const last = head?.seq ?? (options.from ?? (pruned?.seq ?? 0) + 1) - 1;
      const newest = Math.max(0, ...anchors.keys());
      if (!options.partial && newest > last) {
        report(
          last + 1,
          'truncated',
          `The chain ends at ${last}, but its head was known to be at ${newest}: the records after ${last} are missing.`,
        );
      }
      return { ok: problems.length === 0, records, first, head, anchors: compared, problems };
    },
  };
}

function isSigned(checkpoint: AuditCheckpoint, keys: Readonly<Record<string, string>>): boolean {
  const pem = Object.hasOwn(keys, checkpoint.keyId) ? keys[checkpoint.keyId] : undefined;
  if (pem === undefined) return false;
  try {
    return verify(null, Buffer.from(checkpointText(checkpoint)), createPublicKey(pem), Buffer.from(checkpoint.signature, 'base64'));
  } catch {
    return false;
  }
}
