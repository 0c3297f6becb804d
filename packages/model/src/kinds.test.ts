import { glob, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

/** The list of every kind that a file of this package defines. */
async function kindsText(): Promise<string> {
  const found: { file: string; name: string }[] = [];
  for await (const file of glob('*/*.ts', { cwd: import.meta.dirname })) {
    if (file.endsWith('.test.ts')) continue;
    const text = await readFile(`${import.meta.dirname}/${file}`, 'utf8');
    for (const [, name = ''] of text.matchAll(/^export const (\w+Kinds?)\b[^=]*= define(?:Scoped)?Kinds?\b/gm)) found.push({ file, name });
  }
  found.sort((a, b) => (a.file < b.file ? -1 : 1));
  return [
    '// Made from the folders of this package: npm run generate',
    ...found.map(({ file, name }) => `import { ${name} } from '../${file}';`),
    "import type { Kind } from '../meta/define-kind.ts';",
    '',
    '/** Every kind that a folder of this package defines. */',
    'export const definedKinds: readonly Kind[] = [',
    ...found.map(({ name }) => (name.endsWith('s') ? `  ...${name}.all,` : `  ${name},`)),
    '];',
    '',
  ].join('\n');
}

describe('the list of kinds', () => {
  it('holds every kind that is defined', async () => {
    await expect(await kindsText()).toMatchFileSnapshot('generated/kinds.ts');
  });
});
