import type { ApiObject, ObjectStore } from '@slipway/model';

/** An object as it would be stored, checked and with defaults; `remove` when it would be deleted. */
export interface Candidate {
  readonly object: ApiObject;
  readonly old?: ApiObject | undefined;
  readonly remove?: boolean;
}

type Reader = Pick<ObjectStore, 'get' | 'list'>;

const given = new WeakSet<ApiObject>();

/** Whether an object was read from {@link withCandidates} and is not what is stored, although it has the same uid and generation: nobody may remember it as that. */
export const isCandidate = (object: ApiObject): boolean => given.has(object);

/** The store as it would be with the candidates in it. */
export const withCandidates = (store: Reader, candidates: readonly Candidate[]): Reader => ({
  ...store,
  async get(ref) {
    const found = candidates.find(
      ({ object: { kind, metadata } }) =>
        kind === ref.kind && metadata.name === ref.name && (metadata.namespace ?? '') === (ref.project ?? ''),
    );
    if (found === undefined) return store.get(ref);
    if (found.remove) return undefined;
    given.add(found.object);
    return found.object;
  },
});
