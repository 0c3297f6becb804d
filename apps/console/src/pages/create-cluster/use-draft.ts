import type { ApiObject } from '@slipway/model';
import { useCallback, useEffect, useRef, useState } from 'react';
import { withoutSecrets } from '../../forms/draft.ts';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';
import { useSession } from '../../state/session-context.ts';
import { useUnsaved } from '../../state/unsaved.ts';
import type { OpenApi, Schema } from '../../yaml/schema.ts';
import { type Draft, freshDraft } from './draft.ts';
import { type Judgement, judge } from './judge.ts';

/** What the hub keeps for a user: with it a draft is there on every machine they sign in from. */
const USER_ITEMS = KINDS.useritems;
type Kept = ApiObject<{ readonly content: Partial<Draft> }>;

const SAVE_MS = 700;
const JUDGE_MS = 400;

export type Keeping = 'loading' | 'new' | 'resumed' | 'kept' | 'keeping' | 'not kept';

const draftName = (user: string): string =>
  `create-cluster-${[...new TextEncoder().encode(user)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`.slice(0, 250);

/** One unfinished cluster per user, kept by the hub without its secrets. */
export function useDraft(project: string, document: OpenApi, schema: Schema) {
  const { user } = useSession();
  const name = draftName(user);
  const [draft, setDraft] = useState<Draft>(() => freshDraft(project));
  const [keeping, setKeeping] = useState<Keeping>('loading');
  const touched = useRef(false);
  useUnsaved(useCallback(() => touched.current, []));
  const writes = useRef<Promise<unknown>>(Promise.resolve());

  useEffect(() => {
    let left = false;
    client.find<Kept>({ kind: USER_ITEMS, name }).then(
      (found) => {
        if (left || touched.current) return;
        const { cluster, pools } = found?.spec.content ?? {};
        if (typeof cluster !== 'string' || !Array.isArray(pools)) return setKeeping('new');
        setDraft({ cluster, pools, putBy: {} });
        setKeeping('resumed');
      },
      () => !left && setKeeping('not kept'),
    );
    return () => void (left = true);
  }, [name]);

  useEffect(() => {
    if (!touched.current) return;
    const timer = setTimeout(() => {
      if (!touched.current) return;
      setKeeping('keeping');
      const content = { cluster: withoutSecrets(draft.cluster, document, schema), pools: draft.pools };
      // One after the other: a later text must not be overtaken by an earlier one.
      writes.current = writes.current
        .then(() => write(name, { owner: user, type: 'draft', about: 'create-cluster', title: '', content }))
        .then(
          () => setKeeping('kept'),
          () => setKeeping('not kept'),
        );
    }, SAVE_MS);
    return () => clearTimeout(timer);
  }, [draft, name, user, document, schema]);

  return {
    draft,
    keeping,
    change(next: Draft) {
      touched.current = true;
      setDraft(next);
    },
    /** What was written is thrown away: it is saved, or not wanted. */
    async forget(): Promise<void> {
      touched.current = false;
      await writes.current;
      await client.delete({ kind: USER_ITEMS, name }).catch(() => undefined);
    },
    startOver() {
      touched.current = false;
      setDraft(freshDraft(project));
      setKeeping('new');
      void client.delete({ kind: USER_ITEMS, name }).catch(() => undefined);
    },
  };
}

async function write(name: string, spec: object): Promise<void> {
  const address = { kind: USER_ITEMS, name };
  if ((await client.find(address)) === undefined) await client.create(USER_ITEMS, { kind: 'UserItem', metadata: { name }, spec });
  // Replaced, not merged: nothing of what was written before may stay.
  else await client.patch(address, [{ op: 'replace', path: '/spec', value: spec }]);
}

/** What the hub says of the draft as it is now; the last word stays while it is asked again. */
export function useJudgement(draft: Draft, ready: boolean): { readonly judgement: Judgement | undefined; readonly asking: boolean } {
  const [judged, setJudged] = useState<{ readonly draft: Draft; readonly judgement: Judgement }>();
  useEffect(() => {
    if (!ready) return;
    const left = new AbortController();
    const timer = setTimeout(
      () =>
        void judge(draft, left.signal).then((judgement) => {
          if (!left.signal.aborted) setJudged({ draft, judgement });
        }),
      JUDGE_MS,
    );
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [draft, ready]);
  return { judgement: judged?.judgement, asking: judged?.draft !== draft };
}
