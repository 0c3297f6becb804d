import { isRecord, type PathStep } from '@slipway/model';
import type { ChartPart, ManifestPart } from './parts.ts';

/** How the parts of a Palette pack lie in the pack that is made of it, and so where their values go. */
export interface Layout {
  /**
   * chart: the one chart as it is · manifests: plain manifests · umbrella: a chart around several charts and manifests, each with its own values ·
   * nothing: there is nothing to install.
   */
  readonly kind: 'chart' | 'manifests' | 'umbrella' | 'nothing';
  /** Names of the charts that manifests become in an umbrella. */
  readonly manifestNames: ReadonlyMap<string, string>;
  /** Where a path of values.yaml (`['charts', 'web', 'replicas']`) goes; undefined when there is no such place. */
  place(steps: readonly PathStep[]): PathStep[] | undefined;
}

export interface LayoutInput {
  readonly name: string;
  readonly version: string;
  readonly charts: readonly ChartPart[];
  readonly manifests: readonly ManifestPart[];
  /** values.yaml. */
  readonly values: unknown;
}

export function layoutOf(input: LayoutInput): Layout {
  const kind = kindOf(input);
  const manifestNames = namesOf(input);
  return {
    kind,
    manifestNames,
    place: ([root, name, ...rest]) => {
      if (name === undefined) return undefined;
      if (root === 'charts' && input.charts.some((chart) => chart.name === name)) return kind === 'chart' ? rest : [name, ...rest];
      const chart = root === 'manifests' && kind === 'umbrella' ? manifestNames.get(String(name)) : undefined;
      return chart === undefined ? undefined : [chart, ...rest];
    },
  };
}

function kindOf({ name, version, charts, manifests, values }: LayoutInput): Layout['kind'] {
  if (charts.length === 0 && manifests.length === 0) return 'nothing';
  const [only, ...more] = charts;
  // A chart is never changed: one of another name or version lies inside of a chart that has the pack's.
  if (only && more.length === 0 && manifests.length === 0) return only.name === name && only.version === version ? 'chart' : 'umbrella';
  if (charts.length > 0) return 'umbrella';
  const own = isRecord(values) ? values['manifests'] : undefined;
  const hasValues = isRecord(own) && manifests.some((part) => isRecord(own[part.name]) && Object.keys(own[part.name] as object).length > 0);
  return hasValues || manifests.some(({ templated }) => templated) ? 'umbrella' : 'manifests';
}

function namesOf({ name: pack, charts, manifests }: LayoutInput): Map<string, string> {
  const taken = new Set([pack, ...charts.map(({ name }) => name)]);
  return new Map(
    manifests.map(({ name }) => {
      let chart = chartName(name);
      while (taken.has(chart)) chart = `${chart}-manifests`;
      taken.add(chart);
      return [name, chart];
    }),
  );
}

/** A name that helm takes for a chart. */
export const chartName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 200) || 'pack';

/**
 * The steps of a path with dots, as schema.yaml and presets.yaml have them, among these values: a key may hold dots itself, so that the longest key that is there wins.
 * `$[]` is each item of a list.
 */
export function dottedSteps(path: string, values: unknown): string[] {
  const words = path.split('.').filter((word) => word !== '');
  const steps: string[] = [];
  let at = values;
  for (let from = 0; from < words.length;) {
    const here = isRecord(at) ? at : {};
    let until = words.length;
    while (until > from + 1 && !Object.hasOwn(here, words.slice(from, until).join('.'))) until -= 1;
    const step = words.slice(from, until).join('.');
    steps.push(step);
    at = Object.hasOwn(here, step) ? here[step] : Array.isArray(at) && step === '$[]' ? (at[0] as unknown) : undefined;
    from = until;
  }
  return steps;
}
