import type { ApiObject, Kind } from '@slipway/model';
import { stringify } from 'yaml';
import { UsageError } from '../exit.ts';
import type { Io } from './io.ts';
import { objectTable, renderTable } from './table.ts';

export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export function requireFormat(text: string): OutputFormat {
  const format = OUTPUT_FORMATS.find((one) => one === text);
  if (!format) throw new UsageError(`there is no output format "${text}"`, `Formats: ${OUTPUT_FORMATS.join(', ')}.`);
  return format;
}

/** Objects as YAML the way people write them; keys keep the API's order. */
export const toYaml = (value: unknown): string => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

export interface PrintOptions {
  readonly format: OutputFormat;
  /** One object was asked for by name: print it, not a list of one. */
  readonly single: boolean;
  readonly withProject: boolean;
  readonly now: number;
}

export function printObjects(io: Io, kind: Kind, objects: readonly ApiObject[], options: PrintOptions): void {
  const { format } = options;
  if (format === 'name') {
    for (const object of objects) io.data(`${kind.singular}/${object.metadata.name}`);
    return;
  }
  if (format === 'json' || format === 'yaml') {
    const value = options.single && objects.length === 1 ? objects[0] : { apiVersion: 'v1', kind: 'List', items: objects };
    io.data(format === 'json' ? JSON.stringify(value, null, 2) : toYaml(value));
    return;
  }
  const { header, rows } = objectTable(kind, objects, { wide: format === 'wide', withProject: options.withProject, now: options.now });
  io.data(colourStates(io, renderTable(header, rows)));
}

const STATE_COLOURS = [
  [/\b(Running|Ready|Connected)\b/g, 'green'],
  [/\b(Pending|Provisioning|Updating|Deleting|Paused|Installing|Waiting|Degraded)\b/g, 'yellow'],
  [/\b(Failed|Crashed|Unknown)\b/g, 'red'],
] as const;

/** Status words in colour on a terminal; the word itself always says it too. */
export function colourStates(io: Io, text: string): string {
  return STATE_COLOURS.reduce(
    (current, [pattern, colour]) => current.replaceAll(pattern, (word) => io.paint(colour, word, 'stdout')),
    text,
  );
}
