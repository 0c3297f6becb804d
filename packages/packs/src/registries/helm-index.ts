import { messageOf, SlipwayError } from '@slipway/kit';
import { parse } from 'yaml';
import { z } from 'zod';
import { chartFields } from './chart-fields.ts';
import type { ListedVersion } from './source.ts';

/** One version of a chart as an index has it. */
export interface IndexEntry extends ListedVersion {
  readonly urls: readonly string[];
}

const LIMITS = {
  line: 1024 * 1024,
  item: 256 * 1024,
  whole: 8 * 1024 * 1024,
  json: 64 * 1024 * 1024,
  charts: 20_000,
  entries: 10_000,
} as const;

/** Fields of an entry that are read; what else stands there (readmes in annotations, maintainers) is passed over. */
const WANTED = new Set(['version', 'urls', 'digest', 'description', 'appVersion', 'kubeVersion', 'created', 'deprecated', 'annotations']);

const entrySchema = z.object({
  version: z.union([z.string(), z.number()]).transform(String),
  urls: z.array(z.string().max(4096)).max(20).default([]),
  digest: z.string().max(80).optional().catch(undefined),
});

/** The entry of an index, or undefined when it cannot be used. */
function entryOf(content: unknown): IndexEntry | undefined {
  const entry = entrySchema.safeParse(content);
  if (!entry.success) return undefined;
  const { version, urls, digest } = entry.data;
  const hex = digest?.replace(/^sha256:/, '');
  return {
    ...chartFields(content),
    version,
    urls,
    ...(hex !== undefined && /^[0-9a-f]{64}$/.test(hex) ? { digest: `sha256:${hex}` } : {}),
  };
}

export interface IndexReading {
  /** Called for each chart, in the order of the index. */
  readonly onChart: (name: string, entries: readonly IndexEntry[]) => void;
  /** Only this chart is read; the others are passed over, and reading ends after it. */
  readonly only?: string | undefined;
  readonly from: string;
}

/**
 * Reads the index.yaml of a Helm repository as it arrives. Indexes of public repositories have tens of megabytes, of which a YAML parser makes gigabytes: what
 * helm itself writes (`entries:` in block style) is cut at its lines, and only the fields that are needed of each entry are parsed. JSON, and small indexes in other
 * styles, are parsed whole. Resolves with the number of entries that could not be read.
 */
export async function readHelmIndex(body: AsyncIterable<Uint8Array>, reading: IndexReading): Promise<{ unreadable: number }> {
  const cutter = createCutter(reading);
  const whole: string[] = [];
  let size = 0;
  let kind: 'unknown' | 'json' | 'block' = 'unknown';
  for await (const text of texts(body)) {
    size += text.length;
    if (kind === 'unknown' && text.trim() !== '') kind = text.trimStart().startsWith('{') ? 'json' : 'block';
    // Kept besides, in case it is not the style helm writes.
    if (kind === 'json' || (size <= LIMITS.whole && !cutter.sure())) whole.push(text);
    else whole.length = 0;
    if (size > LIMITS.json) throw unusable(reading.from, `is larger than ${LIMITS.json} bytes`);
    if (kind === 'block' && (await cutter.push(text))) return { unreadable: cutter.unreadable() };
  }
  if (kind === 'block') await cutter.end();
  if (cutter.sure()) return { unreadable: cutter.unreadable() };
  if (size > LIMITS.whole && kind !== 'json')
    throw unusable(reading.from, 'is not in the style that helm writes, and too large to be read otherwise');
  return readWhole(whole.join(''), reading);
}

async function* texts(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function readWhole(text: string, { onChart, only, from }: IndexReading): { unreadable: number } {
  let content: unknown;
  try {
    content = text.trimStart().startsWith('{') ? jsonOrYaml(text) : parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw unusable(from, `is not YAML: ${messageOf(error).split('\n')[0]}`);
  }
  const index = z.object({ entries: z.record(z.string(), z.array(z.unknown()).nullable()).nullable() }).safeParse(content);
  if (!index.success) throw unusable(from, 'is not the index of a Helm repository');
  let unreadable = 0;
  for (const [name, items] of Object.entries(index.data.entries ?? {})) {
    if (only !== undefined && only !== name) continue;
    const entries = (items ?? []).flatMap((item) => entryOf(item) ?? []);
    unreadable += (items ?? []).length - entries.length;
    onChart(name, entries);
  }
  return { unreadable };
}

/** What begins with a brace is JSON as a rule; YAML in braces does too. */
function jsonOrYaml(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.length > LIMITS.whole) throw error;
    return parse(text, { maxAliasCount: 100 });
  }
}

