import type { KindAddress } from '@slipway/api/browser';
import type { ApiObject } from '@slipway/model';
import { useCallback, useSyncExternalStore } from 'react';
import { type Collection, createLive, type StreamState } from '../hub/live.ts';
import { onReturn, transport } from '../hub/session.ts';

const live = createLive(transport);
onReturn(live.resume);

/** The objects of a kind as they are now: the component is shown anew when they change. */
export function useObjects<T extends ApiObject>(kind: KindAddress, project?: string, fieldSelector?: string): Collection<T> {
  const subscribe = useCallback(
    (listener: () => void) => live.subscribe({ kind, project, fieldSelector }, listener),
    [kind, project, fieldSelector],
  );
  const snapshot = useCallback(() => live.snapshot({ kind, project, fieldSelector }), [kind, project, fieldSelector]);
  return useSyncExternalStore(subscribe, snapshot) as Collection<T>;
}

export const useStream = (): StreamState => useSyncExternalStore(live.stream.subscribe, live.stream.get);
