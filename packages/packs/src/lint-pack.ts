import { messageOf } from '@slipway/kit';
import {
  effectiveValues,
  isRecord,
  joinPath,
  mergeValues,
  type PackInfo,
  readYamlDocuments,
  splitPath,
  startingValues,
  valueAt,
} from '@slipway/model';
import { checkValues, type ValuesCheck } from './values/check-values.ts';

export interface LintProblem {
  /** error: it will not work as it says · warning: it will, and somebody will miss something. */
  readonly level: 'error' | 'warning';
  readonly field: string;
  readonly message: string;
}

/** What is wrong with a pack that can be read, and what it leaves out. */
export async function lintPack(info: PackInfo): Promise<LintProblem[]> {
  return [
    ...info.remarks.map((remark) => warning(remark.field, remark.message)),
    ...lintMetadata(info),
    ...lintConstraints(info),
    ...lintImages(info),
    ...lintManifests(info),
    ...(await lintValues(info)),
  ];
}

const error = (field: string, message: string): LintProblem => ({ level: 'error', field, message });
const warning = (field: string, message: string): LintProblem => ({ level: 'warning', field, message });

function lintMetadata({ metadata, readme, logo, values }: PackInfo): LintProblem[] {
  const problems: LintProblem[] = [];
  if (metadata.layer === undefined) problems.push(warning('layer', 'is not set: say what it is for (os, kubernetes, cni, csi or addon)'));
  if (metadata.displayName === undefined) problems.push(warning('displayName', 'is not set: lists show its name'));
  if (readme === undefined) problems.push(warning('README.md', 'is missing'));
  if (metadata.logo !== undefined && logo === undefined) problems.push(error('logo', 'cannot be shown'));
  metadata.presets.forEach((preset, index) => {
    const field = `presets[${index}]`;
    if (metadata.presets.findIndex(({ name }) => name === preset.name) !== index)
      problems.push(error(`${field}.name`, `there are two presets called "${preset.name}"`));
    for (const path of preset.remove)
      if (valueAt(mergeValues(values, metadata.defaults.values), splitPath(path) ?? []) === undefined)
        problems.push(warning(`${field}.remove`, `there is nothing at ${path}`));
  });
  for (const path of Object.keys(metadata.valuesDocumentation))
    if (valueAt(values, splitPath(path) ?? []) === undefined) problems.push(warning(`valuesDocumentation`, `there is no value ${path}`));
  return problems;
}

function lintConstraints({ name, metadata: { constraints } }: PackInfo): LintProblem[] {
  const { dependencies, resources } = constraints;
  const problems = dependencies.flatMap((dependency, index) => {
    const field = `constraints.dependencies[${index}]`;
    const other = dependencies.find((one, at) => at < index && one.pack === dependency.pack && one.layer === dependency.layer);
    return [
      ...(dependency.pack === name && dependency.type !== 'conflicts' ? [error(field, 'the pack cannot depend on itself')] : []),
      ...(other !== undefined && other.type === dependency.type
        ? [warning(field, `"${dependency.pack}" is named twice; both have to hold`)]
        : []),
      ...(other !== undefined && other.version === dependency.version && (other.type === 'conflicts') !== (dependency.type === 'conflicts')
        ? [error(field, `"${dependency.pack}" ${dependency.version} is wanted and in conflict`)]
        : []),
    ];
  });
  const stated = new Set((resources?.components ?? []).map(({ resource }) => resource));
  for (const resource of stated)
    if (resources?.[resource] !== undefined)
      problems.push(warning(`constraints.resources.${resource}`, 'does not count, because the components do'));
  return problems;
}

function lintImages({ metadata: { images }, kind }: PackInfo): LintProblem[] {
  if (images.length === 0)
    return kind === 'chart' ? [warning('images', 'none is named: places without a network need to know what to bring')] : [];
  return images.flatMap((image, index) => {
    const field = `images[${index}]`;
    if (image.includes('@sha256:')) return [];
    const tag = /:([^:/]+)$/.exec(image)?.[1];
    if (tag === undefined || tag === 'latest') return [warning(field, `"${image}" has no fixed tag: what it is changes`)];
    return [];
  });
}

function lintManifests({ manifests }: PackInfo): LintProblem[] {
  return manifests.flatMap(({ name, content }) => {
    try {
      const documents = readYamlDocuments(content, 'it', { size: 4 * 1024 * 1024, tokens: 1_000_000 });
      return documents.flatMap((object, index) => {
        const metadata = isRecord(object) ? object['metadata'] : undefined;
        const named =
          isRecord(object) &&
          typeof object['apiVersion'] === 'string' &&
          typeof object['kind'] === 'string' &&
          isRecord(metadata) &&
          typeof metadata['name'] === 'string';
        const list = isRecord(object) && String(object['kind']).endsWith('List');
        return object === null || named || list
          ? []
          : [error(`${name}, document ${index + 1}`, 'is no Kubernetes object: apiVersion, kind and metadata.name are needed')];
      });
    } catch (problem) {
      return [error(name, messageOf(problem))];
    }
  });
}

/** The defaults, and the defaults with each preset, against the schema. */
async function lintValues(info: PackInfo): Promise<LintProblem[]> {
  if (info.valuesSchema === undefined)
    return info.kind === 'chart' ? [warning('values.schema.json', 'is missing: values are not checked before they are installed')] : [];
  const { causes, remarks } = await checkStart(info, [], 'values');
  const problems = [
    ...remarks.map(({ field, message }) => warning(`values.schema.json: ${field}`, message)),
    ...causes.map(({ field, message, reason }) =>
      // A value that the user has to give is no mistake.
      reason === 'FieldValueRequired'
        ? warning(field, 'has to be set where the pack is used')
        : error(field, `${message}, says values.schema.json of the pack's own value`),
    ),
  ];
  const known = new Set(causes.map(({ field, message }) => `${field} ${message}`));
  for (const [index, { name }] of info.metadata.presets.entries()) {
    const found = await checkStart(info, [name], 'values');
    for (const { field, message } of found.causes)
      if (!known.has(`${field} ${message}`))
        problems.push(error(`presets[${index}] ("${name}")${field.slice('values'.length)}`, `${message}, says values.schema.json`));
  }
  return problems;
}

/** What a layer starts with. Values that hold a reference are known only where the pack is used. */
async function checkStart(info: PackInfo, presets: readonly string[], path: string): Promise<ValuesCheck> {
  const values = effectiveValues(info.values, startingValues(info, presets, 'presets').values);
  const { causes, remarks } = await checkValues(info.valuesSchema, values, { path: '' });
  const open = (field: string): boolean => JSON.stringify(valueAt(values, splitPath(field) ?? []) ?? '').includes('{{');
  const prefixed = causes
    .filter(({ field }) => field === '' || !open(field))
    .map((cause) => ({ ...cause, field: prefix(path, cause.field) }));
  return { causes: prefixed, remarks };
}

const prefix = (path: string, field: string): string => (splitPath(field) ?? []).reduce<string>((at, step) => joinPath(at, step), path);
