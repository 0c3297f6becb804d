/**
 * A whole hub as `slipway-hub serve` starts it, but impatient: watchers may be few events behind in memory, bookmarks come often, and what is past is soon forgotten, so that everything
 * that is rare elsewhere happens here all the time. Settings as JSON in the first argument; prints a line of JSON when it serves.
 */
import { join } from 'node:path';
import { startHub } from '../../apps/hub/src/hub.ts';
import { createLogger } from '../../apps/hub/src/log.ts';

const { home, port, databaseUrl, newToken } = JSON.parse(process.argv[2] ?? '{}') as {
  home: string;
  port: number;
  databaseUrl?: string;
  newToken: boolean;
};
const hub = await startHub({
  home,
  listen: [{ host: '127.0.0.1', port }],
  databaseUrl,
  logger: createLogger('error'),
  packsDir: join(import.meta.dirname, '../../packs'),
  version: '0.0.0-bench',
  history: { watchBuffer: 20, bookmarkMs: 150, retentionChanges: 3000, compactMs: 500 },
});
const token = newToken ? (await hub.identity.resetAdmin()).token : undefined;
process.stdout.write(`${JSON.stringify({ ca: hub.ca, token })}\n`);
process.on('SIGTERM', () => {
  hub.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
