import { mergeValues, type Values } from '@slipway/model';
import { stringify } from 'yaml';
import type { TarFile } from '../archive/read-tar.ts';
import { readJson } from '../json-file.ts';
import type { Layout } from './layout.ts';
import { manifestChart, plainManifest } from './manifest-chart.ts';
import type { ChartPart, ManifestPart } from './parts.ts';
import type { Report } from './report.ts';
import { bothSchemas, withValues } from './values-file.ts';

export interface ComposeInput {
  readonly name: string;
  readonly version: string;
  readonly layout: Layout;
  readonly charts: readonly ChartPart[];
  readonly manifests: readonly ManifestPart[];
  readonly plain: Values;
  readonly referring: Values;
  readonly schema: Readonly<Record<string, unknown>> | undefined;
  /** slipway.yaml but for the values that layers start with. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly readme: Buffer | undefined;
  readonly logo: TarFile | undefined;
  readonly report: Report;
}

/** The files of the pack, below its folder. */
export function composePack(input: ComposeInput): TarFile[] {
  const parts = partsOf(input);
  const { readme, logo, metadata, defaults, referring } = input;
  const values = parts.references === undefined ? referring : mergeValues(referring, parts.references);
  const start = { ...defaults, ...(Object.keys(values).length === 0 ? {} : { values }) };
  const slipway = {
    apiVersion: 'slipway.dev/v1',
    kind: 'Pack',
    ...metadata,
    ...(Object.keys(start).length === 0 ? {} : { defaults: start }),
  };
  const own: TarFile[] = [
    { name: 'slipway.yaml', data: Buffer.from(stringify(slipway, { lineWidth: 0 })) },
    ...(readme === undefined ? [] : [{ name: 'README.md', data: readme }]),
    ...(logo === undefined ? [] : [logo]),
  ];
  const names = new Set(own.map(({ name }) => name.toLowerCase()));
  const renamed = parts.files.flatMap((file) => {
    if (!names.has(file.name.toLowerCase())) return [file];
    if (file.name.toLowerCase() === 'readme.md') return [{ name: 'README.chart.md', data: file.data }];
    input.report.add({
      file: input.charts[0]?.file ?? '',
      path: file.name,
      what: 'a file of the chart has the name of one that the pack gets',
      todo: 'Rename it in the chart.',
    });
    return [];
  });
  return [...renamed, ...own];
}

interface Parts {
  readonly files: readonly TarFile[];
  readonly references?: Values;
}

function partsOf(input: ComposeInput): Parts {
  switch (input.layout.kind) {
    case 'chart':
      return { files: chartFiles(input) };
    case 'manifests':
      return { files: input.manifests.map((part) => plainManifest(part, input.report)) };
    case 'umbrella':
      return umbrella(input);
    case 'nothing':
      return { files: [] };
  }
}

function chartFiles({ charts: [chart], plain, schema }: ComposeInput): TarFile[] {
  const files = new Map((chart?.files ?? []).map(({ name, data }) => [name, data]));
  const values = files.get('values.yaml')?.toString('utf8') ?? '';
  files.set('values.yaml', Buffer.from(withValues(values, plain)));
  const own = files.get('values.schema.json');
  const both = bothSchemas(own === undefined ? undefined : readJson(own, 'the values.schema.json of the chart'), schema);
  if (both !== undefined && schema !== undefined) files.set('values.schema.json', jsonFile(both));
  return [...files].map(([name, data]) => ({ name, data }));
}

function umbrella({ name, version, layout, charts, manifests, plain, schema, metadata, report }: ComposeInput): Parts {
  const made = manifests.map((part) => {
    const chart = layout.manifestNames.get(part.name) ?? part.name;
    return { chart, ...manifestChart(part, chart, version, report) };
  });
  const dependencies = [
    ...charts.map((chart) => ({ name: chart.name, version: chart.version })),
    ...made.map(({ chart }) => ({ name: chart, version })),
  ];
  const [only, ...more] = charts;
  const chartYaml = {
    apiVersion: 'v2',
    name,
    version,
    ...(only?.appVersion !== undefined && more.length === 0 ? { appVersion: only.appVersion } : {}),
    description: String(metadata['description'] ?? metadata['displayName'] ?? name),
    type: 'application',
    dependencies: dependencies.map((dependency) => ({ ...dependency, repository: '' })),
  };
  const references = Object.fromEntries(
    made.flatMap((one) => (Object.keys(one.references).length === 0 ? [] : [[one.chart, { references: one.references }]])),
  );
  return {
    files: [
      { name: 'Chart.yaml', data: Buffer.from(stringify(chartYaml)) },
      { name: 'values.yaml', data: Buffer.from(stringify(plain)) },
      ...(schema === undefined ? [] : [{ name: 'values.schema.json', data: jsonFile(schema) }]),
      ...charts.map((chart) => ({ name: `charts/${chart.name}-${chart.version}.tgz`, data: chart.archive })),
      ...made.flatMap(({ chart, files }) => files.map((file) => ({ name: `charts/${chart}/${file.name}`, data: file.data }))),
    ],
    ...(Object.keys(references).length === 0 ? {} : { references }),
  };
}

const jsonFile = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
