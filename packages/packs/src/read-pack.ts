import { type FieldCause, messageOf, sha256Hex, SlipwayError } from '@slipway/kit';
import {
  isRecord,
  joinPath,
  metadataOfAnnotations,
  type PackInfo,
  type PackMetadata,
  packMetadataSchema,
  readYaml,
  refuseIf,
} from '@slipway/model';
import { openArchive, type OpenedArchive } from './archive/open-archive.ts';
import { refused, shown } from './archive/refused.ts';
import { CHART_LIMITS, type ChartLimits } from './chart-archive.ts';
import { type ChartYaml, kubeVersionOf, readChartYaml } from './chart-yaml.ts';
import { readJson } from './json-file.ts';
import { readLogo, readLogoUri } from './logo.ts';

/** Bytes of a README, and of all manifests of a pack of manifests. */
const README = 1024 * 1024;
const MANIFESTS = 4 * 1024 * 1024;

/**
 * Everything Slipway knows about a pack, from its archive: any Helm chart, or an archive of manifests with a `slipway.yaml`. Nothing is unpacked to disk, nothing is
 * fetched, and memory is bounded by the limits. What an archive, or what a pack says about itself, should not be is refused with `Invalid` and a reason.
 *
 * @example const { name, version, metadata } = await readPack(await readFile('web-1.2.3.tgz'));
 */
export async function readPack(archive: Buffer, limits: ChartLimits = CHART_LIMITS): Promise<PackInfo> {
  const opened = await openArchive(archive, limits);
  const digest = `sha256:${sha256Hex(archive)}`;
  if (opened.find('Chart.yaml') !== undefined) return chartInfo(opened, digest);
  if (opened.find('slipway.yaml') !== undefined) return manifestsInfo(opened, digest);
  throw refused('it has no Chart.yaml, and no slipway.yaml');
}

function chartInfo(opened: OpenedArchive, digest: string): PackInfo {
  if (opened.root === '') throw refused('it must hold exactly one folder');
  const chart = readChartYaml(opened.find('Chart.yaml'));
  if (chart.type === 'library') throw refused('it is a library chart, which cannot be installed');
  const remarks: FieldCause[] = [];
  if (chart.kubeVersion && kubeVersionOf(chart) === undefined)
    remarks.push({
      field: 'Chart.yaml: kubeVersion',
      message: 'is not a version range; it is not checked here, and helm may refuse the chart',
    });
  const metadata = metadataOf(opened, chart);
  const { name, version } = chart;
  return {
    name,
    version,
    digest,
    kind: 'chart',
    description: metadata.description ?? chart.description ?? '',
    ...(chart.appVersion ? { appVersion: chart.appVersion } : {}),
    metadata,
    ...valuesOf(opened),
    ...textsOf(opened, metadata),
    manifests: [],
    subcharts: subchartsOf(opened),
    remarks,
  };
}

