import { parse, type PGlite, protocol, type Results } from '@electric-sql/pglite';

const { serialize } = protocol;
type BackendMessage = Awaited<ReturnType<PGlite['execProtocolStream']>>[number];

/** Texts that are prepared, and texts whose use is counted; what comes after is asked as it is. Those of writes are few and come first. */
const MOST = 200;
const MOST_COUNTED = 1000;
/** feature_not_supported: "cached plan must not change result type". */
const CHANGED = '0A000';

interface Statement {
  readonly name: string;
  /** Types of its parameters, and what it says of its rows. */
  readonly parameters: readonly number[];
  readonly rows: readonly BackendMessage[];
}

/**
 * Asks the embedded database with statements that are prepared at their second use: the server then neither parses nor plans, and one call does what `query` does in six.
 */
export function preparing(pglite: PGlite): <R>(text: string, parameters: readonly unknown[]) => Promise<Results<R>> {
  const statements = new Map<string, Statement>();
  const uses = new Set<string>();
  let off = false;

  const send = (...parts: Uint8Array[]): Promise<BackendMessage[]> =>
    // With the end of a message sequence in every call, what fails is over and the next begins anew.
    pglite.execProtocolStream(Buffer.concat([...parts, serialize.sync()]));
  const prepare = async (text: string): Promise<Statement> => {
    const name = `s${statements.size}`;
    const said = await send(serialize.parse({ name, text }), serialize.describe({ type: 'S', name }));
    const rows = said.filter((message) => message.name === 'rowDescription');
    const statement = { name, parameters: parse.parseDescribeStatementResults(said), rows };
    statements.set(text, statement);
    return statement;
  };
  const execute = async <R>({ name, parameters, rows }: Statement, values: readonly unknown[]): Promise<Results<R>> => {
    const sent = values.map((value, n) => textOf(pglite, parameters[n], value));
    const said = await send(serialize.bind({ statement: name, values: sent }), serialize.execute({}));
    return parse.parseResults([...rows, ...said], pglite.parsers)[0] as Results<R>;
  };
  /** Whether this text is worth a statement of its own. */
  const isUsedAgain = (text: string): boolean => {
    if (uses.has(text)) return statements.size < MOST;
    if (uses.size < MOST_COUNTED) uses.add(text);
    return false;
  };

  return async <R>(text: string, values: readonly unknown[]) => {
    const known = statements.get(text);
    if (off || values.length === 0 || (known === undefined && !isUsedAgain(text))) return pglite.query<R>(text, [...values]);
    try {
      return await pglite.runExclusive(async () => execute<R>(known ?? statements.get(text) ?? (await prepare(text)), values));
    } catch (error) {
      if ((error as { code?: string }).code !== CHANGED) throw error;
      // A migration gave a table another column: plans of before do not fit any more.
      off = true;
      return pglite.query<R>(text, [...values]);
    }
  };
}

function textOf(pglite: PGlite, type: number | undefined, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const serializer = type === undefined ? undefined : pglite.serializers[type];
  return serializer === undefined ? String(value) : serializer(value);
}
