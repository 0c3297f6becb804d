import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SlipwayError } from '@slipway/kit';
import { type AuditVerdict, chainedRecordSchema, chainVerifier } from '@slipway/model';
import type { Hub } from '../hub/hub.ts';
import type { SeenHead } from './seen-heads.ts';

const PAGE = 1000;

export interface VerifyInput {
  readonly hub: Hub;
  readonly seen: SeenHead | undefined;
}

export interface Verified {
  readonly tenant: string;
  readonly verdict: AuditVerdict;
  /** The key that heads are signed with is not the one of the last time. */
  readonly newKeys: readonly string[];
  readonly keys: Readonly<Record<string, string>>;
}

/** Every record of the hub's chain, checked here: the hub is only asked for what is stored. */
export async function verifyHub({ hub, seen }: VerifyInput): Promise<Verified> {
  const chain = await hub.auditChain();
  // A key once seen is believed; the hub cannot replace it by another without this being told.
  const keys = seen === undefined ? chain.keys : { ...chain.keys, ...seen.keys };
  const newKeys = seen === undefined ? [] : Object.keys(chain.keys).filter((id) => seen.keys[id] !== chain.keys[id]);
  const pruned = Math.max(0, ...chain.checkpoints.filter(({ kind }) => kind === 'pruned').map(({ seq }) => seq));
  const verifier = chainVerifier({
    ...chain,
    keys,
    // A head from before the retention's mark cannot be compared any more.
    seen: seen === undefined || seen.seq < pruned ? [] : [seen],
  });
  for (let after = pruned; ;) {
    const records = await hub.auditRecords({ after: String(after), limit: String(PAGE) });
    for (const record of records) verifier.add(record);
    if (records.length < PAGE) break;
    after = records.at(-1)?.seq ?? after;
  }
  return { tenant: chain.tenant, verdict: verifier.end(), newKeys, keys };
}

/** An exported file: one record per line. It may begin and end anywhere in the chain. */
export async function verifyFile(path: string, seen: SeenHead | undefined): Promise<AuditVerdict> {
  let verifier: ReturnType<typeof chainVerifier> | undefined;
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() === '') continue;
    const parsed = chainedRecordSchema.safeParse(parsedLine(text));
    if (!parsed.success) throw new SlipwayError('Invalid', `Line ${line} of ${path} is not an exported audit record.`);
    verifier ??= chainVerifier({
      tenant: '',
      checkpoints: [],
      keys: {},
      partial: true,
      from: parsed.data.seq,
      ...(seen === undefined ? {} : { seen: [seen] }),
    });
    verifier.add(parsed.data);
  }
  if (verifier === undefined) throw new SlipwayError('Invalid', `${path} holds no audit records.`);
  return verifier.end();
}

function parsedLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
