import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { SlipwayError, type FieldCause } from '@slipway/kit';
import { apiVersionOf, findKind, kinds, type Kind, type NewObject, secretFromCore, secretKind, versionsOf } from '@slipway/model';
import { type Document, isMap, isNode, LineCounter, type Pair, parseAllDocuments } from 'yaml';
import { didYouMean } from '../output/suggest.ts';

/** One object of a manifest file and where it stands there. */
export interface ManifestObject {
  readonly object: NewObject;
  readonly kind: Kind;
  /** `cluster.yaml:12`: where the document begins. */
  readonly source: string;
  /** `cluster.yaml:31` for the path of a field as the hub names it (`spec.pools[0].replicas`); the nearest parent when the field itself is absent. */
  locate(fieldPath: string): string;
}

/** Splits `spec.pools[0].labels["a.b"]` into its steps. */
export function splitPath(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const match of path.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
    if (match[1] !== undefined) steps.push(match[1]);
    else if (match[2] !== undefined) steps.push(Number(match[2]));
    else if (match[3] !== undefined) steps.push(/^\d+$/.test(match[3]) ? Number(match[3]) : match[3]);
  }
  return steps;
}

function offsetOf(document: Document, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const step = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item: Pair) => isNode(item.key) && String(item.key) === String(step));
      if (pair && isNode(pair.key)) return pair.key.range?.[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0];
  }
  return document.contents?.range?.[0];
}

function badObject(source: string, message: string, hint?: string): SlipwayError {
  return new SlipwayError('Invalid', `${source}: ${message}`, hint === undefined ? {} : { hint });
}

function kindOf(value: Record<string, unknown>, source: string): Kind {
  const noun = value['kind'];
  if (typeof noun !== 'string' || noun === '')
    throw badObject(source, 'the document has no "kind".', `Known kinds: ${kinds.map((kind) => kind.kind).join(', ')}.`);
  const kind = kinds.find((one) => one.kind === noun);
  if (!kind) {
    const near =
      findKind(noun)?.kind ??
      didYouMean(
        noun,
        kinds.map((one) => one.kind),
      );
    throw badObject(
      source,
      `there is no kind "${noun}".`,
      near ? `Did you mean "${near}"?` : `Known kinds: ${kinds.map((one) => one.kind).join(', ')}.`,
    );
  }
  // The one kind that Kubernetes itself has, and that people have files of.
  const isCore = kind === (secretKind as Kind) && value['apiVersion'] === 'v1';
  if (value['apiVersion'] === undefined || isCore) return kind;
  const written = String(value['apiVersion']);
  const known = versionsOf(kind);
  const found = known.find((version) => apiVersionOf(version) === written);
  if (found !== undefined) return found;
  throw badObject(source, `apiVersion "${written}" is not served.`, `Write apiVersion: ${known.map(apiVersionOf).join(' or ')}`);
}

/** The objects of YAML or JSON text, in order. Syntax errors and unknown kinds are refused with file and line before anything is sent. */
export function parseManifests(text: string, file: string): ManifestObject[] {
  const lines = new LineCounter();
  const objects: ManifestObject[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    const at = (offset: number | undefined) => `${file}:${offset === undefined ? 1 : lines.linePos(offset).line}`;
    const problem = document.errors[0];
    if (problem)
      throw new SlipwayError('Invalid', `${at(problem.pos[0])}: this is not valid YAML: ${problem.message}`, {
        hint: 'Repair the line and run the command again. Nothing was changed.',
      });
    if (document.contents === null) continue;
    const source = at(document.contents.range?.[0]);
    const value: unknown = document.toJS();
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw badObject(source, 'a document must be one object with kind, metadata and spec.');
    const written = value as Record<string, unknown>;
    const kind = kindOf(written, source);
    const record = written['apiVersion'] === 'v1' ? secretFromCore(written) : written;
    const metadata = record['metadata'];
    const name = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'name') : undefined;
    if (typeof name !== 'string' || name === '') throw badObject(source, `the ${kind.kind} has no metadata.name.`);
    objects.push({
      object: { ...record, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, spec: record['spec'] ?? {} } as NewObject,
      kind,
      source,
      locate: (fieldPath) => at(offsetOf(document, splitPath(fieldPath))),
    });
  }
  return objects;
}

/** Reads `-f` arguments: files, directories (their .yaml, .yml and .json files, sorted) and `-` for standard input. */
export async function readManifests(files: readonly string[], readStdin: () => Promise<string>): Promise<ManifestObject[]> {
  const objects: ManifestObject[] = [];
  for (const file of files) {
    if (file === '-') {
      objects.push(...parseManifests(await readStdin(), 'stdin'));
      continue;
    }
    for (const path of await expand(file)) objects.push(...parseManifests(await readFile(path, 'utf8'), path));
  }
  if (objects.length === 0) throw new SlipwayError('Invalid', `There is no object in ${files.join(', ')}.`);
  return objects;
}

async function expand(file: string): Promise<string[]> {
  const info = await stat(file).catch(() => undefined);
  if (!info) throw new SlipwayError('NotFound', `The file ${file} does not exist.`);
  if (!info.isDirectory()) return [file];
  const names = (await readdir(file)).filter((name) => ['.yaml', '.yml', '.json'].includes(extname(name)));
  return names.toSorted().map((name) => join(file, name));
}

/** The hub's refusal of one object, its fields pointed at in the file they were written in. */
export function locateCauses(error: SlipwayError, manifest: ManifestObject): SlipwayError {
  if (error.causes.length === 0) return error;
  const causes: FieldCause[] = error.causes.map((cause) => ({ ...cause, field: `${manifest.locate(cause.field)}: ${cause.field}` }));
  return new SlipwayError(error.code, error.message, {
    causes,
    cause: error,
    ...(error.hint ? { hint: error.hint } : {}),
    ...(error.detail ? { detail: error.detail } : {}),
  });
}
