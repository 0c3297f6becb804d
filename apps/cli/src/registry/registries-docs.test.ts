import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitFor } from '@slipway/kit';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliHub, startCliHub } from '../testing/cli-hub.ts';

const run = promisify(execFile);
const page = fileURLToPath(new URL('../../../../docs/registries.md', import.meta.url));
let hub: CliHub;
let upstream: Server;
let url: string;

beforeAll(async () => {
  const index = 'apiVersion: v1\nentries:\n  web:\n  - {version: 1.0.0, urls: [web.tgz]}\n';
  upstream = createServer((request, response) => {
    if (request.url === '/index.yaml') response.end(index);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  hub = await startCliHub({ SLIPWAY_OUTBOUND_ALLOW: '127.0.0.1', SLIPWAY_REGISTRY_PROGRAM: testTool('registry') });
  await waitFor(async () => (await hub.slipway(['registry', 'sync', 'embedded'])).code === 0, {
    what: 'the embedded registry',
    timeoutMs: 90_000,
    intervalMs: 2000,
  });
}, 240_000);
afterAll(async () => {
  await hub.stop();
  await new Promise((resolve) => upstream.close(resolve).closeAllConnections());
});

/** What differs from run to run. */
const tidy = (text: string): string =>
  text
    .replaceAll(url, 'https://charts.example.org')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…')
    .replaceAll(/(?<=  )\d+[smhd](?=\s|$)/gm, '…')
    .replaceAll(/[ ]{2,}/g, '  ')
    .trim();

/** Words of the command line as a shell would cut them. */
const wordsOf = (command: string): string[] => (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));

it('the page’s commands do what it shows', async () => {
  const text = await readFile(page, 'utf8');
  let commands = 0;
  for (const [, language, file, content = ''] of text.matchAll(/^```(\w+)(?: ([\w./-]+))?\n([\s\S]*?)^```/gm)) {
    if (file !== undefined) {
      await mkdir(dirname(join(hub.folder, file)), { recursive: true });
      await writeFile(join(hub.folder, file), content.replaceAll('https://charts.example.org', url));
    }
    if (language !== 'console') continue;
    for (const [, command = '', shown = ''] of content.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      commands += 1;
      if (!command.startsWith('./slipway ')) {
        await run('/bin/sh', ['-c', command], { cwd: hub.folder });
        continue;
      }
      const args = wordsOf(command.slice('./slipway '.length)).map((word) =>
        /^\.\/|\.(pem|yaml)$/.test(word) ? join(hub.folder, word) : word,
      );
      const output = args.includes('pull') ? ['--output', join(hub.folder, 'hello-1.0.0.tgz')] : [];
      const { out, talk } = await hub.slipway([...args, ...output]);
      const said = tidy(`${talk}${out}`.replaceAll(`${hub.folder}/`, ''));
      for (const line of tidy(shown).split('\n')) expect(said, command).toContain(line.trim());
    }
  }
  expect(commands).toBeGreaterThan(10);
}, 300_000);
