import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { debianComponents, licenceName, npmComponents, renderNotices, type Component } from './notices.ts';

const repoRoot = resolve(import.meta.dirname, '../../..');

it('names every shipped npm package, every pinned main module and every Debian package; else run: node packages/forge/src/cli.ts notices', async () => {
  const notices = await readFile(join(repoRoot, 'THIRD_PARTY_NOTICES.md'), 'utf8');
  const wanted = [...(await npmComponents(repoRoot)), ...debianComponents()].map(({ name, version }) => `| ${name} | ${version} |`);
  expect(wanted.filter((row) => !notices.includes(row))).toEqual([]);
  for (const row of ['| k8s.io/kubernetes | v1.35.4 |', '| k8s.io/kubernetes | v1.36.3 |', '| sigs.k8s.io/cluster-api | v1.14.2 |'])
    expect(notices).toContain(row);
});

it.each([
  ['Apache-2.0', 'Apache License\n   Version 2.0, January 2004'],
  ['MIT', 'Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software'],
  ['BSD-3-Clause', 'Redistribution and use in source and binary forms, with or without ... Neither the name of X'],
  ['BSD-2-Clause', 'Redistribution and use in source and binary forms, with or without modification'],
  [undefined, 'All rights reserved.'],
])('recognises %s', (name, text) => {
  expect(licenceName(text)).toBe(name);
});

const component = (name: string): Component => ({ ecosystem: 'go', name, version: 'v1', licence: 'MIT', texts: ['The text.'] });

it('prints a text once for all it belongs to', () => {
  const text = renderNotices([component('b'), component('a')]);
  expect(text.split('The text.').length).toBe(2);
  expect(text).toContain('### a v1, b v1');
});
