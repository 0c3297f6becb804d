/** How far back one looks. */
export const RANGES = {
  '1h': ['The last hour', 3_600_000],
  '24h': ['The last day', 86_400_000],
  '7d': ['The last week', 604_800_000],
} as const satisfies Readonly<Record<string, readonly [words: string, ms: number]>>;
export type Range = keyof typeof RANGES;

export interface ActivitySearch {
  /** Events, which controllers tell, or what people and programs changed. */
  readonly what?: 'changes' | undefined;
  readonly type?: 'Warning' | undefined;
  readonly kind?: string | undefined;
  readonly q?: string | undefined;
  /** A day when absent. */
  readonly since?: Exclude<Range, '24h'> | undefined;
  /** How many pages of the list are shown; one when absent. */
  readonly pages?: number | undefined;
}

export function activitySearch(search: Record<string, unknown>): ActivitySearch {
  const text = (value: unknown): string | undefined => (value === undefined || value === null || value === '' ? undefined : String(value));
  return {
    what: search['what'] === 'changes' ? 'changes' : undefined,
    type: search['type'] === 'Warning' ? 'Warning' : undefined,
    kind: text(search['kind']),
    q: text(search['q']),
    pages: Number.isInteger(search['pages']) && Number(search['pages']) > 1 ? Number(search['pages']) : undefined,
    since: search['since'] === '1h' || search['since'] === '7d' ? search['since'] : undefined,
  };
}
