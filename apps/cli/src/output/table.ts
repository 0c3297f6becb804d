import type { ApiObject, Kind } from '@slipway/model';

/** What would begin another line or column: what somebody wrote into one cell must not look like a row of its own. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]/gu;
const NAMED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const oneCell = (text: string): string =>
  text.replaceAll(BREAKS, (character) => NAMED[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Aligned columns, two spaces apart, no line drawing: made for eyes and for awk. A row is one line, whatever its cells hold. */
export function renderTable(header: readonly string[], given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(oneCell));
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [header, ...rows].map(line).join('\n');
}

/** `45s`, `12m`, `3h5m`, `4d`: the age of an RFC 3339 time, as kubectl writes it. */
export function age(time: string | null | undefined, now: number): string {
  if (!time) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  if (hours < 48) return `${hours}h`;
  return `${Math.floor(hours / 24)}d`;
}

export interface ObjectTableOptions {
  readonly wide: boolean;
  readonly withProject: boolean;
  readonly now: number;
}

/** Header and rows of a kind's objects: NAME, the kind's own columns, AGE. */
export function objectTable(
  kind: Kind,
  objects: readonly ApiObject[],
  options: ObjectTableOptions,
): { header: string[]; rows: string[][] } {
  const columns = kind.columns.filter((column) => options.wide || !column.wide);
  const project = options.withProject && kind.scope === 'project';
  const header = [...(project ? ['PROJECT'] : []), 'NAME', ...columns.map((column) => column.name), 'AGE'];
  const rows = objects.map((object) => [
    ...(project ? [object.metadata.namespace ?? ''] : []),
    object.metadata.name,
    ...columns.map((column) => {
      const value = column.value(object);
      if (value === undefined || value === '') return '-';
      return column.type === 'date' ? age(String(value), options.now) : String(value);
    }),
    age(object.metadata.creationTimestamp, options.now),
  ]);
  return { header, rows };
}
