import { messageOf, SlipwayError } from '@slipway/kit/errors';
import { useEffect, useMemo, useState } from 'react';
import { KINDS, type KindName } from '../../hub/kinds.ts';
import type { HubEvent } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';
import { readRows } from '../audit/records.ts';
import type { Range } from './activity-search.ts';
import { type Happening, ofEvent, ofRecord } from './happenings.ts';

export interface Happenings {
  readonly all: readonly Happening[];
  readonly loading: boolean;
  readonly error: SlipwayError | undefined;
  /** There are more than could be had. */
  readonly cut: boolean;
}

/** As the stream brings them. */
export function useEvents(project: string | undefined): Happenings {
  const { items, state, error } = useObjects<HubEvent>(KINDS.events, project);
  const all = useMemo(() => items.map(ofEvent), [items]);
  return { all, loading: state === 'loading', error, cut: false };
}

const EVERY_MS = 10_000;
const MOST_PAGES = 5;

const kindOf = (plural: string): string => KINDS[plural as KindName]?.kind ?? plural;

/** From the audit, which is a chain and no collection: looked at again while somebody looks at it. */
export function useChanges(project: string | undefined, since: Range): Happenings {
  const [now, setNow] = useState<Happenings>({ all: [], loading: true, error: undefined, cut: false });
  useEffect(() => {
    let left = false;
    const look = () => {
      if (document.hidden) return;
      changesOf(since).then(
        ({ all, cut }) => !left && setNow({ all, cut, loading: false, error: undefined }),
        (error: unknown) => {
          const told = error instanceof SlipwayError ? error : new SlipwayError('Internal', messageOf(error));
          if (!left) setNow((before) => ({ ...before, loading: false, error: told }));
        },
      );
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      left = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [since]);
  const all = useMemo(
    () => (project === undefined ? now.all : now.all.filter(({ about }) => about.namespace === project)),
    [now.all, project],
  );
  return { ...now, all };
}

async function changesOf(since: Range): Promise<{ all: Happening[]; cut: boolean }> {
  const all: Happening[] = [];
  let before: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { rows, more } = await readRows({ since, before }, Date.now());
    all.push(...rows.flatMap((row) => ofRecord(row, kindOf) ?? []));
    if (!more) return { all, cut: false };
    before = String(rows.at(-1)?.seq ?? '');
  }
  return { all, cut: true };
}
