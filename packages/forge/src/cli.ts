import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, silentLogger, SlipwayError } from '@slipway/kit';
import { writeBundle } from './bundle.ts';
import { createToolchain, type ForgeToolchain } from './create-toolchain.ts';
import { toolchainEnvironment } from './environment.ts';
import { gatewayPieces } from './catalogue.ts';
import { debianComponents, goComponents, npmComponents, renderNotices } from './notices.ts';
import { bundleCommandLine } from './program-bundle.ts';
import { renderSbom, shippedComponents } from './sbom.ts';
import type { Progress } from './toolchain.ts';

const USAGE = `Usage: node packages/forge/src/cli.ts <command>
  list                         every piece of the toolchain
  ensure <piece>...            make pieces, or find them in the cache
  ensure-for <version>         what a cluster of this Kubernetes version needs (v1.35.4)
  ensure-gateway               what the local gateway needs besides
  command-line <file>          write the command line as one file, for machines without the sources
  notices                      write THIRD_PARTY_NOTICES.md
  sbom                         print what is shipped as CycloneDX 1.6 (JSON)
  bundle <target> <piece>...   write a content bundle: a directory, or a file ending in .tar.zst
Environment: SLIPWAY_CACHE, SLIPWAY_BUNDLE (paths, separated by ":"), SLIPWAY_RELEASES (base URL)
`;

const printProgress = () => {
  const last = new Map<string, number>();
  return ({ piece, state, detail, elapsedMs }: Progress) => {
    // One line a second and piece is enough while it runs.
    if (state === 'running' && elapsedMs - (last.get(piece) ?? -1000) < 1000) return;
    last.set(piece, elapsedMs);
    process.stderr.write(`${(elapsedMs / 1000).toFixed(1).padStart(7)} s  ${piece.padEnd(32)} ${state.padEnd(8)} ${detail}\n`);
  };
};

async function ensure(toolchain: ForgeToolchain, names: readonly string[], signal: AbortSignal): Promise<void> {
  const artifacts = await toolchain.ensure(names, { onProgress: printProgress(), signal });
  for (const { name, digest, path } of artifacts.values()) process.stdout.write(`${name}\t${digest}\t${path}\n`);
}

async function main(argv: readonly string[], signal: AbortSignal): Promise<void> {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true, strict: true });
  const [command, ...rest] = positionals;
  const repoRoot = resolve(import.meta.dirname, '../../..');
  const toolchain = createToolchain({ repoRoot, logger: silentLogger, ...toolchainEnvironment(process.env) });
  switch (command) {
    case 'list':
      process.stdout.write(`${toolchain.pieces().join('\n')}\n`);
      return;
    case 'ensure':
      return ensure(toolchain, rest, signal);
    case 'ensure-for':
      return ensure(toolchain, toolchain.forKubernetes(rest[0] ?? ''), signal);
    case 'ensure-gateway':
      return ensure(toolchain, gatewayPieces(), signal);
    case 'bundle': {
      const [target, ...names] = rest;
      if (target === undefined || names.length === 0) throw new SlipwayError('BadRequest', USAGE);
      process.stdout.write(
        `${await writeBundle(resolve(target), await toolchain.entries(names, { onProgress: printProgress(), signal }))}\n`,
      );
      return;
    }
    case 'command-line': {
      const [target] = rest;
      if (target === undefined) throw new SlipwayError('BadRequest', USAGE);
      await writeFile(resolve(target), await bundleCommandLine(repoRoot), { mode: 0o755 });
      return;
    }
    case 'notices': {
      const components = [...(await npmComponents(repoRoot)), ...(await goComponents(repoRoot, process.env)), ...debianComponents()];
      await writeFile(resolve(repoRoot, 'THIRD_PARTY_NOTICES.md'), renderNotices(components));
      return;
    }
    case 'sbom': {
      const { version } = JSON.parse(await readFile(resolve(repoRoot, 'package.json'), 'utf8')) as { version: string };
      const bom = renderSbom({ name: 'slipway', version }, await shippedComponents(repoRoot));
      process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
      return;
    }
    default:
      throw new SlipwayError('BadRequest', USAGE);
  }
}

if (import.meta.main) {
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => interrupt.abort(new SlipwayError('Internal', 'Interrupted.')));
  main(process.argv.slice(2), interrupt.signal).catch((error: unknown) => {
    const hint = error instanceof SlipwayError && error.hint !== undefined ? `\n${error.hint}` : '';
    process.stderr.write(`${messageOf(error)}${hint}\n`);
    process.exitCode = 1;
  });
}
