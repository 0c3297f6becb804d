/**
 * What the import of many Palette packs takes: 200 folders of three sorts, with charts of the size that charts have, by the command as a user calls it. `npm run bench -- packs`. Aim: 60 s.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '@slipway/kit';
import { stringify } from 'yaml';
import {
  chartPack,
  type FixtureFiles,
  folder,
  helmChart,
  manifestPack,
  mixedPack,
} from '../packages/packs/src/testing/palette-fixtures.ts';

const FOLDERS = 200;
const root = fileURLToPath(new URL('..', import.meta.url));

/** Values as long as those of a large chart: about 1,500 lines with comments. */
const longValues = (): string =>
  Array.from(
    { length: 250 },
    (_, index) =>
      `# What part ${index} does, and when somebody would change it.\npart${index}:\n  enabled: true\n  replicas: ${index % 5}\n  image: {repository: registry.example.org/part-${index}, tag: v1.${index}}\n  resources: {requests: {cpu: 100m, memory: 64Mi}}\n`,
  ).join('');

/** A pack of one large chart: values in the chart and, changed in places, in the pack, as packs for Palette repeat them. */
function largePack(name: string): FixtureFiles {
  const files = chartPack(name, '1.0.0');
  const values = longValues();
  const templates = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `templates/part-${index}.yaml`,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: part-${index}\n${'# text\n'.repeat(200)}`,
    ]),
  );
  const indented = values.replaceAll('enabled: true', 'enabled: {{ .spectro.var.enabled }}').replace(/^/gm, '    ');
  const more = folder({
    'values.yaml': `pack:\n  namespace: big\ncharts:\n  ${name}:\n${indented}`,
    [`charts/${name}-1.0.0.tgz`]: helmChart(name, '1.0.0', { 'values.yaml': values, ...templates }),
  });
  return new Map([...files, ...more]);
}

const sorts = [chartPack, mixedPack, manifestPack, largePack] as const;
const dir = await mkdtemp(join(tmpdir(), 'slipway-bench-packs-'));
try {
  let bytes = 0;
  for (let index = 0; index < FOLDERS; index += 1) {
    const make = sorts[index % sorts.length] ?? chartPack;
    for (const [name, data] of make(`pack-${index}`)) {
      const path = join(dir, 'palette', `pack-${index}`, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, data);
      bytes += data.length;
    }
  }
  const started = performance.now();
  const { stdout } = await run(
    process.execPath,
    [join(root, 'apps/cli/src/main.ts'), 'pack', 'import', join(dir, 'palette'), '--out', join(dir, 'packs')],
    {
      as: 'slipway pack import',
      timeoutMs: 600_000,
    },
  );
  const seconds = (performance.now() - started) / 1000;
  const made = (await readdir(join(dir, 'packs'))).length;
  console.log(
    stringify({
      folders: FOLDERS,
      megabytes: +(bytes / 2 ** 20).toFixed(1),
      packs: made,
      seconds: +seconds.toFixed(1),
      aimSeconds: 60,
    }).trimEnd(),
  );
  console.log(stdout.trimEnd().split('\n').at(-1));
  if (made !== FOLDERS) process.exitCode = 1;
} finally {
  await rm(dir, { recursive: true, force: true });
}