/** A key in block style, plain or quoted, with nothing behind it. */
const KEY = /^(\s*)(?:"([^"\\]+)"|'([^']+)'|([^\s"'#\-{[&*!|>%@`][^:#]*?)):\s*(?:#.*)?$/;
/** Items parsed between two turns of the event loop. */
const TURN = 100;

/** Cuts an index in block style into charts and items, line by line. */
function createCutter({ onChart, only, from }: IndexReading) {
  let rest = '';
  let within = false;
  let sure = false;
  let chart: { name: string; entries: IndexEntry[]; indent: number } | undefined;
  let item: { lines: string[]; size: number; indent: number } | undefined;
  let unreadable = 0;
  let charts = 0;
  let parsed = 0;
  let finished = false;

  const closeItem = (): void => {
    if (item === undefined || chart === undefined) return;
    const entry = item.size > LIMITS.item ? undefined : entryOf(parseItem(item.lines, item.indent));
    if (entry === undefined) unreadable += 1;
    else if (chart.entries.length < LIMITS.entries) chart.entries.push(entry);
    parsed += 1;
    item = undefined;
  };
  const closeChart = (): void => {
    closeItem();
    if (chart === undefined) return;
    if (only === undefined || only === chart.name) {
      if (++charts > LIMITS.charts) throw unusable(from, `has more than ${LIMITS.charts} charts`);
      onChart(chart.name, chart.entries);
      finished = only !== undefined;
    }
    chart = undefined;
  };
  const startChart = (line: string, indent: number): boolean => {
    const key = KEY.exec(line);
    const name = key?.[2] ?? key?.[3] ?? key?.[4]?.trim();
    if (name === undefined || (chart !== undefined && indent > chart.indent)) return false;
    closeChart();
    if (!finished) chart = { name, entries: [], indent };
    return true;
  };
  const wantedChart = (): boolean => chart !== undefined && (only === undefined || only === chart.name);

  const line = (text: string): void => {
    if (finished || /^\s*(#.*)?$/.test(text)) return;
    const indent = text.length - text.trimStart().length;
    if (indent === 0 && !text.startsWith('- ')) {
      closeChart();
      within = /^entries:\s*(#.*)?$/.test(text);
      return;
    }
    if (!within) return;
    const opensItem = text.startsWith('- ', indent) && (item === undefined || indent <= item.indent);
    if (opensItem && chart !== undefined && indent >= chart.indent) {
      sure = true;
      closeItem();
      if (wantedChart()) item = { lines: [`${' '.repeat(indent + 1)}${text.slice(indent + 1)}`], size: text.length, indent };
      return;
    }
    if ((item === undefined || indent <= item.indent) && startChart(text, indent)) return;
    if (item === undefined) return;
    item.size += text.length;
    if (item.size <= LIMITS.item) item.lines.push(text);
  };

  return {
    /** It is an index as helm writes it. */
    sure: () => sure,
    unreadable: () => unreadable,
    /** True when no more is needed. */
    async push(text: string): Promise<boolean> {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? '';
      if (rest.length > LIMITS.line) throw unusable(from, `has a line of more than ${LIMITS.line} bytes`);
      for (const one of lines) {
        line(one);
        if (parsed < TURN) continue;
        parsed = 0;
        await new Promise(setImmediate);
      }
      return finished;
    },
    async end(): Promise<void> {
      line(rest);
      closeChart();
    },
  };
}

/** The fields that are wanted of one item, parsed by themselves. */
function parseItem(lines: readonly string[], indent: number): unknown {
  const kept: string[] = [];
  // In one line, or over several in braces: there is nothing to cut.
  let keeping = /^\s*[{&*!]/.test(lines[0] ?? '');
  const whole = keeping;
  const fieldIndent = (lines[0] ?? '').length - (lines[0] ?? '').trimStart().length;
  for (const line of lines) {
    const at = line.length - line.trimStart().length;
    // A list may stand at the indentation of its key.
    if (!whole && at === fieldIndent && !line.startsWith('- ', at))
      keeping = WANTED.has(/^["']?([A-Za-z]+)["']?:/.exec(line.trimStart())?.[1] ?? '');
    if (keeping && at > indent) kept.push(line);
  }
  try {
    return parse(kept.join('\n'), { maxAliasCount: 10 });
  } catch {
    return undefined;
  }
}

const unusable = (from: string, why: string): SlipwayError =>
  new SlipwayError('Invalid', `The index.yaml of the ${from} ${why}.`, { retryable: false });
