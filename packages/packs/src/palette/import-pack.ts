import { messageOf, SlipwayError } from '@slipway/kit';
import { isRecord, type PackInfo } from '@slipway/model';
import type { TarFile } from '../archive/read-tar.ts';
import { packChart } from '../chart-archive.ts';
import { readJson } from '../json-file.ts';
import { readLogo } from '../logo.ts';
import { readPack } from '../read-pack.ts';
import { type ComposeInput, composePack } from './compose.ts';
import { readConstraints } from './constraints.ts';
import { type Layout, layoutOf } from './layout.ts';
import { readPackJson } from './pack-json.ts';
import { chartParts, manifestParts, type PaletteFiles } from './parts.ts';
import { readPresets } from './presets.ts';
import { type Finding, Ledger, Report } from './report.ts';
import { readSchema } from './schema.ts';
import { readTemplateYaml } from './template-yaml.ts';
import { type PackValues, readValues } from './values.ts';

export interface ImportedPack {
  readonly name: string;
  readonly version: string;
  /** The pack, as `readPack` reads it; undefined when there was nothing to make one of, which a finding says. */
  readonly output?: { readonly info: PackInfo; readonly archive: Buffer; readonly files: readonly TarFile[] };
  /** Everything that has no equivalent, or that somebody has to look at. */
  readonly findings: readonly Finding[];
}

/**
 * A Palette pack, given as the files of its folder, as an ordinary pack: a Helm chart, or manifests with a `slipway.yaml`. Every key of every file is in the output or in
 * `findings`. Refused with `Invalid` only when the folder is no pack at all.
 */
export async function importPalettePack(files: PaletteFiles): Promise<ImportedPack> {
  const report = new Report();
  const json = new Ledger('pack.json', packJson(files), report);
  const values = yamlLedger(files, 'values.yaml', report);
  const schema = yamlLedger(files, 'schema.yaml', report);
  const presets = yamlLedger(files, 'presets.yaml', report);
  const pack = readPackJson(json);
  const charts = await chartParts(files, json, report);
  const manifests = manifestParts(files, json, report);
  const layout = layoutOf({ name: pack.name, version: pack.version, charts, manifests, values: values.value });
  const read = readValues(values, layout);
  const constraints = {
    ...(pack.metadata['constraints'] as object),
    ...readConstraints({ json, name: pack.name, layout, values: values.value }),
  };
  const rules = await readSchema({ schema, layout, values: values.value, placed: read.plain });
  const chosen = readPresets({ presets, layout, values: values.value });
  const logo = logoOf(files, report);
  for (const ledger of [json, values, schema, presets]) ledger.close();
  reportOthers(files, report);
  const made = { name: pack.name, version: pack.version };
  if (layout.kind === 'nothing') {
    reportNothing(files, pack.layer, report);
    return { ...made, findings: report.findings };
  }
  const input = {
    ...made,
    layout,
    charts,
    manifests,
    plain: read.plain,
    referring: read.referring,
    schema: rules,
    metadata: metadataOf({ pack: pack.metadata, ...made, layout, read, constraints, presets: chosen, logo }),
    defaults: {
      ...(read.namespace === undefined ? {} : { namespace: read.namespace }),
      ...(read.priority === undefined ? {} : { priority: read.priority }),
    },
    readme: files.get(readmeName(files) ?? ''),
    logo,
    report,
  };
  return { ...made, ...(await checked(input, report)), findings: report.findings };
}

function packJson(files: PaletteFiles): unknown {
  const data = files.get('pack.json');
  if (data === undefined) throw new SlipwayError('Invalid', 'The folder is no Palette pack: it has no pack.json.');
  const value = readJson(data, 'its pack.json');
  if (!isRecord(value)) throw new SlipwayError('Invalid', 'The folder is no Palette pack: its pack.json is no mapping.');
  return value;
}

