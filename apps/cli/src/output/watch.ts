import { messageOf, SlipwayError } from '@slipway/kit';
import type { ApiObject, Kind } from '@slipway/model';
import type { Hub, HubListQuery } from '../hub/hub.ts';
import { colourStates, type OutputFormat, toYaml } from './format.ts';
import type { Io } from './io.ts';
import { objectTable } from './table.ts';

export interface WatchInput {
  readonly io: Io;
  readonly hub: Hub;
  readonly kind: Kind;
  readonly query: HubListQuery;
  readonly print: { readonly format: OutputFormat; readonly withProject: boolean };
  readonly signal: AbortSignal;
}

/** The first list and then every change of a query, for as long as the signal lives; a lost stream is resumed, a too old one listed again. */
export async function* follow(
  hub: Hub,
  kind: Kind,
  query: HubListQuery,
  signal: AbortSignal,
  onLost: (message: string) => void = () => undefined,
): AsyncIterable<{ readonly type: 'LISTED' | 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject }> {
  const { sleep } = await import('@slipway/kit');
  let version: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const listed = await hub.list(kind, query);
        for (const object of listed.items) yield { type: 'LISTED', object };
        version = listed.resourceVersion;
      }
      for await (const event of hub.watch(kind, query, version, signal)) {
        failures = 0;
        if (event.type === 'BOOKMARK') {
          version = event.resourceVersion;
          continue;
        }
        version = event.object.metadata.resourceVersion;
        yield { type: event.type, object: event.object };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SlipwayError && error.code === 'Gone') version = undefined;
      else if (error instanceof SlipwayError && !['Unavailable', 'Timeout', 'Internal', 'TooManyRequests'].includes(error.code))
        throw error;
      else if (failures === 0) onLost(messageOf(error));
    }
    failures += 1;
    // Immediately again when the server ended a stream in order; slower and slower when it is away.
    if (failures > 1) await sleep(Math.min(5000, 250 * 2 ** Math.min(failures, 5)), signal).catch(() => undefined);
  }
}

export async function watchObjects(input: WatchInput): Promise<void> {
  const { io, kind, print } = input;
  let widths: number[] = [];
  const row = (object: ApiObject, deleted: boolean) => {
    if (print.format === 'json') return io.data(JSON.stringify(object));
    if (print.format === 'yaml') return io.data(`---\n${toYaml(object)}`);
    if (print.format === 'name') return io.data(`${kind.singular}/${object.metadata.name}${deleted ? ' deleted' : ''}`);
    const table = objectTable(kind, [object], { wide: print.format === 'wide', withProject: print.withProject, now: Date.now() });
    const cells = table.rows[0] ?? [];
    const first = widths.length === 0;
    widths = table.header.map((name, column) => Math.max(name.length, widths[column] ?? 0, (cells[column] ?? '').length));
    const line = (values: readonly string[]) =>
      values
        .map((value, column) => value.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd();
    if (first) io.data(line(table.header));
    io.data(colourStates(io, `${line(cells)}${deleted ? '  (deleted)' : ''}`));
  };
  for await (const event of follow(input.hub, kind, input.query, input.signal, (message) =>
    io.say(`Lost the hub (${message}); trying again…`),
  )) {
    row(event.object, event.type === 'DELETED');
  }
}
