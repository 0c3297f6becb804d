import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { registerPackCommands } from '../registry/pack-commands.ts';

export function register(program: Command, deps: CliDeps): void {
  const pack = program
    .command('pack')
    .description('Packs: look into those on this machine, check them, make them of Palette packs; push them into the registry of the hub.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} pack lint ./web\n  ${deps.self} pack show web-1.2.3.tgz --readme\n  ${deps.self} pack import palette-packs/* --out packs`,
    );
  pack
    .command('lint')
    .description(
      'Check a chart, a pack of manifests, or the archive of one: metadata, constraints, images, values against their schema. Exit code 1 when something is wrong.',
    )
    .argument('<path>', 'a folder or an archive')
    .option('--strict', 'warnings are wrong too', false)
    .option('-o, --output <format>', 'table, json or yaml', 'table')
    .addHelpText('after', `\nExamples:\n  ${deps.self} pack lint ./web\n  ${deps.self} pack lint web-1.2.3.tgz --strict -o json`)
    .action(async (path: string, options: { strict: boolean; output: string }) =>
      (await import('../pack/lint.ts')).lint(deps, path, options),
    );
  pack
    .command('show')
    .description('What Slipway knows about a pack: metadata, presets, constraints, images.')
    .argument('<path>', 'a folder or an archive')
    .option('--values', 'its values.yaml as its author wrote it', false)
    .option('--schema', 'its values.schema.json', false)
    .option('--readme', 'its README', false)
    .option('-o, --output <format>', 'table, json or yaml', 'table')
    .addHelpText('after', `\nExamples:\n  ${deps.self} pack show ./web\n  ${deps.self} pack show web-1.2.3.tgz --values`)
    .action(async (path: string, options: { values: boolean; schema: boolean; readme: boolean; output: string }) =>
      (await import('../pack/show.ts')).show(deps, path, options),
    );
  pack
    .command('import')
    .description(
      'Make ordinary packs of the folders of Palette packs (pack.json, values.yaml, schema.yaml, presets.yaml, charts, manifests). What has no equivalent is reported by name.',
    )
    .argument('<folder...>', 'folders with a pack.json; folders of such folders too')
    .requiredOption('--out <dir>', 'where the archives go')
    .option('--strict', 'exit code 1 when anything was reported', false)
    .option('-o, --output <format>', 'table, json or yaml', 'table')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} pack import ./nginx-1.2.0 --out packs\n  ${deps.self} pack import palette-packs/* --out packs -o json > report.json`,
    )
    .action(async (folders: string[], options: { out: string; strict: boolean; output: string }) =>
      (await import('../pack/import.ts')).importPacks(deps, folders, options),
    );
  registerPackCommands(pack, deps);
}