/** A file that cannot be read is reported as a whole; the rest of the pack is still imported. */
function yamlLedger(files: PaletteFiles, file: string, report: Report): Ledger {
  const data = files.get(file);
  try {
    return new Ledger(file, data === undefined ? undefined : readTemplateYaml(data.toString('utf8'), 'it'), report);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    report.add({
      file,
      path: '',
      what: `${messageOf(error).replace(/\.$/, '')}, so nothing of it was taken over`,
      todo: 'Mend it and import again.',
    });
    return new Ledger(file, undefined, report);
  }
}

interface MetadataInput {
  readonly pack: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly version: string;
  readonly layout: Layout;
  readonly read: PackValues;
  readonly constraints: object;
  readonly presets: readonly object[];
  readonly logo: TarFile | undefined;
}

function metadataOf({ pack, name, version, layout, read, constraints, presets, logo }: MetadataInput): Record<string, unknown> {
  const { constraints: _own, ...rest } = pack;
  return {
    ...(layout.kind === 'manifests' ? { name, version } : {}),
    ...(read.displayName === undefined ? {} : { displayName: read.displayName }),
    ...rest,
    ...(logo === undefined ? {} : { logo: logo.name }),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
    ...(presets.length === 0 ? {} : { presets }),
    ...(read.images.length === 0 ? {} : { images: [...new Set(read.images)] }),
  };
}

function logoOf(files: PaletteFiles, report: Report): TarFile | undefined {
  let logo: TarFile | undefined;
  for (const name of [...files.keys()].filter((file) => LOGO.test(file)).toSorted()) {
    const data = files.get(name) ?? Buffer.alloc(0);
    const read = readLogo(data);
    const refused = 'refused' in read ? read.refused : logo === undefined ? undefined : `the pack has ${logo.name} already`;
    if (refused !== undefined)
      report.add({ file: name, path: '', what: `the logo was left out: ${refused}`, todo: 'Add a logo as PNG or plain SVG.' });
    else if ('uri' in read) logo = { name: read.uri.startsWith('data:image/png') ? 'logo.png' : 'logo.svg', data };
  }
  return logo;
}

const LOGO = /^logo\.\w+$/i;
const readmeName = (files: PaletteFiles): string | undefined => [...files.keys()].find((name) => /^readme(\.md)?$/i.test(name));

/** Files that were read above, or told about there. */
function reportOthers(files: PaletteFiles, report: Report): void {
  const readme = readmeName(files);
  for (const file of files.keys()) {
    const known =
      /^(pack\.json|(values|schema|presets)\.yaml|logo\.\w+)$/i.test(file) || /^(charts|manifests)\//.test(file) || file === readme;
    if (!known)
      report.add({
        file,
        path: '',
        what: 'is a file that a pack here has no place for',
        todo: 'Put it into the chart, or keep it elsewhere.',
      });
  }
}

const INSTEAD: Readonly<Record<string, string>> = {
  os: 'Slipway brings the operating system: use a builtin layer of type os, or an image of your own.',
  kubernetes: 'Slipway brings Kubernetes: use a builtin layer of type kubernetes, and put its configuration into the values of that layer.',
};

function reportNothing(files: PaletteFiles, layer: string | undefined, report: Report): void {
  const todo = INSTEAD[layer ?? ''] ?? 'Look whether pack.json names the charts and manifests of the pack.';
  for (const file of files.keys())
    report.add({ file, path: '', what: 'the pack holds no chart and no manifest, so nothing was made of it', todo });
}

/** What was made must be a pack to everybody else too. */
async function checked(input: ComposeInput, report: Report): Promise<Pick<ImportedPack, 'output'>> {
  try {
    const files = composePack(input);
    const archive = packChart(input.name, files);
    return { output: { info: await readPack(archive), archive, files } };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    report.add({
      file: 'pack.json',
      path: '',
      what: `no pack could be made: ${messageOf(error)}`,
      todo: 'Mend what it says and import again.',
    });
    return {};
  }
}
