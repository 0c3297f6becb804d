import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, sha256Hex } from '@slipway/kit';
import { z } from 'zod';
import { CATALOGUE } from './catalogue.ts';
import { findGo, goEnvironment } from './go.ts';

/** Something of others that is shipped: an npm package, a Go module compiled into a program, a Debian package in an image. */
export interface Component {
  readonly ecosystem: 'npm' | 'go' | 'debian';
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Licence and notice files, as they are. */
  readonly texts: readonly string[];
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice|unlicense|patents)([._-].*)?$/i;

/** The SPDX name of a licence text, or undefined for one this does not know. */
export function licenceName(text: string): string | undefined {
  const flat = text.replace(/\s+/g, ' ');
  const known: readonly (readonly [string, RegExp])[] = [
    ['Apache-2.0', /Apache License,? Version 2\.0/i],
    ['MPL-2.0', /Mozilla Public License,? (Version |v\. ?)2\.0/i],
    ['EPL-2.0', /Eclipse Public License/i],
    ['BSD-3-Clause', /Redistribution and use in source and binary forms.*(Neither the name|names? of .* may not be used)/i],
    ['BSD-2-Clause', /Redistribution and use in source and binary forms/i],
    ['ISC', /Permission to use, copy, modify,? and\/or distribute this software for any purpose/i],
    ['MIT', /Permission is hereby granted, free of charge, to any person obtaining a copy/i],
    ['CC0-1.0', /CC0 1\.0 Universal/i],
    ['Unlicense', /This is free and unencumbered software released into the public domain/i],
  ];
  return known.find(([, pattern]) => pattern.test(flat))?.[0];
}

async function licenceTexts(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name)).map((entry) => entry.name);
  return Promise.all(names.toSorted().map(async (name) => (await readFile(join(dir, name), 'utf8')).replace(/\r\n/g, '\n').trim()));
}

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
      optional: z.boolean().optional(),
    }),
  ),
});

/** npm packages that are shipped: everything in the lock file that is not for development only. */
export async function npmComponents(repoRoot: string): Promise<Component[]> {
  const { packages } = lockSchema.parse(JSON.parse(await readFile(join(repoRoot, 'package-lock.json'), 'utf8')));
  const components: Component[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (!path.includes('node_modules/') || entry.dev || entry.link || entry.version === undefined) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    // Builds of a package for other systems are in the lock file, but not installed here.
    const texts = await licenceTexts(join(repoRoot, path)).catch(() => undefined);
    if (texts === undefined && entry.optional) continue;
    components.push({ ecosystem: 'npm', name, version: entry.version, licence: entry.license ?? namesOf(texts ?? []), texts: texts ?? [] });
  }
  return components;
}

/** Go modules compiled into the programs of the catalogue. */
export async function goComponents(repoRoot: string, env: NodeJS.ProcessEnv): Promise<Component[]> {
  const go = await findGo(env);
  const found = new Map<string, Component>();
  for (const { recipe } of CATALOGUE) {
    if (recipe.type !== 'go' || recipe.waits) continue;
    const format =
      '{{with .Module}}{{with .Replace}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{else}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}';
    const packages = recipe.programs.map((program) => program.package);
    const { stdout } = await run(go.command, ['list', '-deps', '-f', format, ...packages], {
      cwd: join(repoRoot, 'distro', recipe.module),
      env: goEnvironment(env),
    });
    for (const line of new Set(stdout.split('\n'))) {
      const [name, version, dir] = line.split('\t');
      if (!name || !version || !dir || found.has(`${name}@${version}`)) continue;
      const texts = await licenceTexts(dir);
      found.set(`${name}@${version}`, { ecosystem: 'go', name, version, licence: namesOf(texts), texts });
    }
  }
  return [...found.values()];
}

/** Debian packages in images. Their licences lie in the images themselves, in `/usr/share/doc/<package>/copyright`. */
export function debianComponents(): Component[] {
  const names = CATALOGUE.flatMap(({ recipe }) =>
    recipe.type === 'layer'
      ? recipe.files.flatMap((file) => (file.from === 'debian' ? file.packages : file.from === 'ca-bundle' ? ['ca-certificates'] : []))
      : [],
  );
  return [...new Set(names)].map((name) => ({
    ecosystem: 'debian',
    name,
    version: 'Debian 12',
    licence: 'see its copyright file',
    texts: [],
  }));
}

const namesOf = (texts: readonly string[]): string =>
  [...new Set(texts.map(licenceName).filter((name) => name !== undefined))].join(' and ') || 'see text';

const HEADINGS = { npm: 'npm packages', go: 'Go modules', debian: 'Debian packages' } as const;

/** THIRD_PARTY_NOTICES.md: what is shipped, then every licence text once with those it belongs to. */
export function renderNotices(components: readonly Component[]): string {
  const sorted = components.toSorted((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
  const lines = [
    '# Third-party notices',
    '',
    'Slipway is licensed under Apache-2.0. What it ships of others keeps its own licence. Written by `node packages/forge/src/cli.ts notices`; do not edit.',
    '',
    "Debian packages in images keep their copyright files there, in `/usr/share/doc/<package>/copyright`. Go's standard library and runtime, in every Go program, are BSD-3-Clause, copyright The Go Authors.",
    '',
  ];
  for (const ecosystem of ['npm', 'go', 'debian'] as const) {
    lines.push(`## ${HEADINGS[ecosystem]}`, '', '| name | version | licence |', '| --- | --- | --- |');
    for (const item of sorted) if (item.ecosystem === ecosystem) lines.push(`| ${item.name} | ${item.version} | ${item.licence} |`);
    lines.push('');
  }
  lines.push('## Licence texts', '');
  const texts = new Map<string, { text: string; of: string[] }>();
  for (const { name, version, texts: own } of sorted) {
    for (const text of own) {
      const key = sha256Hex(text.replace(/\s+/g, ' '));
      const entry = texts.get(key) ?? { text, of: [] };
      entry.of.push(`${name} ${version}`);
      texts.set(key, entry);
    }
  }
  for (const { text, of } of texts.values()) lines.push(`### ${[...new Set(of)].join(', ')}`, '', '````text', text, '````', '');
  return lines.join('\n');
}
