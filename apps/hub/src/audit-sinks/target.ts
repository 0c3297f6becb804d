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

/** What JSON leaves as it is, and terminals or log viewers would obey: C1 controls, other ends of lines, changes of direction. */
const OBEYED = /[\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/** One record as `slipway audit export` writes it: what `slipway audit verify --file` reads. One line of text, whatever a record holds; read as JSON it is the same to the letter. */
export const exportLine = ({ seq, prev, hash, resourceVersion, body }: ChainedRecord): string =>
  JSON.stringify({ seq, prev, hash, resourceVersion, body }).replaceAll(
    OBEYED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export const exportLines = (records: readonly ChainedRecord[]): string => records.map((record) => `${exportLine(record)}\n`).join('');

/** In the order of the numbers also where names are sorted. */
export const sortable = (seq: number): string => String(seq).padStart(12, '0');
