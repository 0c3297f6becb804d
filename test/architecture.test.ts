import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Who may import whom (docs/architecture.md §10). A package not listed for another is forbidden to it. `testkit` is for tests and test fixtures only.
 * Change it together with the picture in the docs, and say why there.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'packages/kit': [],
  'packages/model': ['kit'],
  'packages/api': ['kit', 'model'],
  'packages/runtime': ['kit', 'model'],
  // The link's ports are contracts (plans, facts, blobs) that the database stores; leases are the runtime's.
  'packages/store': ['kit', 'model', 'runtime', 'link'],
  'packages/identity': ['kit', 'model', 'store'],
  'packages/link': ['kit', 'model'],
  'packages/kube': ['kit'],
  'packages/packs': ['kit', 'model', 'link'],
  'packages/machines': ['kit'],
  // The loops beside a gateway are level-based as the hub's controllers are: one queue for both.
  'packages/clouds': ['kit', 'model', 'runtime', 'kube', 'machines'],
  // Of clouds only the pure contract: rendering is passed in as `clouds.local`.
  'packages/controllers': ['kit', 'model', 'runtime', 'link', 'clouds'],
  'packages/forge': ['kit'],
  'packages/testkit': ['kit', 'model', 'runtime', 'store', 'link', 'kube'],
  'apps/hub': ['kit', 'model', 'api', 'runtime', 'store', 'identity', 'link', 'packs', 'clouds', 'controllers'],
  'apps/agent': ['kit', 'model', 'link', 'kube', 'packs', 'clouds', 'machines', 'forge'],
  // The design system knows no domain, no router and no requests; the console reaches the hub only through api's typed client.
  'packages/ui': [],
  'apps/console': ['kit', 'model', 'api', 'ui'],
  // The ingress controller of the starter library: a program for clusters, as small as can be.
  'apps/ingress': ['kit', 'kube'],
  // The hub is reached only through api's typed client; machines, clouds and forge are what `up` makes on this host; packs reads packs that lie on it.
  'apps/cli': ['kit', 'model', 'api', 'packs', 'machines', 'clouds', 'forge'],
};

/** Files that exist for tests: they may use the testkit, and nothing else may use them. */
const isForTests = (file: string): boolean => /\.test\.ts$|-fixture\.ts$|\/testing\/|test-world\.ts$|^packages\/testkit\//.test(file);

interface Import {
  readonly file: string;
  readonly line: number;
  readonly from: string;
}

async function importsOf(folder: string): Promise<Import[]> {
  const found: Import[] = [];
  for await (const file of glob(`${folder}/src/**/*.{ts,tsx}`, { cwd: root })) {
    const text = await readFile(`${root}${file}`, 'utf8');
    for (const match of text.matchAll(
      /(?:^|\s)(?:import|export)\s[^'"`;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    )) {
      const from = match[1] ?? match[2] ?? match[3] ?? '';
      found.push({ file, line: text.slice(0, match.index).split('\n').length, from });
    }
  }
  return found;
}

const packageOf = (from: string): string | undefined => /^@slipway\/([a-z-]+)/.exec(from)?.[1];
const where = (one: Import): string => `${one.file}:${one.line} imports ${one.from}`;

describe('architecture', () => {
  const folders = Object.keys(ALLOWED);

  it('every package and app is in the table', async () => {
    const present: string[] = [];
    for await (const file of glob('{packages,apps}/*/package.json', { cwd: root })) present.push(file.replace('/package.json', ''));
    expect(present.toSorted()).toEqual(folders.toSorted());
  });

  it.each(folders)('%s imports only what the table allows', async (folder) => {
    const imports = await importsOf(folder);
    expect(imports.length + (folder === 'packages/kit' ? 1 : 0)).toBeGreaterThan(0);
    const own = folder.split('/')[1];
    const wrong = imports.filter((one) => {
      const name = packageOf(one.from);
      if (name === undefined || name === own) return false;
      if (name === 'testkit') return !isForTests(one.file);
      // A test may use the real thing of another package; the product may not.
      return !isForTests(one.file) && !(ALLOWED[folder] ?? []).includes(name);
    });
    expect(wrong.map(where)).toEqual([]);
  });

  it('nothing imports an app, and nothing reaches into another package past its exports', async () => {
    const wrong: Import[] = [];
    for (const folder of folders) {
      for (const one of await importsOf(folder)) {
        if (/@slipway\/[a-z-]+-app/.test(one.from)) wrong.push(one);
        const resolved = one.from.startsWith('.') ? new URL(one.from, `file:///${one.file}`).pathname.slice(1) : undefined;
        if (resolved !== undefined && !resolved.startsWith(`${folder}/`)) wrong.push(one);
      }
    }
    expect(wrong.map(where)).toEqual([]);
  });

  it('the domain is pure: model does no I/O', async () => {
    const imports = (await importsOf('packages/model')).filter((one) => !isForTests(one.file));
    expect(imports.filter((one) => one.from.startsWith('node:') && one.from !== 'node:crypto').map(where)).toEqual([]);
  });

  it('the hub, its controllers and its store never touch a cluster or a machine', async () => {
    const imports = [
      ...(await importsOf('packages/controllers')),
      ...(await importsOf('packages/store')),
      ...(await importsOf('apps/hub')),
    ].filter((one) => !isForTests(one.file));
    expect(imports.filter((one) => ['kube', 'machines', 'forge'].includes(packageOf(one.from) ?? '')).map(where)).toEqual([]);
  });

  it('the table sees violations: it is not an empty sieve', async () => {
    const imports = await importsOf('apps/cli');
    expect(imports.some((one) => packageOf(one.from) === 'machines')).toBe(true);
    expect(imports.some((one) => one.from === '@slipway/api/client')).toBe(true);
  });
});
