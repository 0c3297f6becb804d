import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, sha256Hex } from '@slipway/kit';
import { testTool } from '@slipway/testkit';

export interface TestChart {
  readonly name: string;
  readonly version: string;
  readonly templates: Readonly<Record<string, string>>;
  /** Files of the folder `crds`. */
  readonly crds?: Readonly<Record<string, string>>;
}

/** Chart archives by digest, as a registry would serve them. */
export interface ChartShelf {
  /** Packs the chart with the real helm, in a scratch directory. Gives its digest. Its one value is `size: 1`. */
  add(scratch: string, chart: TestChart): Promise<string>;
  file(digest: string): Promise<string>;
}

export function createChartShelf(): ChartShelf {
  const archives = new Map<string, string>();
  return {
    async add(scratch, { name, version, templates, crds = {} }) {
      const dir = join(scratch, `${name}-${version}-${archives.size}`);
      await mkdir(join(dir, 'templates'), { recursive: true });
      await mkdir(join(dir, 'crds'));
      await writeFile(join(dir, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: ${version}\n`);
      await writeFile(join(dir, 'values.yaml'), 'size: 1\n');
      for (const [file, text] of Object.entries(templates)) await writeFile(join(dir, 'templates', file), text);
      for (const [file, text] of Object.entries(crds)) await writeFile(join(dir, 'crds', file), text);
      await run(testTool('helm'), ['package', dir, '-d', dir]);
      const path = join(dir, `${name}-${version}.tgz`);
      const digest = `sha256:${sha256Hex(await readFile(path))}`;
      archives.set(digest, path);
      return digest;
    },
    async file(digest) {
      const path = archives.get(digest);
      if (path === undefined) throw new Error(`no chart ${digest} on the shelf`);
      return path;
    },
  };
}
