import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex, SlipwayError } from '@slipway/kit';

/** A program of this checkout as one ES module, for the top layer of its image. Takes tenths of a second. */
export async function bundleProgram(
  repoRoot: string,
  entry: string,
  options: { readonly define?: Readonly<Record<string, string>>; readonly firstLine?: string } = {},
): Promise<{ readonly code: Buffer; readonly sha256: string }> {
  const path = join(repoRoot, entry);
  await access(path).catch((cause: unknown) => {
    throw new SlipwayError('NotFound', `The program ${entry} is not in ${repoRoot}.`, { cause });
  });
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: repoRoot,
    entryPoints: [path],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Names stay, for traces that can be read. Without its comments the text is ASCII alone, which Node holds in half the memory.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'silent',
    // CommonJS dependencies ask for require() of Node's own modules.
    ...(options.define === undefined ? {} : { define: { ...options.define } }),
    banner: {
      js: `${options.firstLine === undefined ? '' : `${options.firstLine}\n`}import { createRequire as slipwayRequire } from 'node:module';const require = slipwayRequire(import.meta.url);`,
    },
  }).catch((cause: unknown) => {
    throw new SlipwayError('Invalid', `${entry} could not be bundled: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  });
  const output = result.outputFiles[0];
  if (!output) throw new SlipwayError('Internal', `${entry} gave no bundle.`);
  return { code: Buffer.from(output.contents), sha256: sha256Hex(output.contents) };
}

/** The command line as one file that any Node from 24 runs, for machines without the sources: everything but what builds and runs Slipway itself. */
export async function bundleCommandLine(repoRoot: string): Promise<Buffer> {
  const { version } = JSON.parse(await readFile(join(repoRoot, 'package.json'), 'utf8')) as { version: string };
  const options = { define: { SLIPWAY_VERSION: JSON.stringify(version) }, firstLine: '#!/usr/bin/env node' };
  return (await bundleProgram(repoRoot, 'apps/cli/src/main.ts', options)).code;
}
