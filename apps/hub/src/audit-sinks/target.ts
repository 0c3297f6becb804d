import type { ChainedRecord } from '@slipway/model';

/** Records of one tenant in the order of their numbers; never empty. */
export interface SinkBatch {
  readonly tenant: string;
  readonly records: readonly ChainedRecord[];
}

/** The other end of a sink. */
export interface SinkTarget {
  /** Resolves when the other side has confirmed. The same batch may come again: after an error, and after a crash. */
  send(
    batch: SinkBatch,
    signal: AbortSignal,
  ): Promise<{
    /** Records that the other side took notice of and does not want, whatever is done. */
    readonly rejected: number;
  }>;
  /** The sink is gone or another now. */
  close?(): Promise<void>;
}

export const ALL_TAKEN = { rejected: 0 } as const;

/** One record as `slipway audit export` writes it: what `slipway audit verify --file` reads. */
export const exportLine = ({ seq, prev, hash, resourceVersion, body }: ChainedRecord): string =>
  JSON.stringify({ seq, prev, hash, resourceVersion, body });

export const exportLines = (records: readonly ChainedRecord[]): string => records.map((record) => `${exportLine(record)}\n`).join('');

/** In the order of the numbers also where names are sorted. */
export const sortable = (seq: number): string => String(seq).padStart(12, '0');
