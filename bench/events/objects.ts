import { API_VERSION } from '@slipway/model';
import type { EventType, Selection } from './history.ts';
import type { Snapshot } from './verify.ts';
import type { Wire } from './wire.ts';

/** The kind that is written: small, and nothing in the hub writes it, not even a status, so that every event is of one of our writes (a Registry's catalogue is read, and that is noted on it). */
export const COLLECTION = `/apis/${API_VERSION}/macros`;

export const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** An object of the API as it comes over the wire. */
export interface WireObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly value: string };
}

/** A line of a watch. */
export type WireEvent =
  | { readonly type: EventType; readonly object: WireObject }
  | { readonly type: 'BOOKMARK'; readonly object: WireObject }
  | { readonly type: 'ERROR'; readonly object: { readonly code: number; readonly message?: string } };

export const objectOf = (name: string, value: number, even: boolean): object => ({
  apiVersion: API_VERSION,
  kind: 'Macro',
  metadata: { name, labels: { even: String(even) } },
  spec: { value: String(value) },
});

export const rvOf = ({ metadata }: Pick<WireObject, 'metadata'>): number => Number(metadata.resourceVersion);
export const valueOf = ({ spec }: WireObject): number => Number(spec.value);

/** What a list shows of each object. */
export const itemsOf = (objects: readonly WireObject[]) =>
  objects.map((object) => ({ rv: rvOf(object), name: object.metadata.name, value: valueOf(object) }));

export const selector = (selection: Selection): string => (selection === 'even' ? 'labelSelector=even%3Dtrue&' : '');

interface Listed {
  readonly items: readonly WireObject[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

export interface ListWish {
  readonly who: string;
  readonly selection: Selection;
  /** Objects a page; 0 for the whole list at once. */
  readonly limit: number;
  /** The state of this resource version, instead of the newest. */
  readonly exact?: number | undefined;
  /** Waits between pages. */
  readonly between: () => Promise<void>;
}

/** A whole list, page by page. A status when it was refused: 410 when the state it began with is no longer kept. */
export async function list(
  wire: Wire,
  { who, selection, limit, exact, between }: ListWish,
): Promise<Snapshot | { readonly refused: number }> {
  const items: ReturnType<typeof itemsOf> = [];
  let rv: number | undefined;
  let more: string | undefined;
  do {
    const start =
      more === undefined ? (exact === undefined ? '' : `resourceVersion=${exact}&resourceVersionMatch=Exact&`) : `continue=${more}&`;
    const { status, body } = await wire.call(`${COLLECTION}?${selector(selection)}${limit === 0 ? '' : `limit=${limit}&`}${start}`);
    if (status !== 200) return { refused: status };
    const page = body as Listed;
    const told = Number(page.metadata.resourceVersion);
    // A page of another state than the first is what this looks for: the state that it says it is of, with what it has, will not fit.
    rv ??= told;
    if (told !== rv) items.push({ rv: told, name: `(a page of ${told})`, value: 0 });
    items.push(...itemsOf(page.items));
    more = page.metadata.continue;
    if (more !== undefined) await between();
  } while (more !== undefined);
  return { who, selection, rv, items };
}