function manifestsInfo(opened: OpenedArchive, digest: string): PackInfo {
  const metadata = metadataOf(opened, undefined);
  refuseIf('slipway.yaml', [
    ...(metadata.name === undefined ? [{ field: 'name', message: 'is required in a pack of manifests' }] : []),
    ...(metadata.version === undefined ? [{ field: 'version', message: 'is required in a pack of manifests' }] : []),
  ]);
  const prefix = opened.root === '' ? '' : `${opened.root}/`;
  const files = opened.files
    .map((file) => ({ name: file.name.slice(prefix.length), data: file.data }))
    .filter(({ name }) => /\.(ya?ml|json)$/.test(name) && !NOT_MANIFESTS.has(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (files.length === 0) throw refused('it holds no manifests (files that end in .yaml, .yml or .json)');
  if (files.reduce((sum, { data }) => sum + data.length, 0) > MANIFESTS)
    throw refused(`its manifests are larger than ${MANIFESTS} bytes together; make it a chart`);
  return {
    name: metadata.name ?? '',
    version: metadata.version ?? '',
    digest,
    kind: 'manifests',
    description: metadata.description ?? '',
    metadata,
    values: {},
    valuesYaml: '',
    ...textsOf(opened, metadata),
    manifests: files.map(({ name, data }) => ({ name, content: data.toString('utf8') })),
    subcharts: [],
    remarks:
      opened.find('values.yaml') === undefined ? [] : [{ field: 'values.yaml', message: 'is not used: a pack of manifests has no values' }],
  };
}

const NOT_MANIFESTS = new Set(['slipway.yaml', 'values.yaml', 'values.schema.json']);

/** Annotations first, `slipway.yaml` over them field by field. */
function metadataOf(opened: OpenedArchive, chart: ChartYaml | undefined): PackMetadata {
  const annotations = Object.fromEntries(Object.entries(chart?.annotations ?? {}).map(([key, value]) => [key, value ?? '']));
  const { metadata: annotated, causes } = metadataOfAnnotations(annotations, 'Chart.yaml: annotations');
  const own = opened.find('slipway.yaml');
  const file = own === undefined ? {} : yamlFile(own, 'slipway.yaml');
  const merged = { ...annotated, ...(isRecord(file) ? file : {}) };
  if (!isRecord(file)) causes.push({ field: 'slipway.yaml', message: 'must be a mapping' });
  const parsed = packMetadataSchema.safeParse(merged);
  const title = own === undefined ? 'The metadata in Chart.yaml' : 'slipway.yaml';
  if (!parsed.success) causes.push(...parsed.error.issues.map((issue) => ({ field: fieldOf(issue.path), message: issue.message })));
  refuseIf(title, causes);
  const metadata = parsed.data ?? packMetadataSchema.parse({});
  if (chart === undefined) return metadata;
  const kubernetes = metadata.constraints.kubernetes ?? kubeVersionOf(chart);
  return {
    ...metadata,
    constraints: { ...metadata.constraints, ...(kubernetes === undefined ? {} : { kubernetes }) },
    ...(chart.deprecated && metadata.deprecated === undefined ? { deprecated: 'Its author calls this chart deprecated.' } : {}),
  };
}

const fieldOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((field, step) => joinPath(field, typeof step === 'number' ? step : String(step)), '');

function valuesOf({ find }: OpenedArchive): Pick<PackInfo, 'values' | 'valuesYaml' | 'valuesSchema'> {
  const data = find('values.yaml');
  const values = data === undefined ? {} : yamlFile(data, 'values.yaml', 'last');
  if (values !== null && !isRecord(values)) throw refused('its values.yaml must be a mapping');
  const schema = find('values.schema.json');
  return {
    values: values ?? {},
    valuesYaml: data?.toString('utf8') ?? '',
    ...(schema === undefined ? {} : { valuesSchema: readJson(schema, 'its values.schema.json') }),
  };
}

function yamlFile(data: Buffer, name: string, duplicates: 'refuse' | 'last' = 'refuse'): unknown {
  try {
    return readYaml(data.toString('utf8'), `its ${name}`, { duplicates }) ?? {};
  } catch (error) {
    throw refused(messageOf(error).replace(/\.$/, ''));
  }
}

function textsOf(opened: OpenedArchive, { logo }: PackMetadata): Pick<PackInfo, 'readme' | 'logo'> {
  const prefix = opened.root === '' ? '' : `${opened.root}/`;
  const readme = opened.files.find(({ name }) => name.startsWith(prefix) && /^readme(\.md|\.txt)?$/i.test(name.slice(prefix.length)));
  if (readme !== undefined && readme.data.length > README) throw refused(`its README is larger than ${README} bytes`);
  return {
    ...(readme === undefined ? {} : { readme: readme.data.toString('utf8') }),
    ...(logo === undefined ? {} : { logo: logoOf(opened, logo) }),
  };
}

function logoOf(opened: OpenedArchive, logo: string): string {
  const file = logo.startsWith('data:') ? undefined : opened.find(logo);
  if (!logo.startsWith('data:') && file === undefined) throw refused(`its logo "${shown(logo)}" is not in it`);
  const read = file === undefined ? readLogoUri(logo) : readLogo(file);
  if ('refused' in read) throw refused(`its logo is not shown: ${read.refused}`);
  return read.uri;
}

/** Charts below `charts/`, packed or as folders. One that cannot be read is helm's to refuse, and is not listed. */
function subchartsOf(opened: OpenedArchive): PackInfo['subcharts'] {
  const folder = new RegExp(`^${escaped(opened.root)}/charts/([^/]+)/Chart\\.yaml$`);
  const files = [
    ...opened.nested.map(({ archive }) => archive.find('Chart.yaml')),
    ...opened.files.filter(({ name }) => folder.test(name)).map(({ data }) => data),
  ];
  const charts = files.flatMap((data) => {
    try {
      const { name, version } = readChartYaml(data);
      return [{ name, version }];
    } catch (error) {
      if (error instanceof SlipwayError) return [];
      throw error;
    }
  });
  return charts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
