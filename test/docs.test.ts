import { access, glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { entries } from '../apps/cli/src/entries.ts';
import { differences } from '../apps/hub/src/testing/differences.ts';
import { EXIT } from '../apps/cli/src/exit.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('documentation', () => {
  it('links to files that exist', async () => {
    const broken: string[] = [];
    let links = 0;
    for await (const file of glob(['*.md', 'docs/**/*.md'], { cwd: root })) {
      // Texts of others' licences.
      if (file === 'THIRD_PARTY_NOTICES.md') continue;
      const text = await readFile(join(root, file), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        links += 1;
        await access(join(root, dirname(file), target)).catch(() => broken.push(`${file}: ${target}`));
      }
    }
    expect(broken).toEqual([]);
    expect(links).toBeGreaterThan(40);
  });

  it('names only commands that exist', async () => {
    const known = new Set(entries.map((entry) => entry.name));
    const unknown: string[] = [];
    for await (const file of glob(['*.md', 'docs/*.md'], { cwd: root })) {
      const text = await readFile(join(root, file), 'utf8');
      for (const [, word = ''] of text.matchAll(/\.\/slipway ([a-z][a-z-]*)/g))
        if (!known.has(word)) unknown.push(`${file}: slipway ${word}`);
    }
    expect(unknown).toEqual([]);
  });

  it('lists every difference from Kubernetes that the differential test excuses, each with its reason', async () => {
    const text = await readFile(join(root, 'docs/api.md'), 'utf8');
    const [, table = ''] = /^\| difference[^\n]*\n\|[-| ]+\n((?:\|[^\n]*\n)+)/m.exec(text) ?? [];
    const rows = table
      .trimEnd()
      .split('\n')
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    for (const row of rows) expect([row.length, row.includes('')], row.join(' | ')).toEqual([2, false]);
    for (const { what, why } of differences) expect(rows).toContainEqual([what, why]);
  });

  it('has every exit code', async () => {
    const text = await readFile(join(root, 'docs/exit-codes.md'), 'utf8');
    for (const code of Object.values(EXIT)) expect(text, `exit code ${code}`).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
  });
});
