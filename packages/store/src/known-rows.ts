import type { ApiObject } from '@slipway/model';
import { objectOf, type ObjectRow, type RowKey } from './rows.ts';

/** A row as the database has it, with its object. Both are frozen: every reader gets the same ones. */
export interface KnownRow {
  readonly row: ObjectRow;
  readonly object: ApiObject;
}

/**
 * What a process that alone writes a database knows to be in it. A read is answered from here only when it must be what the database would say: while a
 * write of a key (or, for whole kinds, of any key of the kind) is on its way, the database itself is asked, and it answers after that write.
 */
export interface KnownRows {
  /** The row of a key; `absent` when there is certainly none, undefined when it is not known. */
  get(key: RowKey): KnownRow | 'absent' | undefined;
  /** Every row of a kind by project and name, and a revision at which that is so; undefined when it is not known. */
  all(tenant: string, kind: string): { readonly rows: readonly KnownRow[]; readonly revision: number } | undefined;
  /** Reads one key and remembers it, unless it was written meanwhile. */
  read(key: RowKey, load: () => Promise<ObjectRow | undefined>): Promise<KnownRow | undefined>;
  /** Reads a whole kind and remembers it, unless it is too large or was written meanwhile. Undefined when it was not remembered. */
  readAll(
    tenant: string,
    kind: string,
    load: (limit: number) => Promise<{ rows: readonly ObjectRow[]; revision: number }>,
  ): Promise<{ readonly rows: readonly KnownRow[]; readonly revision: number } | undefined>;
  /** Every write goes through here. `run` gives the row as it was stored, `removed` with its revision, or undefined when nothing was written. */
  write(key: RowKey, run: () => Promise<Written | undefined>): Promise<Written | undefined>;
}

export type Written = { readonly rv: string; readonly row: ObjectRow } | { readonly rv: string; readonly removed: true };

interface KindRows {
  readonly rows: Map<string, KnownRow>;
  /** Every row of the kind is in `rows`. */
  complete: boolean;
  tooMany: boolean;
  /** Writes on their way, and how often one began or ended: a read that saw another count is not to be remembered. */
  writing: number;
  writes: number;
  readonly busy: Map<string, { writers: number; mixed: boolean }>;
}

/** Rows of one kind kept at most: the hub's memory must not grow with the fleet. */
const MOST = 1000;

export function createKnownRows(most = MOST): KnownRows {
  const kinds = new Map<string, KindRows>();
  let revision = 0;

  const kindOf = (tenant: string, kind: string): KindRows => {
    const key = `${tenant}/${kind}`;
    let known = kinds.get(key);
    if (known === undefined) {
      known = { rows: new Map(), complete: false, tooMany: false, writing: 0, writes: 0, busy: new Map() };
      kinds.set(key, known);
    }
    return known;
  };

  const remember = (kind: KindRows, row: ObjectRow): KnownRow => {
    const known = { row: frozen(row), object: frozen(objectOf(row)) };
    kind.rows.set(nameOf(row), known);
    if (kind.rows.size > most) {
      kind.rows.clear();
      kind.complete = false;
      kind.tooMany = true;
    }
    return known;
  };

  const begin = (kind: KindRows, name: string): void => {
    const busy = kind.busy.get(name);
    if (busy === undefined) kind.busy.set(name, { writers: 1, mixed: false });
    else {
      busy.writers++;
      busy.mixed = true;
    }
    kind.writing++;
    kind.writes++;
    kind.rows.delete(name);
  };

  const end = (kind: KindRows, name: string, written: Written | undefined): void => {
    const busy = kind.busy.get(name) as { writers: number; mixed: boolean };
    kind.writing--;
    kind.writes++;
    if (written !== undefined) revision = Math.max(revision, Number(written.rv));
    if (--busy.writers > 0) return;
    kind.busy.delete(name);
    // Of several writers at once it is not known here who was last, and of one that failed not whether it wrote.
    if (busy.mixed || written === undefined) kind.complete = false;
    else if ('row' in written) remember(kind, written.row);
  };

  const everything = (kind: KindRows) => ({
    rows: [...kind.rows.values()].toSorted((a, b) => byPlace(a.row, b.row)),
    revision,
  });

  return {
    get(key) {
      const kind = kindOf(key.tenant, key.kind);
      const name = nameOf(key);
      if (kind.busy.has(name)) return undefined;
      return kind.rows.get(name) ?? (kind.complete ? 'absent' : undefined);
    },
    all(tenant, name) {
      const kind = kindOf(tenant, name);
      return kind.complete && kind.writing === 0 ? everything(kind) : undefined;
    },
    async read(key, load) {
      const kind = kindOf(key.tenant, key.kind);
      const { writes } = kind;
      const row = await load();
      if (row === undefined) return undefined;
      if (kind.writing === 0 && kind.writes === writes) return remember(kind, row);
      return { row, object: objectOf(row) };
    },
    async readAll(tenant, name, load) {
      const kind = kindOf(tenant, name);
      if (kind.tooMany || kind.writing > 0) return undefined;
      const { writes } = kind;
      const found = await load(most + 1);
      if (found.rows.length > most) kind.tooMany = true;
      if (kind.tooMany || kind.writing > 0 || kind.writes !== writes) return undefined;
      revision = Math.max(revision, found.revision);
      for (const row of found.rows) if (!kind.rows.has(nameOf(row))) remember(kind, row);
      kind.complete = true;
      return everything(kind);
    },
    async write(key, run) {
      const kind = kindOf(key.tenant, key.kind);
      const name = nameOf(key);
      begin(kind, name);
      let written: Written | undefined;
      try {
        written = await run();
        return written;
      } finally {
        end(kind, name, written);
      }
    },
  };
}

const nameOf = (key: Pick<RowKey, 'project' | 'name'>): string => `${key.project}/${key.name}`;

function byPlace(a: ObjectRow, b: ObjectRow): number {
  if (a.project !== b.project) return a.project < b.project ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

function frozen<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) frozen(item);
  return value;
}
