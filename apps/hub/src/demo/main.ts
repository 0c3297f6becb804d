import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, SlipwayError } from '@slipway/kit';
import { createLogger } from '../log.ts';
import { startDemo } from './start-demo.ts';

const ROOT = join(import.meta.dirname, '../../../..');

/** A whole number of at least `least`, or a sentence. */
function numberOf(text: string, option: string, least: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least) return number;
  throw new SlipwayError('BadRequest', `--${option} must be a whole number of at least ${least}; it is "${text}".`);
}

/** `slipway demo`: a hub with a made-up fleet, until it is told to stop. `--json` says where it is in one line, for programs. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      clusters: { type: 'string', default: '5000' },
      seed: { type: 'string', default: '1' },
      port: { type: 'string', default: '7444' },
      weather: { type: 'string', default: '1500' },
      'log-level': { type: 'string', default: 'warn' },
      json: { type: 'boolean', default: false },
    },
  });
  const begun = Date.now();
  const say = (text: string): void => void process.stderr.write(`${((Date.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const demo = await startDemo({
    clusters: numberOf(values.clusters, 'clusters', 1),
    seed: numberOf(values.seed, 'seed', 0),
    port: numberOf(values.port, 'port', 0),
    weatherMs: numberOf(values.weather, 'weather', 0),
    packsDir: join(ROOT, 'packs'),
    consoleDir: process.env['SLIPWAY_CONSOLE'],
    version,
    logger: createLogger(values['log-level']),
    onProgress: say,
  });
  const stop = (): void => {
    demo.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  say('ready');
  const { url, user, password, token, clusters, objects } = demo;
  const told = { url, user, password, token, ca: demo.hub.ca, clusters, objects, seconds: (Date.now() - begun) / 1000, pid: process.pid };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(told)}\n`
      : `
A demo: ${clusters} clusters that nobody has. Everything in it is made up, in memory, and gone when it ends.

  ${url}/console/
  user      ${user}
  password  ${password}

The certificate is its own: the browser asks once. Ctrl-C ends it.
`,
  );
}

main().catch((error: unknown) => {
  const hint = error instanceof SlipwayError && error.hint !== undefined ? ` ${error.hint}` : '';
  process.stderr.write(`${messageOf(error)}${hint}\n`);
  process.exit(1);
});
