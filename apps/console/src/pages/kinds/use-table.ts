import { collectionPath, type KindAddress } from '@slipway/api/browser';
import { SlipwayError } from '@slipway/kit/errors';
import { useEffect, useRef, useState } from 'react';
import { transport } from '../../hub/session.ts';
import type { KindRow } from './kind-rows.tsx';

export interface KindTable {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly KindRow[];
}

/** So many rows are asked for: who has more narrows the list. */
export const MOST_ROWS = 1000;
const REST_MS = 500;

/**
 * The hub's table of a kind, with the columns of the command line. It is asked for again whenever `seen`, what the stream brought, changes; under a flood of changes
 * one answer is waited for, and the next asked for a moment later.
 */
export function useTable(kind: KindAddress, scope: string | undefined, seen: unknown) {
  const [table, setTable] = useState<KindTable>();
  const [problem, setProblem] = useState<SlipwayError>();
  const ask = useRef<() => void>(undefined);
  useEffect(() => {
    const left = new AbortController();
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    let running = false;
    let again = false;
    const once = async (): Promise<void> => {
      try {
        const text = await transport.text(collectionPath(kind, scope), {
          headers: { accept },
          query: { limit: String(MOST_ROWS) },
          signal: left.signal,
        });
        setTable(JSON.parse(text) as KindTable);
        setProblem(undefined);
      } catch (error) {
        if (!left.signal.aborted && error instanceof SlipwayError) setProblem(error);
      }
      running = false;
      if (again && !left.signal.aborted) setTimeout(() => ask.current?.(), REST_MS);
      again = false;
    };
    ask.current = () => {
      if (running || left.signal.aborted) {
        again = true;
        return;
      }
      running = true;
      void once();
    };
    return () => left.abort();
  }, [kind, scope]);
  useEffect(() => void ask.current?.(), [kind, scope, seen]);
  return { table, problem };
}
