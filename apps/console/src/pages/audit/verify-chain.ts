import type { AuditCheckpoint, ChainedRecord } from '@slipway/model';

export interface Chain {
  readonly tenant: string;
  readonly checkpoints: readonly AuditCheckpoint[];
  /** Public keys as PEM, by their id. */
  readonly keys: Readonly<Record<string, string>>;
}

export interface ChainVerdict {
  readonly ok: boolean;
  readonly records: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** Signed heads that were compared with a record. */
  readonly anchors: number;
  /** The first thing that is wrong. */
  readonly problem?: string;
}

const GENESIS = '0'.repeat(64);
const PAGE = 1000;

/**
 * Checks a chain here, in the browser: the hub is only asked for what is stored. It is the check of `slipway audit verify`, which besides remembers what this machine saw
 * before: only that finds out a hub that shows another history as a whole.
 */
export async function verifyChain(
  chain: Chain,
  read: (after: number, limit: number) => Promise<readonly ChainedRecord[]>,
): Promise<ChainVerdict> {
  const pruned = chain.checkpoints.filter(({ kind }) => kind === 'pruned').toSorted((a, b) => b.seq - a.seq)[0];
  let last = pruned?.seq ?? 0;
  let prev = pruned?.hash ?? GENESIS;
  const seen = { records: 0, first: undefined as number | undefined, anchors: 0 };
  const verdict = (problem?: string): ChainVerdict => ({
    ok: problem === undefined,
    ...seen,
    last: seen.records === 0 ? undefined : last,
    ...(problem === undefined ? {} : { problem }),
  });
  for (const checkpoint of chain.checkpoints)
    if (!(await isSigned(checkpoint, chain))) return verdict(`The head at record ${checkpoint.seq} is not signed by the hub’s audit key.`);
  const anchors = new Map(chain.checkpoints.map(({ seq, hash }) => [seq, hash]));
  for (;;) {
    const records = await read(last, PAGE);
    for (const record of records) {
      if (record.seq !== last + 1) return verdict(`Record ${last + 1} is missing.`);
      if (record.prev !== prev)
        return verdict(`Record ${record.seq} does not follow record ${last}: one of them was changed or put in later.`);
      if ((await hashOf(record)) !== record.hash) return verdict(`Record ${record.seq} is not what was written: its hash does not fit.`);
      const anchor = anchors.get(record.seq);
      if (anchor !== undefined && anchor !== record.hash) return verdict(`Record ${record.seq} is not the one whose hash the hub signed.`);
      if (anchor !== undefined) seen.anchors += 1;
      seen.records += 1;
      seen.first ??= record.seq;
      last = record.seq;
      prev = record.hash;
    }
    if (records.length < PAGE) break;
  }
  const newest = Math.max(0, ...anchors.keys());
  return newest > last
    ? verdict(`The chain ends at ${last}, but its head was signed at ${newest}: the records after ${last} are missing.`)
    : verdict();
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** As the store computes it in the transaction of the change. */
async function hashOf({ seq, prev, resourceVersion, body }: ChainedRecord): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes(`${seq}\n${prev}\n${resourceVersion}\n${body}`));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function isSigned({ tenant, seq, kind, hash, at, keyId, signature }: AuditCheckpoint, chain: Chain): Promise<boolean> {
  const pem = Object.hasOwn(chain.keys, keyId) ? chain.keys[keyId] : undefined;
  if (pem === undefined || tenant !== chain.tenant) return false;
  const binary = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    const key = await crypto.subtle.importKey('spki', binary(pem.replaceAll(/-----[^-]+-----|\s/g, '')), 'Ed25519', false, ['verify']);
    // With sorted names, as what is signed is written.
    const text = JSON.stringify({ at, hash, kind, seq, tenant, type: 'slipway-audit-checkpoint' });
    return await crypto.subtle.verify('Ed25519', key, binary(signature), bytes(text));
  } catch {
    return false;
  }
}
