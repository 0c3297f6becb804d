import { openArchive, type OpenedArchive } from './archive/open-archive.ts';
import { CHART_LIMITS } from './chart-archive.ts';

/** The YAML files in the `crds` folders of a chart and its subcharts: helm makes these definitions when it installs the chart, and never touches them again. */
export async function chartDefinitions(archive: Buffer): Promise<string[]> {
  return definitionsOf(await openArchive(archive, CHART_LIMITS));
}

const definitionsOf = ({ files, nested }: OpenedArchive): string[] => [
  ...files.filter(({ name }) => /^[^/]+\/(charts\/[^/]+\/)*crds\/.+\.(ya?ml|json)$/.test(name)).map(({ data }) => data.toString('utf8')),
  ...nested.flatMap(({ archive }) => definitionsOf(archive)),
];
