import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '@slipway/kit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs/packs.md');
const text = await readFile(page, 'utf8');
/** Files are blocks with a path behind the language; commands and what they print are blocks of a console. */
const files = [...text.matchAll(/^```\w+ ([\w./-]+)\n([\s\S]*?)^```/gm)].map(([, path = '', content = '']) => ({ path, content }));
const consoles = [...text.matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, content = '']) => content);

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-docs-packs-'));
  for (const { path, content } of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function printed(command: string): Promise<string> {
  const env = { PATH: process.env['PATH'], SLIPWAY_CONFIG: join(dir, 'none.yaml'), SLIPWAY_HOME: join(dir, 'home'), NO_COLOR: '1' };
  const [, ...args] = command.split(' ');
  const { stdout, stderr } = await run(process.execPath, [join(root, 'apps/cli/src/main.ts'), ...args], {
    env,
    cwd: dir,
    allow: [1],
    as: command,
  });
  return `$ ${command}\n${stdout}${stderr}`;
}

test('docs/packs.md shows what its commands print; SLIPWAY_DOCS=write writes it', async () => {
  expect(files.length).toBeGreaterThan(10);
  let after = text;
  let commands = 0;
  for (const block of consoles) {
    const outputs: string[] = [];
    for (const [, command = ''] of block.matchAll(/^\$ (.*)$/gm)) {
      outputs.push(await printed(command));
      commands += 1;
    }
    const shown = `${outputs.join('\n').trimEnd()}\n`;
    if (process.env['SLIPWAY_DOCS'] === 'write')
      after = after.replace(`\`\`\`console\n${block}\`\`\``, () => `\`\`\`console\n${shown}\`\`\``);
    else expect(block).toBe(shown);
  }
  expect(commands).toBe(5);
  if (after !== text) await writeFile(page, after);
}, 180_000);
