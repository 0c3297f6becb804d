import { stringify } from 'yaml';
import type { TarFile } from '../archive/read-tar.ts';
import type { ManifestPart } from './parts.ts';
import { translate, translateReferences } from './references.ts';
import type { Report } from './report.ts';

const EXPRESSION = /\{\{-?((?:[^{}"]|"(?:[^"\\]|\\.)*")*?)-?\}\}/g;

export interface ManifestChart {
  /** Below `charts/<name>/`. */
  readonly files: readonly TarFile[];
  /** Values with references that its template reads. */
  readonly references: Readonly<Record<string, string>>;
}

/**
 * One manifest as a chart of its own, so that `.Values` in it are its own values, as Palette has it. helm would take our references for its own, so the template
 * reads them from its values, where Slipway fills them in.
 */
export function manifestChart(part: ManifestPart, name: string, version: string, report: Report): ManifestChart {
  const references: Record<string, string> = {};
  const template = part.content.replace(EXPRESSION, (whole, body: string) => {
    if (!/\.spectro\b/.test(whole)) return part.templated ? whole : literal(whole);
    const { text, problem } = translate(whole, body);
    if (problem) report.add({ file: part.file, path: '', ...problem });
    if (text === whole) return literal(whole);
    const key = Object.keys(references).find((known) => references[known] === text) ?? `r${Object.keys(references).length}`;
    references[key] = text;
    return `{{ $.Values.references.${key} }}`;
  });
  const chart = { apiVersion: 'v2', name, version, description: `The manifest ${part.file}` };
  const file = part.file.split('/').at(-1) ?? part.file;
  return {
    files: [
      { name: 'Chart.yaml', data: Buffer.from(stringify(chart)) },
      { name: `templates/${/\.(ya?ml|json)$/.test(file) ? file : `${part.name}.yaml`}`, data: Buffer.from(template) },
    ],
    references,
  };
}

/** Braces that helm leaves as they are. */
const literal = (text: string): string => text.replaceAll('{{', '{{ "{{" }}');

/** A manifest that nothing but our references is filled into. */
export function plainManifest(part: ManifestPart, report: Report): TarFile {
  const { text, problems } = translateReferences(part.content);
  for (const problem of problems) report.add({ file: part.file, path: '', ...problem });
  const file = part.file.split('/').at(-1) ?? part.file;
  return { name: `manifests/${/\.(ya?ml|json)$/.test(file) ? file : `${part.name}.yaml`}`, data: Buffer.from(text) };
}
