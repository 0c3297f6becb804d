/** One measured thing. Times in seconds unless the name says otherwise. */
export interface Figure {
  readonly name: string;
  readonly values: readonly number[];
  readonly unit: 's' | 'ms' | 'MiB' | 'KiB' | '%';
  /** What we aim at, in the same unit, compared with the median (or p99 where `of` says so). */
  readonly aim?: number;
  readonly of?: 'median' | 'p99';
  /** Another figure this one is divided by, measured in the same run. */
  readonly against?: string;
  readonly ratioAim?: number;
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 50);

const show = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

/** The table a person reads; the same figures go to JSON. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const base = figures.find((other) => other.name === figure.against);
    const ratio = base === undefined ? undefined : median(figure.values) / median(base.values);
    const judged = figure.of === 'p99' ? percentile(figure.values, 99) : median(figure.values);
    const missed =
      (figure.aim !== undefined && judged > figure.aim) ||
      (figure.ratioAim !== undefined && ratio !== undefined && ratio > figure.ratioAim);
    const aim =
      figure.ratioAim === undefined ? (figure.aim === undefined ? '' : `≤ ${figure.aim} ${figure.unit}`) : `≤ ${figure.ratioAim}×`;
    return [
      figure.name,
      `${show(median(figure.values))} ${figure.unit}`,
      figure.values.length > 1 ? `${show(percentile(figure.values, 99))} ${figure.unit}` : '',
      String(figure.values.length),
      ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
      aim,
      aim === '' ? '' : missed ? 'missed' : 'met',
    ];
  });
  const all = [['figure', 'median', 'p99', 'n', 'ratio', 'aim', ''], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
