import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256Hex } from '@slipway/kit';
import { type Component, debianComponents, npmComponents } from './notices.ts';

/** A component as an SBOM names it. */
type Listed = Pick<Component, 'ecosystem' | 'name' | 'version' | 'licence'>;

/** Modules that the toolchain's programs are built from, as their manifests pin them: no Go and no network needed. */
export async function goModules(repoRoot: string): Promise<Listed[]> {
  const licences = await knownLicences(repoRoot);
  const found = new Map<string, Listed>();
  for (const entry of await readdir(join(repoRoot, 'distro'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const text = await readFile(join(repoRoot, 'distro', entry.name, 'go.mod'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    for (const { name, version } of requirementsOf(text)) {
      found.set(`${name}@${version}`, { ecosystem: 'go', name, version, licence: licences.get(`${name} ${version}`) ?? 'see text' });
    }
  }
  return [...found.values()];
}

/** What a go.mod requires, after its replacements. */
export function requirementsOf(text: string): { name: string; version: string }[] {
  const replaced = new Map(
    [...text.matchAll(/^\s*(?:replace\s+)?(\S+)(?:\s+v\S+)?\s+=>\s+(\S+)\s+(v\S+)/gm)].map(([, from, name, version]) => [
      from,
      { name: name as string, version: version as string },
    ]),
  );
  return [...text.matchAll(/^\s*(?:require\s+)?([^\s()]+\.[^\s()]+\/?\S*)\s+(v\d\S*)(?:\s+\/\/ indirect)?\s*$/gm)].map(
    ([, name = '', version = '']) => replaced.get(name) ?? { name, version },
  );
}

/** THIRD_PARTY_NOTICES.md was made with the modules at hand; its licences are taken over. */
async function knownLicences(repoRoot: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(repoRoot, 'THIRD_PARTY_NOTICES.md'), 'utf8');
  return new Map(
    [...text.matchAll(/^\| (\S+) \| (v\S+) \| ([^|]+) \|$/gm)].map(([, name, version, licence]) => [
      `${name} ${version}`,
      licence as string,
    ]),
  );
}

/** Everything that is shipped, from the lock file and the manifests of the toolchain. */
export const shippedComponents = async (repoRoot: string): Promise<Listed[]> => [
  ...(await npmComponents(repoRoot)),
  ...(await goModules(repoRoot)),
  ...debianComponents(),
];

/** Package URL: how scanners recognise a component. */
export function packageUrl({ ecosystem, name, version }: Listed): string {
  const path = name
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/');
  switch (ecosystem) {
    case 'npm':
      return `pkg:npm/${path}@${version}`;
    case 'go':
      return `pkg:golang/${path}@${encodeURIComponent(version)}`;
    case 'debian':
      // The mirror decides which build of Debian 12 it is.
      return `pkg:deb/debian/${path}?distro=debian-12`;
  }
}

/** A CycloneDX 1.6 document. The same components give the same document, its serial number included. */
export function renderSbom(product: { readonly name: string; readonly version: string }, components: readonly Listed[]): object {
  const unique = new Map(components.map((component) => [packageUrl(component), component]));
  const listed = [...unique]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([purl, component]) => ({
      type: 'library',
      'bom-ref': purl,
      name: component.name,
      ...(component.ecosystem === 'debian' ? {} : { version: component.version }),
      purl,
      licenses: [licenceOf(component.licence)],
    }));
  const root = `pkg:generic/${product.name}@${product.version}`;
  const digest = sha256Hex(canonicalJson([product, listed]));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-8$4-$5')}`,
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': root,
        name: product.name,
        version: product.version,
        purl: root,
        licenses: [{ expression: 'Apache-2.0' }],
      },
    },
    components: listed,
    dependencies: [{ ref: root, dependsOn: listed.map(({ purl }) => purl) }, ...listed.map(({ purl }) => ({ ref: purl }))],
  };
}

/** An SPDX expression where the licence is known, else a name. */
const licenceOf = (licence: string): object =>
  licence.startsWith('see ') ? { license: { name: licence } } : { expression: licence.replaceAll(' and ', ' AND ') };

/** Licences under which others' work may be shipped without a duty on our own. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
  'Python-2.0',
]);

/** MPL-2.0 binds the files it covers: they are used as published, in Go programs only, and their source is where the module is. One module says its licence in its README. */
const ACCEPTED: ReadonlyMap<string, (name: string) => boolean> = new Map([
  ['MPL-2.0', (name) => /^github\.com\/(hashicorp|cyphar\/filepath-securejoin)/.test(name)],
  // The fonts of the console, as published: the licence asks only that they are not sold by themselves.
  ['OFL-1.1', (name) => name.startsWith('@fontsource-variable/')],
  ['see text', (name) => name === 'github.com/ajeddeloh/go-json'],
]);

/** What is shipped under a licence that nobody has agreed to. */
export const unacceptable = (components: readonly Listed[]): string[] =>
  components
    .filter(({ ecosystem }) => ecosystem !== 'debian')
    .filter(
      ({ name, licence }) => !alternatives(licence).some((all) => all.every((one) => PERMISSIVE.has(one) || ACCEPTED.get(one)?.(name))),
    )
    .map(({ name, version, licence }) => `${name} ${version}: ${licence}`);

/** `(MIT OR GPL-2.0) AND ISC` has no place here yet: one level of each is enough. */
const alternatives = (licence: string): string[][] =>
  licence
    .replaceAll(/[()]/g, '')
    .split(/ OR /i)
    .map((part) => part.split(/ AND /i).map((one) => one.trim()));
