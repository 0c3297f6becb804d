import { messageOf, SlipwayError } from '@slipway/kit';
import { isRecord } from '@slipway/model';
import { openArchive } from '../archive/open-archive.ts';
import type { TarFile } from '../archive/read-tar.ts';
import { CHART_LIMITS } from '../chart-archive.ts';
import { readChartYaml } from '../chart-yaml.ts';
import { type Ledger, type Report } from './report.ts';

/** A chart of the pack, as its archive has it. */
export interface ChartPart {
  readonly kind: 'chart';
  /** Also the root of its values: `charts.<name>`. */
  readonly name: string;
  readonly version: string;
  readonly appVersion: string | undefined;
  readonly file: string;
  readonly archive: Buffer;
  /** Below the chart's folder. */
  readonly files: readonly TarFile[];
}

export interface ManifestPart {
  readonly kind: 'manifest';
  /** Name of the file without its ending; the root of its values: `manifests.<name>`. */
  readonly name: string;
  readonly file: string;
  readonly content: string;
  /** It is a template of helm's language, not only text with references. */
  readonly templated: boolean;
}

export type PaletteFiles = ReadonlyMap<string, Buffer>;

/** What only a template has: values and objects of a release, and actions of the language. */
const TEMPLATE =
  /\{\{-?\s*(?:\$\w*\s*:?=|\$\.|\(|\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|(?:if|range|with|include|define|template|block|end|else|tpl|toYaml|printf|default|quote|required|lookup|nindent|indent)\b|\/\*)/;

const LOST_CHART = 'Put the chart into the folder as its pack.json says, or make it a layer of its own.';

/** The charts that pack.json names, and those that lie in `charts/` without being named are reported. */
export async function chartParts(files: PaletteFiles, json: Ledger, report: Report): Promise<ChartPart[]> {
  const parts: ChartPart[] = [];
  const named = listAt(json, 'charts');
  for (const [index, file] of named.entries()) {
    const data = files.get(file);
    if (data === undefined) {
      json.report(['charts', index], `the file ${JSON.stringify(file)} is not in the folder`, LOST_CHART);
      continue;
    }
    try {
      const part = await chartPart(file, data);
      if (parts.some(({ name }) => name === part.name))
        json.report(['charts', index], `there is another chart called "${part.name}" in the pack; this one was left out`, LOST_CHART);
      else parts.push(part);
      json.take('charts', index);
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      json.report(['charts', index], `the chart was left out: ${messageOf(error)}`, 'Mend the archive and import again.');
    }
  }
  reportUnnamed(files, { folder: 'charts/', named, key: 'charts' }, report);
  return parts;
}

async function chartPart(file: string, data: Buffer): Promise<ChartPart> {
  const { root, files, find } = await openArchive(data, CHART_LIMITS);
  const chart = readChartYaml(find('Chart.yaml'));
  return {
    kind: 'chart',
    name: chart.name,
    version: chart.version,
    appVersion: chart.appVersion ?? undefined,
    file,
    archive: data,
    files: files.map((one) => ({ name: one.name.slice(root.length + 1), data: one.data })),
  };
}

export function manifestParts(files: PaletteFiles, json: Ledger, report: Report): ManifestPart[] {
  const parts: ManifestPart[] = [];
  const named = listAt(json, 'kubeManifests');
  for (const [index, file] of named.entries()) {
    const data = files.get(file);
    if (data === undefined) {
      json.report(
        ['kubeManifests', index],
        `the file ${JSON.stringify(file)} is not in the folder`,
        'Put it there, or make it a layer of its own.',
      );
      continue;
    }
    json.take('kubeManifests', index);
    const content = data.toString('utf8');
    const name = (file.split('/').at(-1) ?? file).replace(/\.(ya?ml|json|tpl)$/, '');
    if (parts.some((part) => part.name === name))
      json.report(
        ['kubeManifests', index],
        `there is another manifest called "${name}"; this one was left out`,
        'Rename one of the two files.',
      );
    else parts.push({ kind: 'manifest', name, file, content, templated: TEMPLATE.test(content) });
  }
  reportUnnamed(files, { folder: 'manifests/', named, key: 'kubeManifests' }, report);
  return parts;
}

function reportUnnamed(
  files: PaletteFiles,
  { folder, named, key }: { folder: string; named: readonly string[]; key: string },
  report: Report,
): void {
  for (const file of files.keys()) {
    if (!file.startsWith(folder) || named.includes(file)) continue;
    report.add({
      file,
      path: '',
      what: `is not named by ${key} of pack.json and was left out, as Palette leaves it out`,
      todo: `Name it in ${key} if it belongs to the pack.`,
    });
  }
}

/** A list of texts of pack.json; what is no text is left for the report's end. */
function listAt(json: Ledger, key: string): string[] {
  const list = isRecord(json.value) ? json.value[key] : undefined;
  return Array.isArray(list) ? list.map((item: unknown) => (typeof item === 'string' ? item.replace(/^\.\//, '') : '')) : [];
}
