import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { backoff, messageOf, seconds, sleep, type Logger } from '@slipway/kit';

export interface ImageServing {
  readonly listener: RequestListener;
  /** The host's address on the machines' bridge: nobody else is served. */
  readonly address: string;
  readonly port: number;
  readonly logger: Logger;
}

/** Serves images to the machines of this host until the signal aborts. A port that is taken, or a bridge that is not there yet, is tried again: what runs needs no images. */
export async function serveImages({ listener, address, port, logger }: ImageServing, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    // Pulls wait while an image is made; the server must not end them.
    const server = createServer({ requestTimeout: 0 }, listener);
    try {
      server.listen(port, address);
      await once(server, 'listening', { signal });
      failures = 0;
      logger.info({ address, port }, 'images are served to machines');
      await once(server, 'close', { signal });
    } catch (error) {
      if (!signal.aborted)
        logger.error({ address, port, error: messageOf(error) }, 'images cannot be served to machines, which is tried again');
    } finally {
      server.close();
      server.closeAllConnections();
    }
    await sleep(backoff(failures, { baseMs: 500, maxMs: seconds(30) }), signal).catch(() => undefined);
  }
}
