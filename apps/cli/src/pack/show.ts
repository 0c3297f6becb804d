import { SlipwayError } from '@slipway/kit';
import { archiveOfPath, readPack } from '@slipway/packs';
import type { CliDeps } from '../command.ts';
import { requireFormat, toYaml } from '../output/format.ts';
import { describePack } from './describe.ts';

interface ShowOptions {
  readonly values: boolean;
  readonly schema: boolean;
  readonly readme: boolean;
  readonly output: string;
}

export async function show({ io }: CliDeps, path: string, options: ShowOptions): Promise<void> {
  const format = requireFormat(options.output);
  const info = await readPack(await archiveOfPath(path));
  const missing = (what: string) => new SlipwayError('NotFound', `The pack ${info.name} ${info.version} has no ${what}.`);
  if (options.values) {
    if (info.valuesYaml === '') throw missing('values.yaml');
    io.data(info.valuesYaml);
  } else if (options.readme) {
    if (info.readme === undefined) throw missing('README');
    io.data(info.readme);
  } else if (options.schema) {
    if (info.valuesSchema === undefined) throw missing('values.schema.json');
    io.data(JSON.stringify(info.valuesSchema, null, 2));
  } else if (format === 'json') io.data(JSON.stringify(info, null, 2));
  else if (format === 'yaml') io.data(toYaml(info));
  else io.data(describePack(info));
}
