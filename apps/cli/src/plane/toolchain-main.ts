import { rename, writeFile } from 'node:fs/promises';
import { EMBEDDED_REGISTRY } from '@slipway/forge';
import { messageOf } from '@slipway/kit';
import { toolchainStatusPath, type ToolchainStatus } from './background-toolchain.ts';
import { layHubProgram } from './hub-programs.ts';
import { openToolchain } from './host-parts.ts';
import { planePaths } from './paths.ts';

// The background build: the pieces are its arguments. What it does is in the status file; `slipway status` shows it.
const paths = planePaths(process.env);
const root = process.env['SLIPWAY_ROOT'] ?? new URL('../../../..', import.meta.url).pathname;
const pieces = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const done = new Set<string>();
let saved: Promise<void> = Promise.resolve();

function save(state: ToolchainStatus['state'], detail: string): void {
  const status: ToolchainStatus = { state, detail, at: new Date().toISOString(), total: pieces.length, done: done.size };
  const path = toolchainStatusPath(paths);
  saved = saved
    .then(() => writeFile(`${path}.tmp`, JSON.stringify(status)))
    .then(() => rename(`${path}.tmp`, path))
    .catch(() => undefined);
}

let lastSaved = 0;
save('running', 'starting');
try {
  const toolchain = openToolchain(root, paths, process.env);
  const options: Parameters<typeof toolchain.ensure>[1] = {
    signal: stop.signal,
    onProgress: ({ piece, state, detail }) => {
      if ((state === 'done' || state === 'cached') && pieces.includes(piece)) done.add(piece);
      if (state === 'running' && performance.now() - lastSaved < 1000) return;
      lastSaved = performance.now();
      process.stderr.write(`${new Date().toISOString()} ${piece} ${state} ${detail}\n`);
      save('running', `${piece}: ${detail}`);
    },
  };
  // Soonest of use, and soonest done.
  if (pieces.includes(EMBEDDED_REGISTRY)) {
    const program = (await toolchain.ensure([EMBEDDED_REGISTRY], options)).get(EMBEDDED_REGISTRY);
    if (program !== undefined) await layHubProgram(paths, 'registry', program.path);
  }
  await toolchain.ensure(pieces, options);
  save('done', '');
} catch (error) {
  process.stderr.write(`${new Date().toISOString()} failed: ${messageOf(error)}\n`);
  save('failed', stop.signal.aborted ? 'stopped' : messageOf(error));
  process.exitCode = 1;
}
await saved;
