import type { Database } from '@slipway/store';

/** What becomes of a statement that is broken: it fails at once, or it is not answered until the fault is mended and is run only then, as by a database that was away. */
export type FaultKind = 'throws' | 'hangs';

interface Fault {
  readonly matches: (statement: string) => boolean;
  readonly kind: FaultKind;
  readonly mended: Promise<void>;
  hits: number;
}

export interface Broken {
  /** Statements that met the fault so far: a fault that nothing meets proves nothing. */
  hits(): number;
  mend(): void;
}

type Execute = (this: unknown, query: { readonly sql: string; readonly parameters: readonly unknown[] }, ...rest: unknown[]) => unknown;

const active = new Set<Fault>();
const wrapped = new WeakSet<object>();

/** Breaks SQL statements of this process, whoever sends them: those whose text with its parameters matches. Call `around` with every database first. */
export function breakStatements(matches: RegExp | ((statement: string) => boolean), kind: FaultKind): Broken {
  let mend = (): void => undefined;
  const mended = new Promise<void>((resolve) => (mend = resolve));
  const fault: Fault = { matches: typeof matches === 'function' ? matches : (text) => matches.test(text), kind, mended, hits: 0 };
  active.add(fault);
  return {
    hits: () => fault.hits,
    mend() {
      active.delete(fault);
      mend();
    },
  };
}

export const somethingHangs = (): boolean => [...active].some(({ kind }) => kind === 'hangs');

/** The database as it is, except that faults reach its statements, and that nothing is answered from memory: as every replica on PostgreSQL sees it. */
export function around<T extends Database>(database: T): T {
  const executor = database.db.getExecutor() as unknown as object;
  for (let at = executor; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    if (Object.hasOwn(at, 'executeQuery') && !wrapped.has(at)) wrap(at as { executeQuery: Execute });
  }
  const { known: _known, ...rest } = database;
  return rest as T;
}

function wrap(prototype: { executeQuery: Execute }): void {
  wrapped.add(prototype);
  const real = prototype.executeQuery;
  prototype.executeQuery = async function (query, ...rest) {
    if (active.size > 0) await meet(`${query.sql}\n${JSON.stringify(query.parameters)}`);
    return real.call(this, query, ...rest);
  };
}

async function meet(statement: string): Promise<void> {
  for (const fault of active) {
    if (!fault.matches(statement)) continue;
    fault.hits++;
    if (fault.kind === 'throws') throw new Error('the test broke this statement');
    await fault.mended;
  }
}
