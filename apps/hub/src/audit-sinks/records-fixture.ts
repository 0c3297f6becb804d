import { canonicalJson } from '@slipway/kit';
import { AUDIT_GENESIS, type AuditBody, chainHash, type ChainedRecord } from '@slipway/model';

/** A chain as the store would have written it. */
export function chainOf(count: number, body: (seq: number) => Partial<AuditBody> = () => ({})): ChainedRecord[] {
  const records: ChainedRecord[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const whole: AuditBody = {
      time: new Date(Date.UTC(2026, 10, 21, 10, 0, seq)).toISOString(),
      user: { kind: 'user', name: 'ada' },
      verb: 'create',
      object: { resource: 'clusters', project: 'shop', name: `c${seq}` },
      outcome: 'ok',
      ...body(seq),
    };
    const unhashed = { seq, prev: records.at(-1)?.hash ?? AUDIT_GENESIS, resourceVersion: String(seq + 100), body: canonicalJson(whole) };
    records.push({ ...unhashed, hash: chainHash(unhashed) });
  }
  return records;
}
