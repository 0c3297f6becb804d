import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SlipwayError } from '@slipway/kit';
import { filesOfFolder, type Finding, importPalettePack } from '@slipway/packs';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished } from '../exit.ts';
import { requireFormat, toYaml } from '../output/format.ts';
import { count } from './lint.ts';

/** What became of one folder. */
interface Outcome {
  readonly folder: string;
  readonly pack?: string;
  /** The archive; none when nothing could be made of the folder. */
  readonly file?: string;
  readonly kind?: 'chart' | 'manifests';
  readonly findings: readonly Finding[];
  /** The folder is no pack, or cannot be read. */
  readonly error?: string;
}

export async function importPacks(
  deps: CliDeps,
  folders: readonly string[],
  options: { out: string; strict: boolean; output: string },
): Promise<void> {
  const format = requireFormat(options.output);
  const found = (await Promise.all(folders.map((folder) => packFolders(folder)))).flat();
  await mkdir(options.out, { recursive: true });
  const taken = new Map<string, string>();
  const outcomes: Outcome[] = [];
  for (const folder of found) {
    deps.signal.throwIfAborted();
    const outcome = await importOne(folder, options.out, taken);
    outcomes.push(outcome);
    if (format === 'table') deps.io.data(linesOf(deps, outcome).join('\n'));
  }
  if (format === 'json') deps.io.data(JSON.stringify(outcomes, null, 2));
  else if (format === 'yaml') deps.io.data(toYaml(outcomes));
  else deps.io.data(summaryOf(outcomes));
  const failed = outcomes.some(({ error }) => error !== undefined);
  if (failed || (options.strict && outcomes.some(({ findings }) => findings.length > 0))) throw new Finished(EXIT.failed);
}

/** How deep below a given folder packs are looked for: `<name>`, `<name>/<version>`. */
const DEPTH = 2;

/** The folder itself when it is a pack, else the packs in it. A folder without any is an error of its own. */
async function packFolders(folder: string): Promise<string[]> {
  const found = await packsBelow(folder, DEPTH).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new SlipwayError('NotFound', `There is no folder ${folder}.`);
    throw error;
  });
  return found.length === 0 ? [folder] : found;
}

async function packsBelow(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'pack.json')) return [folder];
  if (depth === 0) return [];
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  return (await Promise.all(folders.toSorted().map((one) => packsBelow(one, depth - 1)))).flat();
}

async function importOne(folder: string, out: string, taken: Map<string, string>): Promise<Outcome> {
  try {
    const files = await filesOfFolder(folder);
    const { name, version, output, findings } = await importPalettePack(new Map(files.map((file) => [file.name, file.data])));
    const pack = `${name} ${version}`;
    if (output === undefined) return { folder, pack, findings };
    const file = join(out, `${name}-${version}.tgz`);
    const other = taken.get(file);
    if (other !== undefined) throw new SlipwayError('AlreadyExists', `${other} is ${pack} too.`);
    await writeFile(file, output.archive);
    taken.set(file, folder);
    return { folder, pack, file, kind: output.info.kind, findings };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return { folder, findings: [], error: messageOf(error) };
  }
}

function linesOf({ io }: CliDeps, { folder, pack, file, kind, findings, error }: Outcome): string[] {
  if (error !== undefined) return [`${folder}: ${io.paint('red', 'failed', 'stdout')}: ${error}`];
  const made =
    file === undefined ? io.paint('yellow', 'nothing made', 'stdout') : `${file} (${kind === 'manifests' ? 'manifests' : 'chart'})`;
  return [
    `${pack}: ${made}${findings.length === 0 ? '' : `, ${count(findings.length, 'finding')}`}`,
    ...findings.map((finding) => `  ${finding.file}${finding.path === '' ? '' : `: ${finding.path}`}: ${finding.what}. ${finding.todo}`),
  ];
}

function summaryOf(outcomes: readonly Outcome[]): string {
  const made = outcomes.filter(({ file }) => file !== undefined);
  const findings = outcomes.reduce((sum, outcome) => sum + outcome.findings.length, 0);
  const complete = made.filter((outcome) => outcome.findings.length === 0).length;
  const failed = outcomes.filter(({ error }) => error !== undefined).length;
  return [
    '',
    `${count(outcomes.length, 'folder')}: ${count(made.length, 'pack')} made, ${complete} of them without findings; ${count(findings, 'finding')} in all` +
      (failed === 0 ? '' : `; ${failed} failed`),
  ].join('\n');
}
