import { generateKeyPairSync, sign } from 'node:crypto';
import { AUDIT_GENESIS, type AuditCheckpoint, chainHash, type ChainedRecord, chainVerifier, checkpointText } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { verifyChain } from './verify-chain.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const keys = { k1: publicKey.export({ type: 'spki', format: 'pem' }) as string };

function chainOf(length: number): ChainedRecord[] {
  const records: ChainedRecord[] = [];
  let prev = AUDIT_GENESIS;
  for (let seq = 1; seq <= length; seq++) {
    const record = { seq, prev, resourceVersion: String(seq * 3), body: JSON.stringify({ verb: 'create', n: seq, word: 'ä“' }) };
    prev = chainHash(record);
    records.push({ ...record, hash: prev });
  }
  return records;
}
function headOf({ seq, hash }: ChainedRecord): AuditCheckpoint {
  const unsigned = { tenant: 'acme', seq, kind: 'head' as const, hash, at: '2026-01-01T00:00:00.000Z' };
  return { ...unsigned, keyId: 'k1', signature: sign(null, Buffer.from(checkpointText(unsigned)), privateKey).toString('base64') };
}
const rows = chainOf(2500);
const whole = { tenant: 'acme', checkpoints: [headOf(rows[999] as ChainedRecord), headOf(rows[2499] as ChainedRecord)], keys };
const check = (records: readonly ChainedRecord[], chain = whole) =>
  verifyChain(chain, async (after, limit) => records.filter(({ seq }) => seq > after).slice(0, limit));

describe('a chain checked in the browser', () => {
  it('is whole', async () => {
    expect(await check(rows)).toEqual({ ok: true, records: 2500, first: 1, last: 2500, anchors: 2 });
  });

  it.each([
    ['changed', rows.with(1200, { ...(rows[1200] as ChainedRecord), body: '{}' }), 'not what was written'],
    ['removed', rows.toSpliced(1200, 1), 'Record 1201 is missing'],
    ['cut off', rows.slice(0, 2400), 'the records after 2400 are missing'],
    ['rewritten', chainOf(2500).map((record, index) => (index === 10 ? { ...record, prev: 'f'.repeat(64) } : record)), 'does not follow'],
  ])('is told to be %s, as the command line’s check does', async (_how, records, words) => {
    expect((await check(records)).problem).toContain(words);
    const same = chainVerifier(whole);
    for (const record of records) same.add(record);
    expect(same.end().ok).toBe(false);
  });

  it('believes no head that another key signed', async () => {
    const forged = { ...whole, keys: { k1: generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string } };
    expect((await check(rows, forged)).problem).toContain('not signed');
    expect((await check(rows, { ...whole, tenant: 'other' })).problem).toContain('not signed');
  });
});
