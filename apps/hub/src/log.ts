import type { Logger } from '@slipway/kit';
import pino from 'pino';

/** JSON lines on stdout. Secrets have no business in fields; these paths are cut as a last line of defence. */
export function createLogger(level: string): Logger {
  const redact = {
    paths: ['*.authorization', '*.token', '*.secret', 'authorization', 'secret', 'headers', '*.headers', 'body', '*.body'],
    censor: '***',
  };
  return wrapped(
    pino({ level, redact, base: { app: 'hub' }, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: pino.stdSerializers.err } }),
  );
}

function wrapped(logger: pino.Logger): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrapped(logger.child(fields)),
  };
}
