import type { AuditBody, ChainedRecord } from '@slipway/model';
import { client } from '../../hub/session.ts';
import type { Chain } from './verify-chain.ts';

const BASE = '/apis/slipway.dev/v1/auditchain';
const PAGE = 100;
const MOST = 1000;

/** What is searched for, as the address has it. */
export interface AuditSearch {
  readonly user?: string | undefined;
  readonly verb?: string | undefined;
  readonly resource?: string | undefined;
  readonly outcome?: string | undefined;
  readonly text?: string | undefined;
  /** How far back: `24h`. */
  readonly since?: string | undefined;
  readonly before?: string | undefined;
}

export interface AuditRow extends AuditBody {
  readonly seq: number;
}

const HOUR_MS = 3_600_000;
/** How far back one can look with a click. */
export const SINCE: Readonly<Record<string, readonly [words: string, ms: number]>> = {
  '1h': ['the last hour', HOUR_MS],
  '24h': ['the last day', 24 * HOUR_MS],
  '7d': ['the last week', 168 * HOUR_MS],
  '30d': ['the last 30 days', 720 * HOUR_MS],
};

function queryOf({ since, before, ...rest }: AuditSearch, now: number): Record<string, string | undefined> {
  const ms = since === undefined ? undefined : SINCE[since]?.[1];
  return { ...rest, before, since: ms === undefined ? undefined : new Date(now - ms).toISOString() };
}

const read = async (query: Record<string, string | undefined>): Promise<readonly ChainedRecord[]> =>
  (await client.request<{ records: ChainedRecord[] }>(`${BASE}/records`, { query })).records;

/** Newest first. `more`: there are older ones. */
export async function readRows(search: AuditSearch, now: number): Promise<{ rows: readonly AuditRow[]; more: boolean }> {
  const records = await read({ ...queryOf(search, now), limit: String(PAGE) });
  return { rows: records.map(({ seq, body }) => ({ seq, ...(JSON.parse(body) as AuditBody) })), more: records.length === PAGE };
}

/** The chain from a record on, as it is stored. */
export const readChain = (after: number, limit: number): Promise<readonly ChainedRecord[]> =>
  read({ after: String(after), limit: String(limit) });

export const chainOfTenant = (): Promise<Chain> => client.request<Chain>(BASE);

/** What is searched for as a file, as `slipway audit export` writes it and `slipway audit verify --file` reads it: oldest first, one per line, as it was hashed. */
export async function exportLines(search: AuditSearch, now: number): Promise<string> {
  const query = { ...queryOf({ ...search, before: undefined }, now), limit: String(MOST) };
  const lines: string[] = [];
  for (let after = 0; ;) {
    const records = await read({ ...query, after: String(after) });
    lines.push(...records.map((record) => JSON.stringify(record)));
    if (records.length < MOST) return `${lines.join('\n')}\n`;
    after = records.at(-1)?.seq ?? after;
  }
}

/** `clusters/kubeconfig default/dev`: what a record is about. */
export function objectText({ object, request }: AuditRow): string {
  if (object === undefined) return request?.path ?? '–';
  const resource = object.subresource === undefined ? object.resource : `${object.resource}/${object.subresource}`;
  return [resource, [object.project, object.name].filter((part) => part !== undefined).join('/')].join(' ').trim();
}
