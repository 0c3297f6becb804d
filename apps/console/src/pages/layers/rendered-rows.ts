import type { ClusterValues, LayerValues, ValueOrigin } from '@slipway/model';
import { deepEqual, valueOriginWords } from '@slipway/model/browser-profiles';
import { splitPath, valueAt } from '@slipway/model/browser';

/** One value of a layer: what the cluster is told, who says so, and what it was told before. */
export interface RenderedRow {
  readonly path: string;
  /** As JSON; undefined when it would be gone. */
  readonly text: string | undefined;
  /** `profile`, `preset large`. */
  readonly from: string;
  /** `.var.host`, `.macro.domain`. */
  readonly uses: readonly string[];
  /** What it is now, when it would be something else; `–` for nothing. */
  readonly was?: string;
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const at = ({ values }: Pick<LayerValues, 'values'>, path: string): unknown => valueAt(values, splitPath(path) ?? []);

/** The values of a layer, one row each; compared with what they are now when `now` is given. What would be gone comes last. */
export function renderedRows(layer: LayerValues, now?: LayerValues): readonly RenderedRow[] {
  const origins = layer.origins ?? [];
  const rows = origins.map((origin): RenderedRow => {
    const value = at(layer, origin.path);
    const row = { path: origin.path, text: shown(value), ...whoOf(origin) };
    const before = now === undefined ? value : at(now, origin.path);
    return deepEqual(before, value) ? row : { ...row, was: before === undefined ? '–' : shown(before) };
  });
  const known = new Set(origins.map(({ path }) => path));
  // A value in the place of a map speaks for all that was in it.
  const gone = (now?.origins ?? []).filter(({ path }) => !known.has(path) && at(layer, path) === undefined);
  return [
    ...rows,
    ...gone.map((origin) => ({ path: origin.path, text: undefined, ...whoOf(origin), was: shown(at(now ?? {}, origin.path)) })),
  ];
}

const whoOf = (origin: ValueOrigin): Pick<RenderedRow, 'from' | 'uses'> => ({ from: valueOriginWords(origin), uses: origin.uses ?? [] });

/** The layer that is shown: the one that was asked for, else the first that is told anything. */
export const shownLayer = ({ layers }: ClusterValues, asked: string | undefined): LayerValues | undefined =>
  layers.find(({ name }) => name === asked) ??
  (asked === undefined ? (layers.find(({ values, objects }) => objects !== undefined || values !== undefined) ?? layers[0]) : undefined);

/** The name behind a reference to a variable: `.var.hosts[0]` → `hosts`. */
export const variableIn = (use: string): string | undefined => /^\.var\.([A-Za-z]\w*)/.exec(use)?.[1];
